import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import vm from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { keyturn } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('says in one sentence that Node is too old, in a language that an old Node reads', () => {
  const said: string[] = [];
  class Ended extends Error {}
  const script = readFileSync(new URL('../../bin/keyturn.cjs', import.meta.url), 'utf8').replace(/^#!.*/, '');
  const old = {
    versions: { node: '18.20.4' },
    stderr: { write: (text: string) => said.push(text) },
    exit: () => {
      throw new Ended();
    },
  };

  expect(() => vm.runInNewContext(script, { process: old, require: () => undefined })).toThrow(Ended);

  expect(said).toEqual([expect.stringMatching(/^keyturn needs Node 20\.19 or newer, and this is Node 18\.20\.4: .*\n$/)]);
  expect(script).not.toMatch(/\b(const|let|=>|class)\b/);
});

it('says that a port is taken, and which', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const { code, out, err } = await keyturn(['local', '--tour', '--json', '--port', String(port)]);
  server.close();

  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err.trim().split('\n')).toEqual([expect.stringContaining(`Port ${port} of 127.0.0.1`)]);
});

it('says that a folder cannot be written', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');

  const { code, err } = await keyturn(['local', '--tour', '--json', '--state', join(file, 'below')]);

  expect(code).toBe(1);
  expect(err.trim().split('\n')).toEqual([expect.stringContaining('cannot be written')]);
});

it.skipIf(!existsSync('/proc'))('says the same of a place where nobody can make a folder', async () => {
  const { code, err } = await keyturn(['local', '--tour', '--json', '--state', '/proc/keyturn/state']);

  expect(code).toBe(1);
  expect(err.trim().split('\n')).toEqual([expect.stringContaining('cannot be written')]);
});

it('says that a file of the state is damaged, shows nothing of it, and ends', async () => {
  const state = join(folder, 'damaged');
  mkdirSync(state);
  writeFileSync(join(state, 'clock.json'), 'canary-damaged{');

  const { code, err } = await keyturn(['local', '--tour', '--json', '--state', state]);

  expect(code).toBe(1);
  expect(err.trim().split('\n')).toEqual([expect.stringMatching(/clock\.json is damaged: move it away/)]);
  expect(err).not.toContain('canary');
});

it.each([
  ['a file where a folder belongs', 'functions', 'cannot be written'],
  ['a folder where a bundle belongs, with its port already open', 'functions/rotate.mjs/taken', 'could not be bundled'],
])('ends with one sentence when it finds %s', async (_what, path, sentence) => {
  const state = join(folder, `half-started-${path.length}`);
  mkdirSync(dirname(join(state, path)), { recursive: true });
  writeFileSync(join(state, path), '');

  const { code, err } = await keyturn(['local', '--tour', '--json', '--state', state]);

  expect(code).toBe(1);
  expect(err.trim().split('\n')).toEqual([expect.stringContaining(sentence)]);
});

it.skipIf(process.getuid?.() === 0)('says that a folder is not ours (root may write everywhere, so not as root)', async () => {
  const readOnly = join(folder, 'read-only');
  mkdirSync(readOnly);
  chmodSync(readOnly, 0o500);

  const { code, err } = await keyturn(['local', '--tour', '--json', '--state', join(readOnly, 'state')]);

  expect(code).toBe(1);
  expect(err).toContain('cannot be written');
});

it.each([
  [['local', '--port', 'many'], 2, 'has to be a number'],
  [['local', '--json'], 1, '--json goes with --tour'],
  [['local', '--switch', 'listLagSeconds=300'], 1, '--switch goes with --aws-only'],
  [['local', '--aws-only', '--switch', 'listLagSeconds=soon'], 2, 'has to be a whole number'],
  [['no-such-command'], 2, 'unknown command'],
  [['local', '--no-such-option'], 2, 'unknown option'],
] as const)('refuses %j', async (args, code, sentence) => {
  const run = await keyturn(args);

  expect(run.code).toBe(code);
  expect(run.err).toContain(sentence);
});

it('refuses to be broken in a way that it does not know', async () => {
  const { code, err } = await keyturn(['local', '--tour', '--json'], { KEYTURN_TOUR_BREAK: 'everything' });

  expect(code).toBe(1);
  expect(err).toContain('KEYTURN_TOUR_BREAK');
});

it('checks a catalog, and tells of its faults with their places', async () => {
  writeFileSync(join(folder, 'keyturn.yaml'), 'version: 1\npeople: {}\n');
  writeFileSync(join(folder, 'broken.yaml'), 'description: x\nproviderr: npm-registry\n');

  const good = await keyturn(['check']);
  const bad = await keyturn(['check', folder]);
  const json = await keyturn(['check', folder, '--json']);

  expect(good).toMatchObject({ code: 0 });
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/broken\.yaml:2:1/);
  expect(bad.out).toContain('provider');
  expect(JSON.parse(json.out)).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([expect.objectContaining({ line: 2, column: 1 })]),
  });
});

it('makes runbooks of the catalog alone, and calls nobody for it', async () => {
  const counter = join(folder, 'counter.cjs');
  writeFileSync(
    counter,
    `const { Socket } = require('node:net');
const { connect } = Socket.prototype;
// What compiles these sources is asked by a pipe, which leads to nobody else.
Socket.prototype.connect = function (...args) { if (!args.flat()[0]?.path) process.stderr.write('a call\\n'); return connect.apply(this, args); };\n`,
  );
  const pages = join(folder, 'written');
  // Whoever did call would be heard, and would find nobody.
  const environment = {
    NODE_OPTIONS: `--require ${counter}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_MAX_ATTEMPTS: '1',
  };

  const asking = await keyturn(['runbook', 'npm-publish'], environment);
  const one = await keyturn(['runbook', 'npm-publish', '--offline'], environment);
  const all = await keyturn(['runbook', '--offline', '--out', pages], environment);

  expect(asking.err).toContain('a call');
  expect(one).toMatchObject({ code: 0, out: expect.stringContaining('How it is now was not asked') });
  expect(all).toMatchObject({ code: 0, out: expect.stringContaining('runbooks)') });
  expect(one.err + all.err).not.toContain('a call');
  const files = readdirSync(pages).filter((name) => name !== 'index.html');
  expect(files).toContain('npm-publish.html');
  for (const name of files) expect(readFileSync(join(pages, name), 'utf8'), name).toContain('made of the catalog alone on 2');
});

it('serves Secrets Manager alone, and prints where', async () => {
  const run = keyturn(['local', '--aws-only', '--port', '0', '--switch', 'retryCount=1', '--switch', 'listLagSeconds=300']);
  await run.says('\n');
  run.kill('SIGTERM');

  const { code, out } = await run;

  expect(code).toBe(0);
  expect(out).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
});

// Linux says how many connections may wait; elsewhere nothing is known of it.
const mostWaiting = existsSync('/proc') ? Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')) : 0;

it.skipIf(mostWaiting < 1000)('takes in a thousand connections at once, even while it is busy with something else', async () => {
  const run = keyturn(['local', '--aws-only', '--port', '0']);
  const port = Number(/:(\d+)\n/.exec(await run.says('\n'))?.[1]);
  run.kill('SIGSTOP');

  const sockets = Array.from({ length: 1000 }, () => connect(port, '127.0.0.1'));
  let open = 0;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('connect', () => {
      open += 1;
    });
  }
  const deadline = Date.now() + 5000;
  while (open < 1000 && Date.now() < deadline) await setTimeout(50);

  for (const socket of sockets) socket.destroy();
  run.kill('SIGCONT');
  run.kill('SIGTERM');
  await run;
  expect(open).toBe(1000);
});
