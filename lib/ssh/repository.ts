import { createHash } from 'node:crypto';
import ssh from 'ssh2';
import type * as z from 'zod';
import { type answer, question, said } from './question.ts';

/** A repository tells in its first line what it is; nothing beyond that is read. */
const mostCharacters = 65_536;

/**
 * Asks a repository at `ssh://host:port/path` by `git-upload-pack`, as `git ls-remote` does, and goes away after the first line: it fetches
 * nothing and changes nothing. It stands in for fetch, so that the one door to the network has what it needs of it (hosts, times, retries): the
 * question is the JSON body of a POST, and the answer a status that {@link said} explains. What cannot be reached throws, as it does with fetch.
 */
export async function askRepository(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
  const { hostname, port, pathname } = new URL(String(input));
  const asked = question.parse(JSON.parse(String(init.body)));
  const path = decodeURIComponent(pathname).replace(/^\//, '');
  // It stands between quotes in a command.
  if (!/^[\w./-]+$/.test(path)) return respond(said.noRepository);
  const key = ssh.utils.parseKey(asked.privateKey);
  if (key instanceof Error || !key.isPrivateKey()) return respond(said.noKey);
  return respond(await ask({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 22), path }, asked, init.signal));
}

function respond(status: number): Response {
  const body: z.infer<typeof answer> = { isRepository: true };
  return new Response(JSON.stringify(status === said.opened ? body : {}), { status });
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function ask({ host, port, path }: Where, asked: z.infer<typeof question>, signal?: AbortSignal | null): Promise<number> {
  const client = new ssh.Client();
  return new Promise<number>((resolve, reject) => {
    let isOtherHost = false;
    const finish = (settle: () => void) => {
      signal?.removeEventListener('abort', giveUp);
      client.destroy(); // without taking leave: a host that does not hang up would keep the process alive
      settle();
    };
    const end = (status: number) => finish(() => resolve(status));
    const fail = (problem: unknown) => finish(() => reject(problem));
    const giveUp = () => fail(signal?.reason);
    if (signal?.aborted) return giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });

    // It stays, because a connection may break after it was ended, and an error that nobody listens to ends the process.
    client.on('error', (problem) => {
      if (isOtherHost) end(said.otherHost);
      else if (problem.level === 'client-authentication') end(said.turnedAway);
      else fail(problem);
    });
    // Whoever hangs up before an answer may have read all of it.
    client.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    client.on('ready', () => {
      client.exec(`git-upload-pack '${path}'`, (problem, stream) => {
        if (problem) return fail(problem);
        let told = '';
        let complaint = '';
        stream.on('data', (chunk: Buffer) => {
          if (told.length < mostCharacters) told += chunk.toString('latin1');
          const line = firstLine(told);
          if (line !== undefined) end(meaningOf(line));
        });
        stream.stderr.on('data', (chunk: Buffer) => {
          if (complaint.length < mostCharacters) complaint += chunk.toString('latin1');
        });
        stream.on('close', () => end(isUnknown(complaint) ? said.noRepository : said.noAnswer));
      });
    });
    client.connect({
      host,
      port,
      username: asked.user,
      // This key and nothing else: neither an agent of this machine nor a password is offered.
      privateKey: asked.privateKey,
      authHandler: ['publickey'],
      hostVerifier: (shown: Buffer) => {
        isOtherHost = !asked.hostKeys.includes(fingerprint(shown));
        return !isOtherHost;
      },
      // The door counts the time.
      readyTimeout: 0,
    });
  });
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** What stands in the first line of git's protocol, which tells its own length; undefined while it has not come. */
function firstLine(told: string): string | undefined {
  const head = told.slice(0, 4);
  if (head.length === 4 && !/^[0-9a-f]{4}$/.test(head)) return ''; // somebody else speaks
  const length = Number.parseInt(head, 16);
  return told.length >= 4 && told.length >= length ? told.slice(4, length) : undefined;
}

function meaningOf(line: string): number {
  if (line.startsWith('ERR ')) return isUnknown(line) ? said.noRepository : said.noAnswer;
  return /^(?:[0-9a-f]{40}(?:[0-9a-f]{24})? |version \d)/.test(line) ? said.opened : said.noAnswer;
}

function isUnknown(complaint: string): boolean {
  return /not found|does not appear to be a git repository/i.test(complaint);
}
