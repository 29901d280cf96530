// Goal: whoever copies the code of docs/canary.md answers what the engine wants.
// Method: each block is written to a file and really run; what it answers is compared with the engine's own, and the routes are asked through the door.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DependentContext } from '../../lib/engine/contract.ts';
import type { OpenDependent, OpenToken } from '../../lib/engine/open-token.ts';
import { answerTo, askProbe } from '../../lib/engine/probe.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoors } from '../../lib/http/door.ts';
import { textOf } from './pages.ts';

const value = 'canary-value with a space, "quotes" and ü';
const nonce = '00112233445566778899aabbccddeeff';
const has = (command: string) => spawnSync(command, ['--version']).status === 0;
const hasPerl = spawnSync('sh', ['-c', 'perl -MDigest::SHA -e 1']).status === 0;
const run = promisify(execFile);

let folder: string;
let server: Server | undefined;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-canary-'));
});
afterEach(async () => {
  child?.kill();
  child = undefined;
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
  delete process.env.NPM_TOKEN;
  rmSync(folder, { recursive: true });
});

describe('the route for Node', () => {
  it('answers what the engine wants, and refuses what is no nonce', async () => {
    const address = await serveNode();

    await answersAsWanted(address);
  });

  it('is told by the engine from one that uses an older value, or another', async () => {
    const address = await serveNode();

    expect(await ask(address, value)).toBe('wanted');
    expect(await ask(address, 'canary-new', [value])).toBe('ours');
    expect(await ask(address, 'canary-new', ['canary-old'])).toBe('foreign');
  });

  it('is silent for the engine where nobody listens', async () => {
    const address = await serveNode();
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    server = undefined;

    expect(await ask(address, value)).toBe('silent');
  });

  it.skipIf(!has('curl') || !hasPerl)('is asked by hand', async () => {
    const address = await serveNode();
    write('ask.sh', block('ask.sh'));
    const byHand = (VALUE: string) =>
      run('sh', [join(folder, 'ask.sh'), `${address}/keyturn-probe`], { env: { ...process.env, VALUE } });

    expect((await byHand(value)).stdout).toBe('It uses this value.\n');
    await expect(byHand('canary-another')).rejects.toMatchObject({ code: 1, stdout: 'It uses another value.\n' });
  });
});

describe('the route for Python', () => {
  it.skipIf(!has('python3'))('answers what the engine wants, and refuses what is no nonce', async () => {
    write('keyturn_probe.py', block('keyturn_probe.py'));
    write(
      'serve.py',
      `from wsgiref.simple_server import make_server
from keyturn_probe import keyturn_probe
server = make_server("127.0.0.1", 0, keyturn_probe)
print(server.server_port, flush=True)
server.serve_forever()
`,
    );
    const python = spawn('python3', ['serve.py'], {
      cwd: folder,
      env: { ...process.env, NPM_TOKEN: value, PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = python;
    const port = await new Promise<string>((resolve) => python.stdout.once('data', (data) => resolve(String(data).trim())));

    await answersAsWanted(`http://127.0.0.1:${port}`);
    expect(await ask(`http://127.0.0.1:${port}`, value)).toBe('wanted');
  });
});

describe('the workflow', () => {
  const workflow = () => parse(block('.github/workflows/keyturn-probe.yml')) as Workflow;

  it.skipIf(!hasPerl)('answers what the engine wants, by the script of its step', async () => {
    const output = join(folder, 'output');

    await step(workflow(), nonce, output);

    expect(readFileSync(output, 'utf8')).toBe(`answer=${answerTo(nonce, new Secret(value))}\n`);
  });

  it.skipIf(!hasPerl).each(['', 'short', `${nonce}0`, nonce.toUpperCase(), `${nonce}\n${nonce}`, `${nonce.slice(1)};`])(
    'refuses what is no nonce: %j',
    async (asked) => {
      const output = join(folder, 'output');
      write('output', '');

      await expect(step(workflow(), asked, output)).rejects.toMatchObject({ code: 1 });

      expect(readFileSync(output, 'utf8')).toBe('');
    },
  );

  it('names run and job as the plug-in looks for them, holds no permission, and puts nothing that is asked into its script', () => {
    const { jobs, permissions, ...rest } = workflow();

    expect(rest['run-name']).toBe(`keyturn probe \${{ inputs.nonce }}`);
    expect(jobs.answer.name).toBe(`keyturn answer \${{ needs.ask.outputs.answer }}`);
    expect(jobs.ask.outputs.answer).toBe(`\${{ steps.${jobs.ask.steps[0]?.id}.outputs.answer }}`);
    expect(permissions).toEqual({});
    expect(jobs.ask.steps[0]?.run).not.toContain('${{');
  });
});

interface Workflow {
  readonly 'run-name': string;
  readonly permissions: object;
  readonly jobs: {
    readonly ask: {
      readonly outputs: { readonly answer: string };
      readonly steps: readonly { readonly id: string; readonly run: string }[];
    };
    readonly answer: { readonly name: string };
  };
}

function step({ jobs }: Workflow, NONCE: string, GITHUB_OUTPUT: string) {
  write('step.sh', jobs.ask.steps[0]?.run ?? '');
  return run('sh', ['-e', join(folder, 'step.sh')], { env: { ...process.env, NONCE, VALUE: value, GITHUB_OUTPUT } });
}

/** The block of the page that begins with the name of this file. */
function block(file: string): string {
  const blocks = [...textOf('canary.md').matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)];
  const [, , text] = blocks.find(([, name]) => name === file) ?? [];
  if (text === undefined) throw new Error(`docs/canary.md has no block ${file}`);
  return text;
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function serveNode(): Promise<string> {
  write('keyturn-probe.cjs', block('keyturn-probe.cjs'));
  process.env.NPM_TOKEN = value;
  const { keyturnProbe } = createRequire(import.meta.url)(join(folder, 'keyturn-probe.cjs')) as { keyturnProbe: RequestListener };
  const listening = createServer(keyturnProbe);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

async function answersAsWanted(address: string): Promise<void> {
  const answer = await fetch(`${address}/keyturn-probe?nonce=${nonce}`);

  expect(await answer.json()).toEqual({ answer: answerTo(nonce, new Secret(value)) });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  for (const asked of ['', '?nonce=', '?nonce=short', `?nonce=${nonce}0`, `?nonce=${nonce}%0A`]) {
    const refusal = await fetch(`${address}/keyturn-probe${asked}`);
    expect([refusal.status, await refusal.json()]).toEqual([400, {}]);
  }
}

/** The engine's own question, through the real door, as a laptop's build lets it onto loopback. */
async function ask(address: string, wanted: string, others: readonly string[] = []): Promise<string> {
  const route = 'https://shop.example.com/keyturn-probe';
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const loopback = { 'shop.example.com': address };
  const http = createDoors({ fetch, clock, random, remaining: () => 60_000, loopback });
  const open = { ports: { clock, random, http, log: () => {} }, token: { name: 'publish' } } as unknown as OpenToken;
  const dependent = { entry: { name: 'shop', probe: { route } } } as unknown as OpenDependent;
  const heard = await askProbe(
    open,
    { route },
    {
      dependent,
      context: {} as DependentContext<unknown, unknown>,
      wanted: { value: new Secret(wanted), versionId: 'v', secretArn: 'a', token: 'publish' },
      appliedAt: undefined,
      others: async () => others.map((other) => new Secret(other)),
    },
  );
  return heard.says;
}
