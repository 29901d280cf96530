import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh from 'ssh2';

export interface Host {
  readonly address: string;
  /** As `ssh-keygen -lf` prints it. */
  readonly hostKey: string;
  /** Public keys that are let in, each to one repository. */
  readonly keys: Map<string, string>;
  /** How often somebody came in. */
  readonly entered: () => number;
  close(): Promise<void>;
}

/**
 * A host for git on loopback, which speaks SSH for real, and lets git itself answer for one repository with one commit. `speak` answers in git's
 * place, where it should say something else.
 */
export async function startHost(speak?: (stream: ssh.ServerChannel) => void): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-git-'));
  const shop = join(folder, 'shop.git');
  const git = (...words: readonly string[]) => execFileSync('git', ['-C', shop, ...words], { encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', '--bare', shop]);
  const tree = git('hash-object', '-w', '-t', 'tree', '/dev/null');
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  git('update-ref', 'refs/heads/main', git(...identity, 'commit-tree', tree, '-m', 'first'));

  const own = ssh.utils.generateKeyPairSync('ed25519');
  const parsed = ssh.utils.parseKey(own.public);
  if (parsed instanceof Error) throw parsed;
  const blob = parsed.getPublicSSH();
  const keys = new Map<string, string>();
  let entered = 0;

  const server = new ssh.Server({ hostKeys: [own.private] }, (client) => {
    let opens: string | undefined;
    client.on('error', () => {}); // whoever goes away in the middle
    client.on('authentication', (wish) => {
      if (wish.method !== 'publickey') return wish.reject(['publickey']);
      const offered = `${wish.key.algo} ${wish.key.data.toString('base64')}`;
      opens = wish.username === 'git' ? keys.get(offered) : undefined;
      const known = ssh.utils.parseKey(offered);
      if (opens === undefined || known instanceof Error) return wish.reject(['publickey']);
      if (wish.signature && wish.blob && known.verify(wish.blob, wish.signature, wish.hashAlgo) !== true)
        return wish.reject(['publickey']);
      wish.accept();
    });
    client.on('ready', () => {
      entered += 1;
      client.on('session', (accept) => {
        accept().on('exec', (take, _refuse, { command }) => {
          const stream = take();
          if (speak) return speak(stream);
          const [, wanted] = /^git-upload-pack '([^']+)'$/.exec(command) ?? [];
          if (wanted !== `acme/${opens}`) {
            stream.stderr.write('ERROR: Repository not found.\nfatal: Could not read from remote repository.\n');
            stream.exit(1);
            return stream.end();
          }
          const pack = spawn('git', ['upload-pack', shop], { stdio: ['pipe', 'pipe', 'ignore'] });
          stream.pipe(pack.stdin);
          pack.stdout.pipe(stream, { end: false });
          pack.stdin.on('error', () => {});
          pack.on('close', (code) => {
            stream.exit(code ?? 1);
            stream.end();
          });
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `ssh://127.0.0.1:${port}`,
    hostKey: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
    keys,
    entered: () => entered,
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
