import { createHash } from 'node:crypto';
import type { SecretState } from './ports.ts';

// Staging labels are the memory that travels with the value. All of ours begin with `keyturn`, as docs/how-it-works.md tells.

export const current = 'AWSCURRENT';
export const pending = 'AWSPENDING';
export const previous = 'AWSPREVIOUS';
/** On a version that a person submitted for a token that no API can mint. */
export const submitted = 'keyturn-submitted';
/** On a version known to be in the wrong hands: its overlap is nothing. */
export const compromised = 'keyturn-compromised';

/** How to revoke this version: it was minted by us (or adopted with the owner's yes) and is not proven dead. */
export interface OurLabel {
  readonly provider: string;
  /** The ref, or the digest of a ref that is itself secret. */
  readonly ref: string;
  readonly isDigest: boolean;
}

const oursPrefix = 'keyturn/';
const sincePrefix = 'keyturn-since/';
const parkedPrefix = 'keyturn-parked/';
const holdPrefix = 'keyturn-hold/';
const releasedPrefix = 'keyturn-released/';
const longestLabel = 256;

/** `keyturn/<provider>/<ref>`; of a secret ref only `__` and a digest. */
export function ourLabel(provider: string, ref: string, refIsSecret: boolean): string {
  return `${oursPrefix}${provider}/${refIsSecret ? `__${refDigest(ref)}` : encode(ref)}`;
}

export function refDigest(ref: string): string {
  return createHash('sha256').update(ref, 'utf8').digest('hex').slice(0, 40);
}

export function readOurLabel(labels: readonly string[] | undefined): OurLabel | undefined {
  const label = labels?.find((each) => each.startsWith(oursPrefix));
  if (label === undefined) return undefined;
  const [provider, ref] = label.slice(oursPrefix.length).split('/');
  if (provider === undefined || ref === undefined) return undefined;
  return ref.startsWith('__') ? { provider, ref: ref.slice(2), isDigest: true } : { provider, ref: decode(ref), isDigest: false };
}

/** The label as it stands on the version, for taking it off. */
export function ourLabelText(labels: readonly string[] | undefined): string | undefined {
  return labels?.find((each) => each.startsWith(oursPrefix));
}

/** Stamped by the first sweep that sees a version superseded. Seconds since 1970, because a label is for people too. */
export function sinceLabel(seconds: number): string {
  return `${sincePrefix}${seconds}`;
}

export function readSince(labels: readonly string[] | undefined): { label: string; seconds: number } | undefined {
  const label = labels?.find((each) => each.startsWith(sincePrefix));
  return label === undefined ? undefined : { label, seconds: Number(label.slice(sincePrefix.length)) };
}

/** Parked until a moment, because of a code. Until then a rotation is only tried as far as its preflight. */
export function parkedLabel(code: string, untilSeconds: number): string {
  return `${parkedPrefix}${code}/${untilSeconds}`;
}

export function readParked(
  labels: readonly string[] | undefined,
): { label: string; code: string; untilSeconds: number } | undefined {
  const label = labels?.find((each) => each.startsWith(parkedPrefix));
  if (label === undefined) return undefined;
  const [code = '', until = '0'] = label.slice(parkedPrefix.length).split('/');
  return { label, code, untilSeconds: Number(until) };
}

/** Nothing of this secret is revoked, from a moment on and because of a reason. Undefined where the reason is too long for a label. */
export function holdLabel(atSeconds: number, why: string): string | undefined {
  const label = `${holdPrefix}${atSeconds}/${encode(why)}`;
  return label.length <= longestLabel ? label : undefined;
}

/**
 * The hold of a secret, on whichever version it stands: put on the current one, it stays there through every rotation, because a version with
 * a label is kept, and nothing of ours but a release takes this one off.
 */
export function readHold(
  state: Pick<SecretState, 'versions'>,
): { label: string; versionId: string; sinceSeconds: number; why: string } | undefined {
  for (const [versionId, labels] of state.versions) {
    const label = labels.find((each) => each.startsWith(holdPrefix));
    if (label === undefined) continue;
    const [since = '0', why = ''] = label.slice(holdPrefix.length).split('/');
    return { label, versionId, sinceSeconds: Number(since), why: decode(why) };
  }
  return undefined;
}

/** On a debt whose token may be revoked although somebody still uses it: a person said so, at that moment. */
export function releasedLabel(atSeconds: number): string {
  return `${releasedPrefix}${atSeconds}`;
}

export function readReleased(labels: readonly string[] | undefined): string | undefined {
  return labels?.find((each) => each.startsWith(releasedPrefix));
}

/** One label is on one version only, so two versions marked in the same second need different seconds. */
export function freeLabel(state: Pick<SecretState, 'versions'>, label: (atSeconds: number) => string, atSeconds: number): string {
  const taken = new Set([...state.versions.values()].flat());
  let free = atSeconds;
  while (taken.has(label(free))) free += 1;
  return label(free);
}

/** What has this label of AWS's has none of ours: a person put it there. */
export function isPasted(state: SecretState, label: string): boolean {
  const holder = holderOf(state, label);
  return holder !== undefined && readOurLabel(state.versions.get(holder)) === undefined;
}

/** Which version has a label; a label is on one version at most. */
export function holderOf(state: SecretState, label: string): string | undefined {
  for (const [versionId, labels] of state.versions) if (labels.includes(label)) return versionId;
  return undefined;
}

/** The version that is being rotated in. One that is current besides has come to its end, or is the first value of an empty secret. */
export function underwayIn(state: SecretState): string | undefined {
  const versionId = holderOf(state, pending);
  return versionId === holderOf(state, current) ? undefined : versionId;
}

/** Tokens that wait for revocation: ours, and neither current nor pending. */
export function debtOf(state: SecretState): readonly string[] {
  return [...state.versions]
    .filter(([, labels]) => readOurLabel(labels) !== undefined && !labels.includes(current) && !labels.includes(pending))
    .map(([versionId]) => versionId);
}

// AWS documents a label's length and not its characters, so refs are kept to those that every AWS name takes: the rest becomes `_` and hex.
function encode(ref: string): string {
  return [...Buffer.from(ref, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9.:=@+-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function decode(encoded: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at += 1) {
    if (encoded[at] === '_') {
      bytes.push(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(encoded.charCodeAt(at));
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
