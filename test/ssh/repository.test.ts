import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cryptography } from '../../lib/crypto/cryptography.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoors } from '../../lib/http/door.ts';
import { transport } from '../../lib/http/transport.ts';
import { facts } from '../../rotators/github-deploy-key/facts.ts';
import { githubDeployKey } from '../../rotators/github-deploy-key/index.ts';
import { type Host, likeGit, realGit, startHost } from './host.ts';

// Goal: whether a key opens a repository is told by SSH itself, and nothing else is taken for an answer.
// Method: a host on loopback that speaks SSH for real, with git itself where it is here; the rotator asks through the one door, with keys as they
// are made.

let host: Host;
let pair: { privateKey: Secret; publicKey: string };

beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host.close());
beforeEach(async () => {
  pair = await cryptography.makeKeyPair();
  host.keys.clear();
  host.keys.set(pair.publicKey, 'shop.git');
});

interface Asked {
  readonly value?: Secret;
  readonly sshAddress?: string;
  readonly hostKeys?: readonly string[];
  readonly repository?: string;
  readonly timeoutSeconds?: number;
}

async function verify({ value = pair.privateKey, timeoutSeconds = 10, ...changes }: Asked = {}) {
  const given = { repository: 'acme/shop', sshAddress: host.address, hostKeys: [host.hostKey], ...changes };
  const scope = githubDeployKey.scope.parse(given) as never;
  const doors = createDoors({
    fetch: transport,
    clock: { now: Date.now, sleep: async () => {} },
    random: (bytes) => new Uint8Array(bytes),
    remaining: () => 300_000,
    loopback: {},
    timeoutSeconds,
  });
  const http = doors(facts.name, { api: undefined, hosts: [given.sshAddress] });
  const context = { http, scope, aws: () => Promise.reject(new Error('not on AWS')) as never };
  return githubDeployKey.verify(context, { value, parts: {} }).catch((problem: unknown) => problem);
}

describe('a key', () => {
  it('that opens the repository is told, and again', async () => {
    const before = host.entered();

    expect(await verify()).toEqual({ ok: true });
    expect(await verify()).toEqual({ ok: true });

    expect(host.entered() - before).toBe(2);
  });

  it.skipIf(!hasProgram('git'))('is told by git itself (skipped where there is no git)', async () => {
    const withGit = await startHost(realGit());
    withGit.keys.set(pair.publicKey, 'shop.git');

    expect(await verify({ sshAddress: withGit.address, hostKeys: [withGit.hostKey] })).toEqual({ ok: true });

    await withGit.close();
  });

  it('that somebody made by hand, of another kind, is a key as well', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    const value = new Secret(String(privateKey.export({ type: 'pkcs1', format: 'pem' })));
    host.keys.set(String(await cryptography.publicKeyOf(value)), 'shop.git');

    expect(await verify({ value })).toEqual({ ok: true });
  });

  it('that the host does not know is turned away', async () => {
    host.keys.clear();

    expect(await verify()).toEqual({ ok: false, why: 'rejected', detail: 'the host knows no such key' });
  });

  it('of another repository is let in, and does not see this one', async () => {
    host.keys.set(pair.publicKey, 'blog.git');

    expect(await verify()).toMatchObject({ ok: false, why: 'rejected', detail: expect.stringContaining('this repository') });
  });

  it.each([
    ['a text', 'canary-no-key'],
    [
      'one with a passphrase',
      ssh.utils.generateKeyPairSync('ed25519', { passphrase: 'x', cipher: 'aes256-ctr', rounds: 4 }).private,
    ],
    ['a public one', ssh.utils.generateKeyPairSync('ed25519').public],
    ['half of one', ssh.utils.generateKeyPairSync('ed25519').private.slice(0, 200)],
  ])('that is none is not sent: %s', async (_what, text) => {
    const before = host.entered();

    expect(await verify({ value: new Secret(text) })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('private key'),
    });
    expect(host.entered()).toBe(before);
  });
});

describe('no verdict', () => {
  it('comes from a host that shows another key, and nothing is sent to it', async () => {
    const before = host.entered();
    const hostKeys = [`SHA256:${'A'.repeat(43)}`];

    expect(await verify({ hostKeys })).toMatchObject({ code: 'malformed', message: expect.stringContaining('hostKeys') });
    expect(host.entered()).toBe(before);
  });

  it('comes from a host that is not there', async () => {
    const gone = await startHost();
    await gone.close();

    expect(await verify({ sshAddress: gone.address })).toMatchObject({ code: 'unavailable', definite: true });
  });

  it.each([
    ['hangs up at once', 10, (socket: import('node:net').Socket) => socket.destroy()],
    ['speaks another language', 10, (socket: import('node:net').Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['says nothing', 0.3, () => {}],
  ])('comes from somebody who %s', async (_what, timeoutSeconds, welcome) => {
    const sockets = new Set<import('node:net').Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      welcome(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as import('node:net').AddressInfo;

    expect(await verify({ sshAddress: `ssh://127.0.0.1:${port}`, timeoutSeconds })).toMatchObject({ code: 'unavailable' });

    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['that greets', (stream: ssh.ServerChannel) => stream.end("Hi acme! You've successfully authenticated.\n")],
    ['that goes away without a word', (stream: ssh.ServerChannel) => stream.end()],
    ['that fails', (stream: ssh.ServerChannel) => stream.end('0021ERR upload-pack: out of memory')],
    ['with a line that is none of git', (stream: ssh.ServerChannel) => stream.end('0009hello')],
    ['with half a line', (stream: ssh.ServerChannel) => stream.end('00ff0123456789')],
  ])('comes from a program %s', async (_what, speak) => {
    const odd = await startHost({
      ...likeGit,
      answer(stream) {
        stream.on('error', () => {});
        speak(stream);
      },
    });
    odd.keys.set(pair.publicKey, 'shop.git');

    expect(await verify({ sshAddress: odd.address, hostKeys: [odd.hostKey] })).toMatchObject({ code: 'unavailable' });
    expect(odd.entered()).toBeGreaterThan(0);

    await odd.close();
  });

  it('tells anything of the key', async () => {
    const problem = await verify({ hostKeys: [`SHA256:${'A'.repeat(43)}`] });
    const [, body = ''] = pair.privateKey.reveal().split('\n');

    expect(JSON.stringify(problem, Object.getOwnPropertyNames(problem))).not.toContain(body.slice(0, 20));
  });
});

describe('a pair', () => {
  it('has halves that belong together, and is no longer than its facts say', async () => {
    expect(await cryptography.publicKeyOf(pair.privateKey)).toBe(pair.publicKey);
    expect(pair.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}$/);
    expect(pair.privateKey.bytes).toBeLessThanOrEqual(facts.valueBytes);
    expect((await cryptography.makeKeyPair()).publicKey).not.toBe(pair.publicKey);
  });

  it('is made anew where the library made one that is none', async () => {
    const broken = { private: 'canary-with-a-public-half-of-31-bytes', public: `ssh-ed25519 ${'A'.repeat(68)}` };
    const make = vi.spyOn(ssh.utils, 'generateKeyPairSync').mockReturnValueOnce(broken).mockReturnValueOnce(broken);

    const made = await cryptography.makeKeyPair();

    expect(make).toHaveBeenCalledTimes(3);
    expect(await cryptography.publicKeyOf(made.privateKey)).toBe(made.publicKey);
    make.mockClear().mockReturnValue(broken);
    expect(await cryptography.makeKeyPair().catch((problem: unknown) => problem)).toMatchObject({ code: 'internal' });
    make.mockRestore();
  });

  it('is a pair however often one is made', async () => {
    for (let count = 0; count < 1000; count += 1) {
      const made = await cryptography.makeKeyPair();
      expect(made.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/);
      expect(await cryptography.publicKeyOf(made.privateKey)).toBe(made.publicKey);
    }
  });

  it.skipIf(!hasProgram('ssh-keygen'))("is one of OpenSSH's own (skipped where there is no ssh-keygen)", () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-key-'));
    writeFileSync(join(folder, 'key'), pair.privateKey.reveal(), { mode: 0o600 });

    const told = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'key')], { encoding: 'utf8' });

    expect(told.trim()).toBe(pair.publicKey);
    rmSync(folder, { recursive: true });
  });
});

/** Whether there is such a program: any ending will do. */
function hasProgram(name: string): boolean {
  return (spawnSync(name, ['-?'], { stdio: 'ignore' }).error as { code?: unknown } | undefined)?.code !== 'ENOENT';
}
