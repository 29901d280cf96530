import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh from 'ssh2';
import { cryptography } from '../../lib/crypto/cryptography.ts';

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

/** What answers where git is asked for a repository that is there. */
export interface Answering {
  answer(stream: ssh.ServerChannel): void;
  close(): void;
}

/** As git answers for a repository with one commit. */
export const likeGit: Answering = {
  answer(stream) {
    const commit = '1'.repeat(40);
    stream.write(`${line(`${commit} HEAD\0 multi_ack side-band-64k agent=1\n`)}${line(`${commit} refs/heads/main\n`)}0000`);
    stream.exit(0);
    stream.end();
  },
  close() {},
};

/** A line of git's protocol, which begins with its own length. */
function line(text: string): string {
  return `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
}

/** Git itself, with such a repository in a folder of its own. Throws where there is no git. */
export function realGit(): Answering {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-git-'));
  const shop = join(folder, 'shop.git');
  const git = (...words: readonly string[]) => execFileSync('git', ['-C', shop, ...words], { encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', '--bare', shop]);
  const tree = git('hash-object', '-w', '-t', 'tree', '/dev/null');
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  git('update-ref', 'refs/heads/main', git(...identity, 'commit-tree', tree, '-m', 'first'));

  return {
    answer(stream) {
      const pack = spawn('git', ['upload-pack', shop], { stdio: ['pipe', 'pipe', 'ignore'] });
      stream.pipe(pack.stdin);
      pack.stdout.pipe(stream, { end: false });
      pack.stdin.on('error', () => {});
      pack.on('close', (code) => {
        stream.exit(code ?? 1);
        stream.end();
      });
      stream.on('close', () => pack.kill());
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A host for git on loopback, which speaks SSH for real. */
export async function startHost(answering: Answering = likeGit): Promise<Host> {
  const own = await cryptography.makeKeyPair();
  const [, blob = ''] = own.publicKey.split(' ');
  const keys = new Map<string, string>();
  let entered = 0;

  const server = new ssh.Server({ hostKeys: [own.privateKey.reveal()] }, (client) => {
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
          const [, wanted] = /^git-upload-pack '([^']+)'$/.exec(command) ?? [];
          if (wanted !== `acme/${opens}`) {
            stream.stderr.write('ERROR: Repository not found.\nfatal: Could not read from remote repository.\n');
            stream.exit(1);
            stream.end();
          } else answering.answer(stream);
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `ssh://127.0.0.1:${port}`,
    hostKey: `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`,
    keys,
    entered: () => entered,
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      answering.close();
    },
  };
}
