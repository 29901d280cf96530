import { readHold, readOurLabel, readSince } from '../../lib/engine/labels.ts';
import type { Version } from '../../lib/local/secrets-manager/state.ts';
import type { FakeToken } from '../../lib/testing/fake.ts';
import { hour, type Stage } from '../../lib/testing/stage.ts';
import type { OutwardCall } from '../../lib/testing/world.ts';
import { isChange } from './faults.ts';

/** A promise of docs/reliability.md that did not hold, and how. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** What only the simulation knows: what was really in use, and since when it is no more. A part of the world's state. */
export interface Truth {
  /** When a value that consumers could read ceased to be current. */
  readonly supersededAt: Readonly<Record<string, number>>;
  readonly everCurrent: readonly string[];
  /** Versions for which testSecret has said that they pass. */
  readonly passed: readonly string[];
  /** Values that a person put into the secret. */
  readonly byHand: readonly string[];
  /** Values that a stranger wrote into a place, by the place's index. */
  readonly tampered: Readonly<Record<number, string>>;
  /** Refs of tokens that somebody else made at the provider. */
  readonly strangers: readonly string[];
  /** The provider ended these without us. */
  readonly endedByOthers: readonly string[];
  /** Values that were dead when AWS put AWSPENDING back on them. */
  readonly pendingDead: readonly string[];
  /** Values that a place has had in effect for which others wait, by its index. */
  readonly hadInEffect: Readonly<Record<number, readonly string[]>>;
}

export const nothingYet: Truth = {
  supersededAt: {},
  everCurrent: [],
  passed: [],
  byHand: [],
  tampered: {},
  strangers: [],
  endedByOthers: [],
  pendingDead: [],
  hadInEffect: {},
};

/** The world as it is at one moment, without asking through any port. */
export interface View {
  readonly current: Version | undefined;
  readonly pending: Version | undefined;
  readonly versions: readonly Version[];
  readonly tokens: readonly FakeToken[];
  readonly held: readonly (string | undefined)[];
}

export function viewOf(stage: Stage): View {
  const versions = stage.secretsManager.setting.state.get(stage.arn)?.versions ?? [];
  const holder = (label: string) => versions.find(({ labels }) => labels.includes(label));
  return {
    current: holder('AWSCURRENT'),
    pending: holder('AWSPENDING'),
    versions,
    tokens: stage.provider.state.tokens,
    held: stage.places.map((place) => place.holds()),
  };
}

/** The token's value in a version; of a submission that nobody has taken up, none. */
export function valueIn(stage: Stage, version: Version | undefined): string | undefined {
  const text = version?.value && 'text' in version.value ? version.value.text : undefined;
  if (text === undefined || version?.labels.includes('keyturn-submitted')) return undefined;
  if (stage.token.value.format === 'text') return text;
  return (JSON.parse(text) as Record<string, string>)[stage.token.value.fields.value ?? 'value'];
}

/** Compares the world before and after one call. Answers the truth as it is now; tells every promise that this call broke. */
export function judgeCall(
  stage: Stage,
  {
    before,
    after,
    truth,
    call,
    now,
    hasFaults,
    couldKnow,
  }: {
    before: View;
    after: View;
    truth: Truth;
    call: OutwardCall;
    now: number;
    /** Something went wrong before, in this run. */
    hasFaults: boolean;
    /** Whoever called has seen the labels since a person last moved any. */
    couldKnow: boolean;
  },
  broken: (violation: Violation) => void,
): Truth {
  const isReplacing = stage.strategy === 'replace';
  let known = truth;
  const was = valueIn(stage, before.current);
  const is = valueIn(stage, after.current);
  if (before.current?.id !== after.current?.id)
    known = afterPromotion(stage, known, { was, is, version: after.current?.id ?? '', now }, before, broken);

  if (before.tokens !== after.tokens && !isReplacing) {
    for (const token of newlyRevoked(before.tokens, after.tokens)) {
      // docs/decisions/2026-11-22-roll-back-at-the-last-moment.md
      if (token.value === is && !couldKnow) known = { ...known, endedByOthers: [...known.endedByOthers, token.value] };
      judgeRevocation(stage, { token, after, truth: known, is, now }, broken);
      const isStored = before.versions.some((version) => valueIn(stage, version) === token.value);
      if (isStored && couldKnow && isOnHold(after))
        broken({ invariant: 'I7', message: 'a token was revoked while all are on hold' });
    }
  }
  const revoked = new Set(after.tokens.flatMap(({ value, revokedAt }) => (revokedAt === undefined ? [] : [value])));
  // A person may make current what is long dead, or was never a token; that is no act of ours.
  const isNoToken = is !== undefined && !after.tokens.some(({ value, revokedAt }) => value === is && revokedAt === undefined);
  if (call.what === 'by hand: roll back' && isNoToken) {
    known = { ...known, endedByOthers: [...known.endedByOthers, is] };
  }
  after.held.forEach((value, index) => {
    const isNews = value !== before.held[index] || before.tokens !== after.tokens;
    if (!isNews || value === undefined || !revoked.has(value) || known.endedByOthers.includes(value) || isReplacing) return;
    broken({ invariant: 'I2', message: `place ${index} holds a token that was revoked` });
  });
  after.held.forEach((value, index) => {
    const theirs = known.tampered[index];
    const isGone = theirs !== undefined && before.held[index] === theirs && value !== theirs;
    if (isGone && stage.token.dependents[index]?.onForeign === 'stop') {
      broken({ invariant: 'I10', message: `what a stranger wrote into place ${index} was overwritten` });
    }
  });
  judgePlaces(stage, { before, after, truth: known, call, is, hasFaults, revoked }, broken);
  judgeOrder(stage, { before, after, truth: known, call, is }, broken);
  known = { ...known, hadInEffect: withHeld(stage, known.hadInEffect, after.held) };
  const pendingValue = valueIn(stage, after.pending);
  const isPut = call.what.startsWith('PutSecretValue');
  if (after.pending?.id !== before.pending?.id && !isPut && pendingValue !== undefined && wasRevoked(before, pendingValue))
    known = { ...known, pendingDead: [...known.pendingDead, pendingValue] };
  judgePending(stage, after, known, isReplacing, broken);
  if (
    isChange(call) &&
    valueIn(stage, after.current) !== undefined &&
    revoked.has(is ?? '') &&
    !known.endedByOthers.includes(is ?? '') &&
    !isReplacing
  ) {
    broken({ invariant: 'I1', message: 'AWSCURRENT is on a token that was revoked' });
  }
  return known;
}

function afterPromotion(
  stage: Stage,
  truth: Truth,
  { was, is, version, now }: { was: string | undefined; is: string | undefined; version: string; now: number },
  before: View,
  broken: (violation: Violation) => void,
): Truth {
  // docs/decisions/2026-11-25-a-stamp-that-nobody-took-off.md
  const same = before.versions.filter((each) => was !== undefined && valueIn(stage, each) === was);
  const stamps = same.flatMap(({ labels }) => readSince(labels)?.seconds ?? []);
  const supersededAt = stamps.length === 0 ? now : Math.min(...stamps) * 1000;
  const isFirst = before.current === undefined || was === undefined;
  if (!isFirst && !truth.passed.includes(version) && is !== undefined && !truth.byHand.includes(is)) {
    broken({ invariant: 'I6', message: 'AWSCURRENT moved to a version that never passed testSecret' });
  }
  const { [is ?? '']: _again, ...superseded } = truth.supersededAt;
  return {
    ...truth,
    supersededAt: was === undefined ? superseded : { ...superseded, [was]: supersededAt },
    everCurrent: is === undefined || truth.everCurrent.includes(is) ? truth.everCurrent : [...truth.everCurrent, is],
  };
}

function judgeRevocation(
  stage: Stage,
  { token, after, truth, is, now }: { token: FakeToken; after: View; truth: Truth; is: string | undefined; now: number },
  broken: (violation: Violation) => void,
): void {
  const { value, ref } = token;
  if (truth.endedByOthers.includes(value)) return;
  const isTheirs = truth.strangers.includes(ref);
  if (isTheirs && !isAmbiguous(stage, after, truth, value))
    broken({ invariant: 'I7', message: 'a token that somebody else made was revoked' });
  if (value === is) broken({ invariant: 'I7', message: 'the current token was revoked' });
  if (value === valueIn(stage, after.pending)) broken({ invariant: 'I7', message: 'the pending token was revoked' });
  if (!truth.everCurrent.includes(value)) return;
  const since = truth.supersededAt[value] ?? now;
  if (now - since < stage.token.overlapHours * hour) {
    broken({ invariant: 'I3', message: `a token was revoked ${Math.round((now - since) / 60_000)} minutes into its overlap` });
  }
  after.held.forEach((held, index) => {
    const isTheirs = held !== undefined && truth.tampered[index] === held;
    if (held !== is && !isTheirs)
      broken({ invariant: 'I3', message: `a token was revoked before place ${index} had the current one` });
  });
}

/** What a place is given works at that moment. */
function judgePlaces(
  stage: Stage,
  {
    before,
    after,
    truth,
    call,
    is,
    hasFaults,
    revoked,
  }: {
    before: View;
    after: View;
    truth: Truth;
    call: OutwardCall;
    is: string | undefined;
    hasFaults: boolean;
    revoked: ReadonlySet<string>;
  },
  broken: (violation: Violation) => void,
): void {
  const isOurs = !call.what.startsWith('by hand');
  after.held.forEach((value, index) => {
    const isGiven = isOurs && isChange(call) && value !== before.held[index] && truth.tampered[index] !== value;
    if (!isGiven || value === undefined) return;
    // A provider that lies in one answer may call a token good that is seconds old: docs/decisions/2026-11-25-a-provider-that-lies.md
    const isLive = after.tokens.some((token) => token.value === value && token.revokedAt === undefined);
    const works = value === is || (hasFaults ? isLive : stage.provider.accepts(value));
    // A person went back to one that was revoked seconds ago: the provider still takes it, so that nobody can know.
    const isTakenStill = truth.endedByOthers.includes(value) && stage.provider.accepts(value);
    if ((revoked.has(value) && !isTakenStill) || !works)
      broken({ invariant: 'P1', message: `place ${index} was given a token that does not work` });
  });
}

/** A place that comes after another gets a new token only once the other has had it in effect. What is current it may get at any time. */
function judgeOrder(
  stage: Stage,
  { before, after, truth, call, is }: { before: View; after: View; truth: Truth; call: OutwardCall; is: string | undefined },
  broken: (violation: Violation) => void,
): void {
  if (call.what.startsWith('by hand')) return;
  after.held.forEach((value, index) => {
    const isNew = value !== undefined && value !== before.held[index] && value !== is && truth.tampered[index] !== value;
    if (!isNew) return;
    for (const earlier of waitedForBy(stage, index))
      if (!truth.hadInEffect[earlier]?.includes(value))
        broken({ invariant: 'P3', message: `place ${index} was given a new token before place ${earlier} had it in effect` });
  });
}

function waitedForBy({ token: { dependents } }: Stage, index: number): readonly number[] {
  return (dependents[index]?.after ?? []).map((name) => dependents.findIndex((each) => each.name === name));
}

/** Only of places for which others wait, so that the state of all other worlds is no larger for it. */
function withHeld(stage: Stage, had: Truth['hadInEffect'], held: View['held']): Truth['hadInEffect'] {
  const earlier = [...new Set(held.flatMap((_, index) => waitedForBy(stage, index)))];
  const news = earlier.flatMap((index) => {
    const value = held[index];
    return value === undefined || had[index]?.includes(value) ? [] : [[index, [...(had[index] ?? []), value]] as const];
  });
  return news.length === 0 ? had : { ...had, ...Object.fromEntries(news) };
}

/** A rotation of ours was given up in this call. AWS, and people, take AWSPENDING away too. */
export function isTakenApart(before: View, after: View, call: OutwardCall): boolean {
  const hasLeft = before.pending !== undefined && after.pending === undefined && before.current?.id === after.current?.id;
  return hasLeft && call.what.startsWith('UpdateSecretVersionStage');
}

/** Once a rotation was taken apart without a fault, no place is left with what it had been given. docs/decisions/2026-11-25-what-is-taken-apart.md */
export function judgePutBack(
  stage: Stage,
  { current, tokens }: View,
  givenUp: string | undefined,
  readsTheSecret: (index: number) => boolean,
  broken: (violation: Violation) => void,
): void {
  const is = valueIn(stage, current);
  const isDead = tokens.some(({ value, revokedAt }) => value === is && revokedAt !== undefined);
  if (is === undefined || isDead || givenUp === undefined || givenUp === is) return;
  stage.places.forEach((place, index) => {
    if (!readsTheSecret(index) && (place.written ?? place.holds)() === givenUp)
      broken({ invariant: 'P2', message: `place ${index} was not put back` });
  });
}

/** A pending version of ours is a live token, or one that is not installed yet. */
function judgePending(
  stage: Stage,
  { pending, tokens }: View,
  { pendingDead }: Truth,
  isReplacing: boolean,
  broken: (violation: Violation) => void,
): void {
  if (pending === undefined || isReplacing || readOurLabel(pending.labels) === undefined) return;
  const value = valueIn(stage, pending);
  if (value === undefined || pendingDead.includes(value)) return;
  const token = tokens.find((each) => each.value === value);
  if (token?.revokedAt !== undefined) broken({ invariant: 'I4', message: 'the pending token is revoked' });
  if (token === undefined && stage.strategy !== 'byo')
    broken({ invariant: 'I4', message: 'the pending value is no token of the provider' });
}

function isOnHold({ versions }: View): boolean {
  return readHold({ versions: new Map(versions.map(({ id, labels }) => [id, labels])) }) !== undefined;
}

function wasRevoked({ tokens }: View, value: string): boolean {
  return tokens.some((token) => token.value === value && token.revokedAt !== undefined);
}

/** Between runs: live tokens of ours that no version holds are at most as many as mints whose answers were lost. */
export function judgeStrays(
  stage: Stage,
  view: View,
  truth: Truth,
  faults: number,
  broken: (violation: Violation) => void,
): void {
  if (stage.strategy === 'replace') return; // one token is live at most: docs/decisions/2026-11-25-replacing-twice-at-once.md
  const held = new Set(view.versions.map((version) => valueIn(stage, version)));
  const unheld = view.tokens.filter(
    ({ value, ref, revokedAt }) => revokedAt === undefined && !held.has(value) && !truth.strangers.includes(ref),
  );
  if (stage.isAssisted) return; // what a person made is theirs until it is taken up
  if (unheld.length > faults) {
    broken({ invariant: 'I5', message: `${unheld.length} live tokens are in nobody's hands after ${faults} faults` });
  }
}

/** Once faults have stopped and sweeps change nothing any more. */
export function judgeEnd(
  stage: Stage,
  view: View,
  truth: Truth,
  hasRotated: boolean,
  broken: (violation: Violation) => void,
): void {
  const is = valueIn(stage, view.current);
  // What a stranger wrote is not overwritten, so that nothing can come to its end until a person has decided.
  const isStopped = Object.keys(truth.tampered).length > 0;
  // A token that a person pasted in takes a place at the provider until a person ends it: rotations are parked until then.
  const isPastedAlive = view.tokens.some(({ value, revokedAt }) => revokedAt === undefined && truth.byHand.includes(value));
  const isWentBack = truth.endedByOthers.includes(is ?? '');
  const labels = view.versions.flatMap((version) => version.labels);
  const hasNoRoom = isPastedAlive || isWentBack;
  const parkedForRoom = hasNoRoom ? labels.find((label) => label.startsWith('keyturn-parked/key-limit/')) : undefined;
  const isOver = (expiresAt: number | undefined) => expiresAt !== undefined && expiresAt <= stage.clock.now();
  const hasMetItsEnd = view.tokens.some(
    ({ value, revokedAt, expiresAt }) => value === is && revokedAt === undefined && isOver(expiresAt),
  );
  // docs/decisions/2026-11-26-going-back-to-a-dead-token-without-room.md
  if ((isWentBack || hasMetItsEnd) && parkedForRoom !== undefined) return;
  if (!hasRotated && !isStopped && parkedForRoom === undefined)
    broken({ invariant: 'L1', message: 'the rotation never came to its end' });
  // docs/decisions/2026-11-25-a-stranger-and-a-dead-token.md
  const isStuck = isStopped && isWentBack;
  if ((is === undefined || !stage.provider.accepts(is)) && !isStuck)
    broken({ invariant: 'L1', message: 'the current token does not work' });
  const live = view.tokens
    .filter(({ revokedAt, expiresAt, ref }) => revokedAt === undefined && !isOver(expiresAt) && !truth.strangers.includes(ref))
    .map(({ value }) => value);
  const isExcused = (value: string) => isAmbiguous(stage, view, truth, value) || isOutOfSight(stage, view, value);
  const extra = live.filter((value) => value !== is && !isExcused(value));
  if (extra.length > 0 && !isStopped)
    broken({ invariant: 'L2', message: `${extra.length} tokens more than the current one are live in the end` });
  view.held.forEach((held, index) => {
    if (held !== is && truth.tampered[index] === undefined)
      broken({ invariant: 'L3', message: `place ${index} does not have the current token in the end` });
  });
  if (view.pending !== undefined && view.pending.id !== view.current?.id && !isStuck)
    broken({ invariant: 'L4', message: 'AWSPENDING blocks the secret in the end' });
  const ours = labels.filter((label) => label.startsWith('keyturn') && label !== parkedForRoom);
  if (ours.length !== 1 && live.every((value) => value === is) && !isStopped)
    broken({ invariant: 'L4', message: `labels are left over: ${ours.length} of ours in the end` });
}

/**
 * Made by a person, or by us, in the same hours as one by the other; or ours, beside one that a person pasted in and that still works.
 * docs/decisions/2026-11-25-strays-without-a-mark.md
 */
function isAmbiguous(stage: Stage, { tokens, versions, current }: View, { strangers, byHand }: Truth, value: string): boolean {
  if (!stage.token.exclusive) return false;
  const one = tokens.find((token) => token.value === value);
  const isTheirs = strangers.includes(one?.ref ?? '');
  const isNear = tokens.some(
    ({ ref, createdAt }) => strangers.includes(ref) !== isTheirs && Math.abs(createdAt - (one?.createdAt ?? 0)) <= 2.5 * hour,
  );
  if (isNear || isTheirs) return isNear;
  // What is in a version of ours is no stray: it waits only while nobody knows which token the current one is.
  const isStored = versions.some((version) => readOurLabel(version.labels) !== undefined && valueIn(stage, version) === value);
  const pasted = isStored ? [valueIn(stage, current)].filter((each) => byHand.includes(each ?? '')) : byHand;
  return tokens.some((token) => pasted.includes(token.value) && token.revokedAt === undefined);
}

/** Its value was lost, and the provider has no list to find it in. docs/decisions/2026-11-25-a-provider-without-a-list.md */
function isOutOfSight(stage: Stage, { versions }: View, value: string): boolean {
  return !stage.canList && versions.every((version) => valueIn(stage, version) !== value);
}

function newlyRevoked(before: readonly FakeToken[], after: readonly FakeToken[]): readonly FakeToken[] {
  const ended = new Set(before.flatMap(({ ref, revokedAt }) => (revokedAt === undefined ? [] : [ref])));
  return after.filter(({ ref, revokedAt }) => revokedAt !== undefined && !ended.has(ref));
}
