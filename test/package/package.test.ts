// Goal: what `npm pack` makes works outside of this repository, with its dependencies and no others, and holds nothing else.
// Method: a copy of this checkout is packed and unpacked into a project of its own, without network; there everything that the package
// promises is used as a stranger would.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyCheckout, filesIn, linkModules, root, run } from '../checkout.ts';
import { filesOf } from '../docs/pages.ts';

let project = '';
let packed: ReadonlyMap<string, string> = new Map();
const installed = () => join(project, 'node_modules/keyturn');

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'keyturn-project-'));
  const checkout = copyCheckout();
  // What lies about in a developer's folder.
  for (const file of ['.keyturn/local.json', 'dist/lib/left-over.js', 'cdk.out/manifest.json']) {
    mkdirSync(join(checkout.folder, file, '..'), { recursive: true });
    writeFileSync(join(checkout.folder, file), 'canary-state');
  }
  const { code, out } = await checkout.run(`npm pack --pack-destination ${project} && tar -xzf ${project}/*.tgz -C ${project}`);
  checkout.remove();
  expect(code, out).toBe(0);
  packed = filesIn(join(project, 'package'));

  linkModules(join(project, 'node_modules'), dependenciesInUse());
  renameSync(join(project, 'package'), installed());
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Not those that only developing needs: whatever the package asks of them would be missing elsewhere too. */
function dependenciesInUse(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, { dev = false }]) => {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    return name === undefined || dev ? [] : [name];
  });
}

it('holds what was built, the catalog, the docs, and nothing else', () => {
  const belongs =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/keyturn\.cjs|catalog\/.+\.(yaml|json)|docs\/.+\.(md|svg|png)|docs\/examples\/.+\.yaml|dist\/(bin|lib|lambdas|rotators|dependents)\/.+\.(js|mjs|d\.ts))$/;

  expect([...packed.keys()].filter((path) => !belongs.test(path))).toEqual([]);
  expect([...packed].filter(([path, text]) => text.includes('canary-state') || path.includes('openapi'))).toEqual([]);
  for (const path of [
    'dist/lib/engine/index.js',
    'dist/lib/testing/index.d.ts',
    'dist/lib/local/function-runtime.mjs',
    'LICENSE',
  ])
    expect(packed.has(path), path).toBe(true);
});

it('checks a catalog from what was built', async () => {
  const good = await run(`node ${installed()}/bin/keyturn.cjs check ${installed()}/catalog`, project);
  const none = await run(`node ${installed()}/bin/keyturn.cjs check nowhere`, project);

  expect(good.out).toMatch(/^✓ \d+ tokens, and nothing wrong with them\.$/m);
  expect(good.code).toBe(0);
  expect(none.code).toBe(1);
});

it('holds a private rotator in plain JavaScript to the suite, as docs/adding-a-rotator.md tells', async () => {
  writePrivateRotator(join(project, 'good'));
  writePrivateRotator(join(project, 'wrong'), (text) =>
    text.replace(/answer\.json\(whoAmI\)\.station === \w+\.station/, 'answer.status === 200'),
  );

  const good = await run('node --test --test-reporter tap good/beacon.test.js', project);
  const wrong = await run('node --test --test-reporter tap wrong/beacon.test.js', project);

  expect(good.code, good.out).toBe(0);
  expect(Number(/^# pass (\d+)$/m.exec(good.out)?.[1])).toBeGreaterThan(50);
  expect(wrong.code).toBe(1);
  expect(wrong.out).toMatch(/not ok \d+ - takes a login page with 200 for no verdict/);
}, 60_000);

/** The files of the page, with the imports that it gives for a project of one's own, and without types. */
function writePrivateRotator(folder: string, change: (text: string) => string = (text) => text): void {
  mkdirSync(join(folder, 'beacon'), { recursive: true });
  for (const [path, text] of filesOf('adding-a-rotator.md')) {
    const script = path.endsWith('.ts')
      ? transformSync(text, { loader: 'ts' })
          .code.replace(
            /import \{ secretText \} .*/,
            'const secretText = z.string().min(1).transform((text) => new Secret(text));',
          )
          .replace(/'?"?\.\.\/\.\.\/lib\/engine\/\w+\.ts'?"?/g, "'keyturn/engine'")
          .replace(/'?"?\.\.\/\.\.\/lib\/testing\/\w+\.ts'?"?/g, "'keyturn/testing'")
          .replace('./facts.ts', './facts.js')
      : text;
    writeFileSync(join(folder, path.replace('rotators/', '').replace(/\.ts$/, '.js')), change(script));
  }
}

it('deploys a catalog from a project of one’s own, with the CDK that this project brings', async () => {
  const own = join(project, 'own');
  mkdirSync(join(own, 'node_modules'), { recursive: true });
  linkModules(join(own, 'node_modules'), ['aws-cdk-lib', 'constructs']);
  cpSync(join(installed(), 'catalog'), join(own, 'catalog'), { recursive: true });
  writeFileSync(
    join(own, 'app.mjs'),
    `import { App, Stack } from 'aws-cdk-lib';
import { CatalogRefused, KeyturnApp, RotatedToken } from 'keyturn/constructs';
const app = await KeyturnApp.from({ catalog: 'catalog', alarmsEmail: 'ops@example.com', app: { outdir: 'cdk.out' } });
app.synth();
const other = new Stack(new App({ outdir: 'other' }), 'Other');
console.log(new RotatedToken(other, 'token', { secret: 'shop/token' }).secret.logicalId.length > 0);
await KeyturnApp.from({ catalog: 'nowhere' }).catch((error) => console.log(error instanceof CatalogRefused));
`,
  );
  // What a package finds of its peers is beside it, and not in its own folder.
  linkModules(join(project, 'node_modules'), ['aws-cdk-lib', 'constructs']);

  const { code, out } = await run('CDK_VALIDATION=false node app.mjs', own);
  const app = await run('CDK_OUTDIR=cdk.out CDK_VALIDATION=false node ../node_modules/keyturn/dist/bin/app.js', own);

  expect(code, out).toBe(0);
  expect(out).toMatch(/true\ntrue\n/);
  expect(app.code, app.out).toBe(0);
  expect(readFileSync(join(own, 'cdk.out/keyturn.template.json'), 'utf8')).toContain('AWS::SecretsManager::RotationSchedule');
}, 120_000);

it('has types for its entrances', async () => {
  const typed = `
import type { Rotator, RotatorFacts } from 'keyturn/engine';
import { absence, Secret } from 'keyturn/engine';
import { createStage, dependentConformance, findLeaks, lantern, lanternFake, rotatorConformance } from 'keyturn/testing';
import { KeyturnStack, prepare, type RotatedTokenProps } from 'keyturn/constructs';
import type { ConformanceCheck, DependentFakeFactory, RotatorFakeFactory } from 'keyturn/testing';

export const checks: readonly ConformanceCheck[] = rotatorConformance(lantern, lanternFake);
export const leaks: readonly { readonly at: number }[] = findLeaks('', [new Secret('x').reveal()]);
export const errors: Promise<readonly Error[]> = createStage({ rotator: lantern, rotatorFake: lanternFake }).rotate();
export const facts: RotatorFacts = lantern.facts;
export const token: RotatedTokenProps = { secret: 'x', schedule: { everyDays: 30 } };
export const stack = async (app: never) => new KeyturnStack(app, 'x', { prepared: await prepare({ catalog: 'catalog' }) });
// @ts-expect-error
export const wrong: RotatedTokenProps = { secret: 7 };
// @ts-expect-error: what is typed as anything would let this pass
export const rotator: Rotator = 7;
// @ts-expect-error
export const fakes: [RotatorFakeFactory, DependentFakeFactory, typeof dependentConformance, typeof absence] = 7;
`;
  writeFileSync(join(project, 'typed.ts'), typed);
  const options = '--strict --noEmit --module nodenext --target es2023 --types node --typeRoots';
  const { code, out } = await run(
    `node ${root}/node_modules/typescript/bin/tsc ${options} ${root}/node_modules/@types --skipLibCheck typed.ts`,
    project,
  );

  expect(out).toBe('');
  expect(code).toBe(0);
}, 60_000);

it('bundles its handlers, and they run', async () => {
  writeFileSync(
    join(project, 'bundle.js'),
    `import { bundleHandlers } from './node_modules/keyturn/dist/lib/bundle.js';
await bundleHandlers(import.meta.dirname + '/bundles');
const { handler } = await import('./bundles/rotate.mjs');
const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate', getRemainingTimeInMillis: () => 30_000 };
await handler({ Step: 'noStep' }, context).catch(({ name, message }) => console.log(name, message));
`,
  );

  const { code, out } = await run('node bundle.js', project);

  expect(code, out).toBe(0);
  expect(out).toMatch(/^event keyturn: this event cannot be acted on/);
}, 60_000);
