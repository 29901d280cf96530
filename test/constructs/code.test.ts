// Goal: all functions share one small asset that is the same whenever and wherever it is made, and nothing but synth can make it local.
// Method: the handlers are really bundled, and the example catalog is really deployed into a folder.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { bundleHandlers } from '../../lib/bundle.ts';
import { parseCompiled, parseCompiledIndex, parseDirectory } from '../../lib/catalog/compiled.ts';
import { root } from '../checkout.ts';
import { fleetFiles } from './fleet.ts';
import { createFolder, type Resource, type Synthesized, synthesize } from './setup.ts';

const first = createFolder('first');
const maps = createFolder('maps');
let metafile: Metafile;
let deployed: Synthesized;
beforeAll(async () => {
  metafile = await bundleHandlers(first, { mapsFolder: maps });
  deployed = await synthesize(join(root, 'catalog'), { codeFolder: first });
});

it('loads at most 650 KB for a rotation, for a sweep and for telling, by what the bundler says', () => {
  for (const handler of ['rotate.mjs', 'reconcile.mjs', 'notify.mjs'])
    expect(loadedBytes(handler), handler).toBeLessThanOrEqual(650_000);
});

/** What is there before a handler's first line runs: itself and all that it imports, but not what it imports later. */
function loadedBytes(handler: string): number {
  const entry = Object.keys(metafile.outputs).find((path) => path.endsWith(`/${handler}`));
  const loaded = new Set<string>();
  const follow = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const next of metafile.outputs[path]?.imports ?? [])
      if (next.kind === 'import-statement' && next.external !== true) follow(next.path);
  };
  follow(entry ?? 'missing');
  expect(loaded.size).toBeGreaterThan(1);
  return [...loaded].reduce((sum, path) => sum + (metafile.outputs[path]?.bytes ?? Number.NaN), 0);
}

it('is one asset of at most 3 MB for every function, without source maps and without the CDK', () => {
  const functions = Object.values(deployed.of('AWS::Lambda::Function'));
  const keys = new Set(functions.map(({ Properties }) => Properties.Code.S3Key));
  const asset = join(deployed.app.outdir, `asset.${String([...keys][0]).replace('.zip', '')}`);

  expect(functions.length).toBe(3);
  expect(keys.size).toBe(1);
  const files = readdirSync(asset);
  expect(files.reduce((sum, file) => sum + statSync(join(asset, file)).size, 0)).toBeLessThanOrEqual(3_000_000);
  expect(files.filter((file) => !file.endsWith('.mjs'))).toEqual([]);
  expect(readdirSync(maps)).toContain('rotate.mjs.map');
  expect(files.filter((file) => /aws-cdk-lib/.test(readFileSync(join(asset, file), 'utf8')))).toEqual([]);
});

it('comes out the same twice, wherever it is written', async () => {
  const second = join(createFolder('second'), 'in/a/deeper/folder');
  await bundleHandlers(second);

  expect(readdirSync(second)).toEqual(readdirSync(first));
  for (const file of readdirSync(first))
    expect(readFileSync(join(second, file)).equals(readFileSync(join(first, file))), file).toBe(true);
});

it('gives each function the part of the catalog that is its own', () => {
  const layers = deployed.of('AWS::Lambda::LayerVersion');
  const fileOf = ({ Properties }: Resource) =>
    readFileSync(
      join(
        deployed.app.outdir,
        `asset.${String(layers[Properties.Layers[0].Ref]?.Properties.Content.S3Key).replace('.zip', '')}`,
        'keyturn/catalog.json',
      ),
      'utf8',
    );
  const [rotator, reconciler, teller] = Object.values(deployed.of('AWS::Lambda::Function')).map(fileOf);

  expect(parseCompiled(rotator)).toMatchObject({
    provider: 'npm-registry',
    hosts: ['https://ci.example.com', 'https://registry.example.com'],
    teams: { 'npm-publish': 'web-platform' },
    tokens: [{ name: 'npm-publish' }],
  });
  expect(parseCompiledIndex(reconciler).tokens).toMatchObject([{ name: 'npm-publish', secret: 'build/npm-publish' }]);
  expect(parseDirectory(teller).people).toMatchObject({ 'maya-lindqvist': { name: 'Maya Lindqvist' } });
  expect(rotator).not.toMatch(/Maya|maya|Okafor/);
  expect(`${rotator}${reconciler}${teller}`).not.toMatch(/\+46|blue folder/);
  expect(teller).not.toMatch(/build\/npm-publish/);
});

it('is made for an emulator by synth alone: the address stands in the code, and in no variable', async () => {
  const url = 'http://127.0.0.1:45661';
  const stateFolder = '/var/tmp/keyturn-state-of-a-test';
  const local = await synthesize(fleetFiles(1, 1), { codeFolder: undefined, localEndpoint: { url, stateFolder } } as object);

  const code = (folderOfCode: string) =>
    readdirSync(folderOfCode)
      .map((file) => readFileSync(join(folderOfCode, file), 'utf8'))
      .join();
  expect(code(local.prepared.codeFolder)).toContain(url);
  expect(code(local.prepared.codeFolder)).toContain(stateFolder);
  expect(code(first)).not.toMatch(/127\.0\.0\.1:|KEYTURN_LOCAL|keyturn-state-of-a-test/);
  for (const { Properties } of Object.values(local.of('AWS::Lambda::Function')))
    expect(JSON.stringify(Properties.Environment)).not.toMatch(/127\.0\.0\.1|AWS_ENDPOINT/);
  expect(existsSync(local.prepared.codeFolder)).toBe(true);
});
