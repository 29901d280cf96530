import { createHash } from 'node:crypto';
import type { Instant } from './contract.ts';
import type { OpenToken } from './open-token.ts';

/** How we name a token at the provider. Reading it back tells whose it is, from which attempt, and how old. */
export interface Mark {
  readonly secret: string;
  readonly attempt: string;
  readonly mintedAt: Instant;
}

/** 12 characters that stand for a secret: another installation's secrets give others. */
export function secretHash(secretArn: string): string {
  return base32(secretArn).slice(0, 12);
}

/** 16 characters that stand for one rotation of it. */
export function attemptHash(clientRequestToken: string): string {
  return base32(clientRequestToken).slice(0, 16);
}

/** 43 characters: `kt.` secret `.` attempt `.` base36 seconds and 4 random, behind the token's name where there is room for it. */
export function writeMark(
  mark: { secretArn: string; clientRequestToken: string; now: Instant; random: Uint8Array },
  room: { maximumCharacters: number; tokenName: string },
): string {
  const seconds = Math.floor(mark.now / 1000).toString(36);
  const salt = [...mark.random.slice(0, 4)].map((byte) => alphabet[byte % 32]).join('');
  const text = `kt.${secretHash(mark.secretArn)}.${attemptHash(mark.clientRequestToken)}.${seconds}${salt}`;
  const named = `${room.tokenName} ${text}`;
  return named.length <= room.maximumCharacters ? named : text;
}

/** The mark for one rotation of this token, made now; undefined where the provider keeps none. */
export function markFor(
  { ports, rotator, token }: OpenToken,
  job: { secretArn: string; clientRequestToken: string },
): string | undefined {
  const { mark } = rotator.facts;
  if (!mark.can) return undefined;
  const { secretArn, clientRequestToken } = job;
  return writeMark(
    { secretArn, clientRequestToken, now: ports.clock.now(), random: ports.random(4) },
    { maximumCharacters: mark.maximumCharacters, tokenName: token.name },
  );
}

/** Undefined for a name that holds no mark of any installation. */
export function readMark(name: string | undefined): Mark | undefined {
  const found = /(?:^|\s)kt\.([a-z2-7]{12})\.([a-z2-7]{16})\.([0-9a-z]{6,})$/.exec(name ?? '');
  const [, secret, attempt, tail] = found ?? [];
  if (secret === undefined || attempt === undefined || tail === undefined) return undefined;
  return { secret, attempt, mintedAt: Number.parseInt(tail.slice(0, -4), 36) * 1000 };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(text: string): string {
  const bits = [...createHash('sha256').update(text, 'utf8').digest()].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('');
}
