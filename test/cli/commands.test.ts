import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

it('serves Secrets Manager alone, and prints where', async () => {
  const run = keyturn(['local', '--aws-only', '--port', '0']);
  await setTimeout(3000);
  run.kill('SIGTERM');

  const { code, out } = await run;

  expect(code).toBe(0);
  expect(out).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
});
