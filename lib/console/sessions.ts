import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import * as z from 'zod';
import type { Clock } from '../engine/ports.ts';
import { partitions } from '../history/partitions.ts';
import type { Shelf } from '../history/shelf.ts';

/** Somebody who has signed in. Times are milliseconds since 1970. */
export type Session = z.infer<typeof form>;

const form = z.object({
  /** What the issuer said of them. */
  claims: z.record(z.string(), z.unknown()),
  /** With which the issuer is asked whether they are still who they were. */
  accessToken: z.string(),
  startedAt: z.number(),
  usedAt: z.number(),
  /** When the issuer last said yes. */
  checkedAt: z.number(),
});

/** Whoever does nothing for so long has left. */
export const idleMinutes = 30;
/** And whoever does something signs in again once a day's work. */
export const longestHours = 8;

export interface Sessions {
  /** Answers the key of the session: the browser keeps it, and nobody else. */
  begin(of: Pick<Session, 'claims' | 'accessToken'>): Promise<string>;
  /** Undefined where there is none, or none any more. */
  read(key: string): Promise<Session | undefined>;
  /** Says what has changed. A session that was ended in the meantime stays so. */
  save(key: string, session: Session): Promise<void>;
  end(key: string): Promise<void>;
  /** A key for something of this session, which is in nobody else's hands either. */
  keyFor(key: string, what: string): Uint8Array;
}

/**
 * Sessions lie in the table of the installation, under a digest of their key and sealed with it: whoever reads the table can use none of them, and
 * whoever signs out has ended theirs, wherever else its key may be.
 */
export function createSessions(open: () => Promise<Shelf>, clock: Pick<Clock, 'now'>): Sessions {
  const stored = async (key: string) => {
    if (!/^[\w-]{43}$/.test(key)) return undefined;
    const item = await (await open()).read(partitions.sessions, idOf(key));
    return sealed.safeParse(item?.content).data;
  };
  const put = async (key: string, session: Session, revision: number) => {
    const content = { revision, text: await seal(key, session) };
    const item = { partition: partitions.sessions, key: idOf(key), content, revision };
    const expiresAt = session.startedAt + longestHours * 3_600_000;
    await (await open()).put({ ...item, expiresAt }, revision === 1 ? 'nothing' : { revision: revision - 1 });
  };
  return {
    async begin(of) {
      const key = randomBytes(32).toString('base64url');
      const now = clock.now();
      await put(key, { ...of, startedAt: now, usedAt: now, checkedAt: now }, 1);
      return key;
    },
    async read(key) {
      const found = await stored(key);
      const session = found && (await unseal(key, found.text));
      if (session === undefined) return undefined;
      const now = clock.now();
      const isOver = now - session.usedAt > idleMinutes * 60_000 || now - session.startedAt > longestHours * 3_600_000;
      return isOver ? undefined : session;
    },
    async save(key, session) {
      const found = await stored(key);
      if (found !== undefined) await put(key, session, found.revision + 1);
    },
    end: async (key) => void (await (await open()).remove(partitions.sessions, idOf(key))),
    keyFor,
  };
}

const sealed = z.object({ revision: z.int(), text: z.string() });

function idOf(key: string): string {
  return createHash('sha256').update(`session ${key}`).digest('hex');
}

function keyFor(key: string, what: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', what, 32));
}

async function seal(key: string, session: Session): Promise<string> {
  const plain = new TextEncoder().encode(JSON.stringify(session));
  return new CompactEncrypt(plain).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(keyFor(key, 'record'));
}

/** Undefined for what was not sealed with this key, or is of another version. */
async function unseal(key: string, text: string): Promise<Session | undefined> {
  try {
    const { plaintext } = await compactDecrypt(text, keyFor(key, 'record'));
    return form.safeParse(JSON.parse(new TextDecoder().decode(plaintext))).data;
  } catch {
    return undefined;
  }
}
