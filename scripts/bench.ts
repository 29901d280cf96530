/**
 * Measures what a deployment costs: synth of fleets, beside the plain way to do the same in CDK, and what a function loads on a cold start,
 * beside Node alone and beside the bare SDK; what a sweep over a healthy fleet does, and how long the pages of the console take. `npm run bench`; `npm run bench -- --json` for machines.
 */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleHandlers } from '../lib/bundle.ts';
import { type PageTime, timePages } from './bench/console.ts';
import { type FleetSweep, sweepFleet } from './bench/fleet.ts';

const self = fileURLToPath(import.meta.url);
const providers = 20;

interface Synth {
  readonly way: 'keyturn' | 'plain';
  readonly tokens: number;
  readonly seconds: number;
  readonly megabytes: number;
  readonly resources: number;
  readonly stacks: number;
  readonly refused?: string;
}

async function main(): Promise<void> {
  const [, , mode, way, tokens] = process.argv;
  if (mode === '--synth') {
    process.send?.(await measure(way as Synth['way'], Number(tokens)));
    return;
  }
  const synths: Synth[] = [];
  for (const count of [10, 100, 1000])
    for (const each of ['keyturn', 'plain'] as const) synths.push(await inProcess(each, count));
  const cold = await coldStarts();
  const sweeps: FleetSweep[] = [];
  for (const count of [100, 1000, 10_000]) sweeps.push(await sweepFleet(count));
  const consoles: Record<number, readonly PageTime[]> = {};
  for (const count of [100, 1000]) consoles[count] = await timePages(count);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ synths, cold, sweeps, consoles }, null, 2)}\n`);
    return;
  }
  const row = (cells: readonly unknown[]) => process.stdout.write(`${cells.map((cell) => String(cell).padEnd(14)).join('')}\n`);
  process.stdout.write(
    `Synth, ${providers} providers. The plain way: Secret, addRotationSchedule, and one NodejsFunction a provider.\n`,
  );
  row(['', 'tokens', 'seconds', 'MB', 'resources', 'stacks']);
  for (const { way: name, tokens: count, seconds, megabytes, resources, stacks, refused } of synths)
    row([name, count, seconds.toFixed(1), megabytes.toFixed(0), resources, stacks, refused ?? '']);
  process.stdout.write('\nCold import, the middle of nine.\n');
  row(['', 'milliseconds']);
  for (const [name, milliseconds] of Object.entries(cold)) row([name.padEnd(28), milliseconds.toFixed(0)]);
  process.stdout.write('\nOne sweep over healthy tokens, on the embedded endpoint.\n');
  row(['tokens', 'calls', 'jobs', 'seconds', 'MB']);
  for (const { tokens: count, calls, jobs, seconds, megabytes } of sweeps)
    row([count, Object.values(calls).reduce((sum, each) => sum + each, 0), jobs, seconds.toFixed(1), megabytes.toFixed(0)]);
  process.stdout.write('\nPages of the console, the middle of seven, on the embedded endpoint.\n');
  row(['tokens', 'milliseconds', 'KB', 'page']);
  for (const [count, times] of Object.entries(consoles))
    for (const { page, milliseconds, kilobytes } of times) row([count, milliseconds.toFixed(0), kilobytes.toFixed(0), page]);
}

/** A process for each, so that one does not pay for another's memory, and what is compiled once is compiled for all. */
function inProcess(way: Synth['way'], tokens: number): Promise<Synth> {
  return new Promise((resolve, reject) => {
    const child = fork(self, ['--synth', way, String(tokens)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (result) => resolve(result as Synth));
    child.once('exit', (code) => reject(new Error(`the synth of ${way} ended with ${code}`)));
  });
}

async function measure(way: Synth['way'], tokens: number): Promise<Synth> {
  process.env['CDK_VALIDATION'] = 'false'; // costs both the same
  const scratch = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    const { App } = await import('aws-cdk-lib');
    const app = new App({ outdir: join(scratch, 'cdk.out'), analyticsReporting: false });
    const prepare = way === 'keyturn' ? await ours(app, tokens, scratch) : plain;
    const begun = performance.now();
    let refused: string | undefined;
    let templates: readonly { Resources?: object }[] = [];
    try {
      await prepare(app, tokens, scratch);
      templates = app.synth().stacks.map(({ template }) => template as { Resources?: object });
    } catch (error) {
      refused = (error as Error).message.split('\n')[0]?.slice(0, 120);
    }
    const seconds = (performance.now() - begun) / 1000;
    const resources = templates.reduce((sum, { Resources = {} }) => sum + Object.keys(Resources).length, 0);
    const megabytes = process.resourceUsage().maxRSS / 1024;
    return {
      way,
      tokens,
      seconds,
      megabytes,
      resources,
      stacks: templates.length,
      ...(refused === undefined ? {} : { refused }),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type Way = (app: import('aws-cdk-lib').App, tokens: number, scratch: string) => Promise<void>;

/** Reading and checking the catalog and bundling the functions are part of it; writing the catalog's files is not. */
async function ours(_app: unknown, tokens: number, scratch: string): Promise<Way> {
  const { fleetFiles, fleetRegistry, writeCatalog } = await import('../test/constructs/fleet.ts');
  const { addKeyturn } = await import('../lib/constructs/keyturn-app.ts');
  const { prepare } = await import('../lib/constructs/prepare.ts');
  const catalog = writeCatalog(fleetFiles(tokens, providers), scratch);
  return async (app) => {
    const props = { catalog, registry: fleetRegistry(providers), alarmsEmail: 'ops@example.com' };
    addKeyturn(app, props, await prepare(props));
  };
}

/** What one writes first: no catalog, no checks, no alarms, nobody told. */
const plain: Way = async (app, tokens, scratch) => {
  const { Duration, Stack } = await import('aws-cdk-lib');
  const { LogLevel, NodejsFunction } = await import('aws-cdk-lib/aws-lambda-nodejs');
  const { Runtime } = await import('aws-cdk-lib/aws-lambda');
  const { Secret } = await import('aws-cdk-lib/aws-secretsmanager');
  const root = fileURLToPath(new URL('..', import.meta.url));
  const stack = new Stack(app, 'plain');
  const functions = Array.from({ length: providers }, (_, index) => {
    return new NodejsFunction(stack, `Rotate${index}`, {
      entry: join(root, 'lambdas/rotate.ts'),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      bundling: { logLevel: LogLevel.ERROR, minify: true, externalModules: [], define: { KEYTURN_LOCAL: 'false' } },
      environment: { PROVIDER: `${scratch.length}-${index}` },
    });
  });
  for (let index = 0; index < tokens; index += 1) {
    const rotationLambda = functions[index % providers];
    if (rotationLambda === undefined) continue;
    new Secret(stack, `Secret${index}`).addRotationSchedule('Rotation', {
      rotationLambda,
      automaticallyAfter: Duration.days(30),
    });
  }
};

async function coldStarts(): Promise<Readonly<Record<string, number>>> {
  const scratch = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    await bundleHandlers(scratch);
    const sdk = join(scratch, 'sdk.mjs');
    await build({
      stdin: {
        contents: "export { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';",
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      },
      outfile: sdk,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const empty = join(scratch, 'empty.mjs');
    writeFileSync(empty, '');
    const time = (file: string) => {
      const code = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
      const times = Array.from({ length: 9 }, () => {
        const begun = performance.now();
        execFileSync(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
        return performance.now() - begun;
      });
      return times.sort((a, b) => a - b)[4] ?? 0;
    };
    return {
      'node, nothing imported': time(empty),
      'the bare SDK client': time(sdk),
      rotate: time(join(scratch, 'rotate.mjs')),
      reconcile: time(join(scratch, 'reconcile.mjs')),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await main();
