import type { CompiledIndex, IndexedToken } from '../catalog/compiled.ts';
import type { Instant } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { Store } from '../engine/ports.ts';
import type { Health } from '../engine/records.ts';
import type { Secret } from '../engine/secret.ts';
import { calendarText, type Feed, isSignedFeed, signFeed } from './calendar.ts';
import { upcomingOf } from './upcoming.ts';

/** Whose calendar it is. */
export type FeedOwner = Pick<Feed, 'kind' | 'id'>;

/** What a calendar is made of. */
export interface FeedSources {
  readonly index: Pick<CompiledIndex, 'people' | 'teams' | 'tokens'>;
  /** Says when AWS means to rotate each. */
  readonly store: Pick<Store, 'describe'>;
  /** What the last look at each token found. */
  readonly healths: () => Promise<readonly Health[]>;
  readonly now: Instant;
}

type Owners = Pick<FeedSources['index'], 'people' | 'teams'>;

/** Whose calendar, the signature, and the ending by which calendar programs know one. */
const path = /^\/(person|team)\/([a-z0-9-]{1,64})\/([A-Za-z0-9_-]{43})\.ics$/;

/**
 * The address that somebody's calendar is told once. Whoever has it reads this feed, until its version or the key is another one. Undefined for
 * whoever has left, or has to do with no token.
 */
export function feedAddress(base: string, key: Secret, index: Owners, owner: FeedOwner): string | undefined {
  const version = versionOf(index, owner);
  if (version === undefined) return undefined;
  return `${base.replace(/\/$/, '')}/${owner.kind}/${owner.id}/${signFeed(key, { ...owner, version })}.ics`;
}

/** Whose feed a path asks for, if it is one that we gave out, and whoever it is of is still there. The key is asked for only then. */
export async function readFeedPath(asked: string, index: Owners, key: () => Promise<Secret>): Promise<FeedOwner | undefined> {
  const [, kind, id = '', signature = ''] = path.exec(asked) ?? [];
  if (kind !== 'person' && kind !== 'team') return undefined;
  const version = versionOf(index, { kind, id });
  if (version === undefined) return undefined;
  return isSignedFeed(await key(), { kind, id, version }, signature) ? { kind, id } : undefined;
}

/** What somebody has to do with: as its owner or backup, or as its team. */
function tokensOf(tokens: readonly IndexedToken[], { kind, id }: FeedOwner): readonly IndexedToken[] {
  return tokens.filter(({ owner, backup, team }) => (kind === 'team' ? team === id : [owner, backup].includes(id)));
}

/** Somebody's calendar as text. */
export async function feedText({ index, store, healths, now }: FeedSources, owner: FeedOwner): Promise<string> {
  const tokens = tokensOf(index.tokens, owner);
  const nextRotations = new Map<string, Instant>();
  for (const { name, secret } of tokens) {
    const at = await nextRotationOf(store, secret);
    if (at !== undefined) nextRotations.set(name, at);
  }
  const name = (owner.kind === 'person' ? index.people : index.teams)[owner.id]?.name ?? owner.id;
  return calendarText({ name, now, upcoming: upcomingOf({ tokens, nextRotations, healths: await healths() }) });
}

/** A secret that is not there yet has no date, and is no reason to have no calendar. */
async function nextRotationOf(store: FeedSources['store'], secret: string): Promise<Instant | undefined> {
  try {
    const { nextRotationAt, rotationEnabled } = await store.describe(secret);
    return rotationEnabled === true ? nextRotationAt : undefined;
  } catch (error) {
    if (error instanceof RotationError && error.code === 'not-ours') return undefined;
    throw error;
  }
}

/** Undefined for whoever is not in the catalog, or has left. */
function versionOf({ people, teams }: Owners, { kind, id }: FeedOwner) {
  const found = kind === 'person' ? own(people, id) : own(teams, id);
  return found === undefined || ('left' in found && found.left !== undefined) ? undefined : (found.feedVersion ?? 1);
}

function own<Value>(record: Readonly<Record<string, Value>>, id: string): Value | undefined {
  return Object.hasOwn(record, id) ? record[id] : undefined;
}
