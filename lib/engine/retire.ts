import type { Credential, Instant } from './contract.ts';
import {
  digestOf,
  effectOf,
  foreign,
  type Observed,
  observeOne,
  olderVersions,
  receiptsOf,
  rewrite,
  type Versions,
} from './copies.ts';
import { asRotationError, type ErrorCode, RotationError } from './errors.ts';
import { judge } from './judge.ts';
import {
  compromised,
  current,
  debtOf,
  holderOf,
  isPasted,
  ourLabelText,
  pending,
  previous,
  readHold,
  readOurLabel,
  readParked,
  readReleased,
  readSince,
  sinceLabel,
  submitted,
} from './labels.ts';
import type { OpenToken } from './open-token.ts';
import { readPause } from './pauses.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import { liveTokens } from './preflight.ts';
import { objectionOf } from './probe.ts';
import type { Finding, Pause } from './records.ts';
import { findRef, refOf } from './ref.ts';
import { onlyRestarts } from './restarts.ts';
import { readCurrent, tellQuietly } from './step.ts';
import { decodeStored, holdSame } from './stored-value.ts';
import { strayMinimumAgeHours } from './strays.ts';
import { minute, seconds } from './time.ts';
import { note } from './watch.ts';

/** The overlap is stretched by this, so that clocks may differ by an hour. */
export const clockSkewHours = 1;

/** A secret has twenty labels. */
const mostAtOnce = 20;

/** What became of one superseded token in one attempt. `waits` comes right by itself; `held` needs a person. */
export type Retirement =
  | { readonly versionId: string; readonly outcome: 'revoked' }
  | { readonly versionId: string; readonly outcome: 'waits'; readonly why: string; readonly until?: Instant }
  | {
      readonly versionId: string;
      readonly outcome: 'held';
      readonly code: ErrorCode;
      readonly why: string;
      readonly fix: string;
    };

/**
 * The fifth step, and the only one that revokes a stored token: on evidence that nobody needs it. The overlap is over since the stamp, the
 * current token works now, every dependent has it in effect by reading or by receipt, the provider says that the old one has been quiet,
 * and it is neither current nor pending by value and ref. Then it is proven dead, and only then does its label go.
 */
export async function retire(open: OpenToken, secretArn: string): Promise<readonly Retirement[]> {
  const state = await open.ports.store.describe(secretArn);
  await tidy(open, state);
  const results: Retirement[] = [];
  const debt = debtOf(state);
  if (debt.length === 0) return results;
  const pause = await readPause(open, 'waits');
  for (const versionId of debt) results.push(await retireOne(open, state, versionId, pause));
  await note(open, heldCodes, results.flatMap(findingOf));
  return results;
}

/** What a sweep can tell from the labels alone: undefined where nothing is to be done for this version now. */
export function dueAt({ overlapHours }: { readonly overlapHours: number }, labels: readonly string[]): Instant | 'unknown' {
  if (labels.includes(compromised)) return 0;
  const since = readSince(labels);
  return since === undefined ? 'unknown' : overlapOf({ overlapHours }, since.seconds);
}

function overlapOf({ overlapHours }: { readonly overlapHours: number }, sinceSeconds: number): Instant {
  return (sinceSeconds + (overlapHours + clockSkewHours) * 3600) * 1000;
}

const heldCodes = ['still-used', 'no-way-to-revoke'] as const;

/** What a person has to look at, for as long as it stands so. */
function findingOf(result: Retirement): readonly Finding[] {
  if (result.outcome !== 'held') return [];
  const code = result.code === 'still-used' ? 'still-used' : 'no-way-to-revoke';
  return [{ code, about: result.versionId, message: `an old token is kept: ${result.why}`, fix: result.fix }];
}

async function retireOne(
  open: OpenToken,
  state: SecretState,
  versionId: string,
  pause: Pick<Pause, 'by' | 'why'> | undefined,
): Promise<Retirement> {
  try {
    if (await isInUse(open, state, versionId))
      return waits(versionId, 'somebody put the very same token in again, and it is in use');
    const until = await overlapEnd(open, state, versionId);
    if (until > open.ports.clock.now()) return waits(versionId, `its overlap ends ${minute(until)}`, until);
    if (pause !== undefined) return waits(versionId, `acting is paused by ${pause.by}: ${pause.why}`);
    const hold = readHold(state);
    if (hold !== undefined) return waits(versionId, heldText(open, hold));
    if (open.token.mode !== 'retire')
      return waits(versionId, `the token is in mode \`${open.token.mode}\`, so nothing is revoked`);
    const doomed = await assemble(open, state, versionId);
    await assertReplaced(open, state, doomed);
    await assertQuiet(open, doomed);
    await revoke(open, state, doomed);
    if (!(await hasEnded(open, doomed))) throw stillAlive(open);
    await forget(open, state, versionId);
    return { versionId, outcome: 'revoked' };
  } catch (problem) {
    const error = asRotationError(problem, 'retire');
    const { name } = open.token;
    open.ports.log({ event: 'retirement.waits', token: name, code: error.code, detail: error.message });
    if (error.ending === 'now') return waits(versionId, error.message);
    await tellQuietly(open, {
      what: 'retirement.held',
      secretArn: state.arn,
      versionId,
      code: error.code,
      message: `${name}: an old token is kept: ${error.message}`,
      fix: error.fix,
    });
    return { versionId, outcome: 'held', code: error.code, why: error.message, fix: error.fix };
  }
}

/**
 * The same token is current under another version, which somebody put there by hand: its overlap has not begun, so that a stamp on this version
 * would end it too early.
 */
async function isInUse(open: OpenToken, state: SecretState, versionId: string): Promise<boolean> {
  const { store } = open.ports;
  if (!isPasted(state, current)) return false;
  const [successor, version] = [await readCurrent(open, state.arn), await store.read(state.arn, { versionId })];
  if (successor === undefined || version === undefined) return false;
  if (!holdSame(open.token.value, successor.text, version.text)) return false;
  const since = readSince(state.versions.get(versionId));
  if (since !== undefined) await store.moveLabel(state.arn, since.label, { from: versionId });
  return true;
}

/**
 * When the overlap is over. A version superseded is stamped by the first sweep that sees it so: late by a sweep, never early. One that was
 * never promoted has no overlap, but is left alone until no slow run can still be at work on it.
 */
async function overlapEnd(open: OpenToken, state: SecretState, versionId: string): Promise<Instant> {
  const { store, clock } = open.ports;
  const labels = state.versions.get(versionId) ?? [];
  const due = dueAt(open.token, labels);
  if (due !== 'unknown') return due;
  if (!labels.includes(previous)) {
    const version = await store.read(state.arn, { versionId });
    if (version !== undefined && (await wasNeverPromoted(open, state, version)))
      return version.createdAt + strayMinimumAgeHours * 3_600_000;
  }
  return overlapOf(open.token, await stampSince(open, state, versionId, seconds(clock.now())));
}

/** A label is on one version only: where another version was stamped with this very second, the next second is as good. */
async function stampSince({ ports }: OpenToken, { arn }: SecretState, versionId: string, atSeconds: number): Promise<number> {
  let stamp = atSeconds;
  for (
    let tries = 0;
    tries < mostAtOnce && (await ports.store.moveLabel(arn, sinceLabel(stamp), { to: versionId })) === 'lost';
    tries += 1
  )
    stamp += 1;
  return stamp;
}

/**
 * Younger than what is current, by more than clocks differ, and not what was current before: it cannot have been in use. Unless people went
 * to and fro: then what was current before is no older than what is, and nothing is told by it. docs/decisions/2026-11-22-never-promoted.md
 */
async function wasNeverPromoted(open: OpenToken, state: SecretState, version: StoredVersion): Promise<boolean> {
  const apart = 2 * clockSkewHours * 3_600_000;
  const successor = await readCurrent(open, state.arn);
  if (successor === undefined) return true;
  if (version.createdAt <= successor.createdAt + apart) return false;
  const holder = holderOf(state, previous);
  if (holder === undefined) return true;
  const before = await open.ports.store.read(state.arn, { versionId: holder });
  return before !== undefined && before.createdAt + apart < successor.createdAt;
}

interface Doomed {
  readonly version: StoredVersion;
  readonly credential: Credential;
  readonly ref: string;
  /** What took its place; undefined where nothing ever was current. */
  readonly successor: StoredVersion | undefined;
}

/** Reads what is to go and what is to stay, and refuses where they might be the same. */
async function assemble(open: OpenToken, state: SecretState, versionId: string): Promise<Doomed> {
  const { store } = open.ports;
  const { facts } = open.rotator;
  const version = await store.read(state.arn, { versionId });
  if (version === undefined) throw held('value-shape', `${open.token.name}: the old version has no value any more`, byHand(open));
  const credential = decodeStored(open.token.value, version.text);
  const ref = refOf(facts, version.labels, credential);
  if (ref === undefined)
    throw held('value-shape', `${open.token.name}: the old version does not tell how ${facts.title} names it`, byHand(open));

  const successor = await readCurrent(open, state.arn);
  const underway = holderOf(state, pending) === undefined ? undefined : await store.read(state.arn, { label: pending });
  for (const stays of [successor, underway]) {
    if (stays === undefined) continue;
    const staying = decodeStored(open.token.value, stays.text);
    const isSame = staying.value.equals(credential.value);
    // A replacement keeps its ref; otherwise two refs must differ, and an unknown one might be this.
    const stayingRef = facts.strategy === 'replace' ? undefined : await findRef(open, stays, staying);
    if (isSame || stayingRef === ref)
      throw held('same-token', `${open.token.name}: the old version holds the token that is in use`, byHand(open));
    if (stayingRef === undefined && facts.strategy !== 'replace') {
      throw held(
        'unknown-ref',
        `${open.token.name}: what is in use was put in by hand, and ${facts.title} does not tell which token it is`,
        `Run \`keyturn adopt ${open.token.name}\`, or revoke the old token by hand.`,
      );
    }
  }
  return { version, credential, ref, successor };
}

/** The current token works, and every dependent has it in effect: by reading, or by a receipt of exactly this value. */
async function assertReplaced(open: OpenToken, state: SecretState, { version, successor }: Doomed): Promise<void> {
  const { ports, token } = open;
  if (successor === undefined) return; // never promoted, and nothing else is current: no consumer has anything of ours
  const judgement = await judge(open, decodeStored(token.value, successor.text));
  if (!judgement.ok) {
    const code = judgement.why === 'rejected' ? 'current-refused' : 'limited';
    throw new RotationError(code, `${token.provider}: does not vouch for the current token: ${judgement.detail}`, {
      fix: `Rotate ${token.name} if its current token is really dead; the old one is kept until then.`,
    });
  }
  const older = olderVersions(open, state.arn, [successor.versionId], state);
  const versions: Versions = { secretArn: state.arn, wanted: successor, current: successor, older };
  const receipts = await receiptsOf(open, state.arn);
  // All are asked before one is waited for, so that what is wrong is put right everywhere at once.
  let lacking: RotationError | undefined;
  for (const dependent of open.dependents) {
    const one = await observeOne(open, dependent, versions, receipts);
    const problem = await evidenceLacking(open, one, versions, !version.labels.includes(compromised));
    lacking ??= problem;
  }
  if (lacking !== undefined) throw lacking;
  ports.log({ event: 'retirement.evidence', token: token.name, detail: version.versionId, state: 'complete' });
}

/** What still speaks against it at one dependent. No evidence is no: it is written again, and the next sweep asks again. */
async function evidenceLacking(
  open: OpenToken,
  one: Observed,
  versions: Versions,
  drains: boolean,
): Promise<RotationError | undefined> {
  const { ports } = open;
  const { entry, plugin } = one.dependent;
  if (one.standing === 'foreign' && entry.onForeign === 'stop') return foreign(open, one.dependent);
  const copy = one.dependent.copyOf(versions.wanted, versions.secretArn);
  const effect = one.standing === 'wanted' ? await effectOf(open, one, copy) : undefined;
  const objection = effect && objectionOf(effect);
  if (objection !== undefined) {
    // The place has it, and was seen to: writing it again would restart what may be starting. A look does that, once a day.
    const isStranger = objection === 'foreign' && entry.onForeign === 'stop';
    return isStranger ? foreign(open, one.dependent) : notYet(entry.name, 'its probe has not answered with the current token');
  }
  if (effect?.state !== 'in-effect') {
    await rewrite(open, one, versions);
    const done = onlyRestarts(one.dependent) ? 'it is being started anew' : 'it was written again';
    return notYet(entry.name, `does not have the current token in effect; ${done}`);
  }
  if (plugin.facts.drainSeconds === 0 || !drains) return undefined; // what is in the wrong hands is not waited for
  const receipt = one.receipt?.digest === digestOf(copy) ? one.receipt : undefined;
  if (receipt?.inEffectAt === undefined) {
    const { version } = one.holding;
    const basis = {
      dependent: entry.name,
      digest: digestOf(copy),
      versionId: copy.versionId,
      isWritten: true,
      intendedAt: ports.clock.now(),
      appliedAt: ports.clock.now(),
    };
    const seen = version === undefined ? basis : { ...basis, version };
    await ports.history.saveReceipt(versions.secretArn, { ...seen, ...receipt, inEffectAt: ports.clock.now() });
    return notYet(entry.name, 'has it in effect since now, and may still run with the old one');
  }
  const drainedAt = receipt.inEffectAt + plugin.facts.drainSeconds * 1000;
  return drainedAt > ports.clock.now()
    ? notYet(entry.name, `may still run with the old token until ${minute(drainedAt)}`)
    : undefined;
}

/** Asked of the provider, never tried out: verifying the old token would itself be a use. */
async function assertQuiet(open: OpenToken, { version, credential, ref }: Doomed): Promise<void> {
  const { rotator, token, ports } = open;
  const { lastUsed } = rotator.facts;
  if (readReleased(version.labels) !== undefined) return; // whoever still uses it was told, and a person has decided
  const inspect = rotator.inspect?.bind(rotator);
  if (!lastUsed.can || inspect === undefined) return;
  const told = await open.withAuthority((context) => inspect(context, { ref, credential }));
  if (told.lastUsedAt === null) return;
  const blur = (lastUsed.granularityMinutes + lastUsed.lagMinutes) * 60_000;
  const quietAt = told.lastUsedAt === undefined ? undefined : told.lastUsedAt + blur + token.quietHours * 3_600_000;
  if (quietAt !== undefined && quietAt <= ports.clock.now()) return;
  const endsAt = longestOverlapEnd(open, version.labels);
  if (endsAt !== undefined && endsAt <= ports.clock.now()) {
    ports.log({
      event: 'retirement.still-used',
      token: token.name,
      detail: version.versionId,
      state: 'its longest overlap is over',
    });
    return;
  }
  // Revoked already, by a sweep that did not get as far as the proof: whoever asked whether it was dead has used it, and that was us.
  if (!(await isListed(open, ref))) return;
  const when = told.lastUsedAt === undefined ? 'and its last use is not told' : `last on ${minute(told.lastUsedAt)}`;
  const who = told.lastUsedBy === undefined ? '' : ` by ${told.lastUsedBy}`;
  throw held(
    'still-used',
    `${token.name}: somebody still uses the old token, ${when}${who}${endsAt === undefined ? '' : `; it is revoked all the same at ${minute(endsAt)}`}`,
    `Find out who it is and add them to the catalog (\`consumers\` or \`dependents\`); \`keyturn release ${token.name} --still-used\` lets it be revoked all the same.`,
  );
}

/** When it is revoked even if it is still used; undefined where a person decides. */
function longestOverlapEnd({ token }: OpenToken, labels: readonly string[]): Instant | undefined {
  const since = readSince(labels);
  if (token.maxOverlapHours === undefined || since === undefined) return undefined;
  return overlapOf({ overlapHours: token.maxOverlapHours }, since.seconds);
}

/** Whether the provider has it among its live tokens; where it has no list, nothing speaks against it. */
async function isListed(open: OpenToken, ref: string): Promise<boolean> {
  const live = await liveTokens(open);
  return live === undefined || live.some((found) => found.ref === ref);
}

async function revoke(open: OpenToken, state: SecretState, doomed: Doomed): Promise<void> {
  const { rotator, token, ports } = open;
  const { version, credential, ref, successor } = doomed;
  // From here on no run takes it for a token to rotate in, should AWS put AWSPENDING back on it: `superseded`. What never was current has no
  // overlap, so its stamp is of a time that makes it over.
  if (readSince(version.labels) === undefined) {
    const over = seconds(ports.clock.now()) - (token.overlapHours + clockSkewHours) * 3600 - mostAtOnce;
    await stampSince(open, state, version.versionId, over);
  }
  // Everything before this line can be undone, so the labels are asked for once more.
  const now = await ports.store.describe(state.arn);
  const labels = now.versions.get(version.versionId) ?? [];
  const isStillDebt = readOurLabel(labels) !== undefined && !labels.includes(current) && !labels.includes(pending);
  const hold = readHold(now);
  if (hold !== undefined) throw notYet(token.name, heldText(open, hold));
  if (!isStillDebt || holderOf(now, current) !== successor?.versionId || holderOf(now, pending) !== holderOf(state, pending)) {
    throw new RotationError('conflict', `${token.name}: labels were moved while the evidence was gathered`, {
      fix: 'Nothing to do: the next sweep looks again.',
    });
  }
  if (rotator.facts.strategy === 'replace') return; // minting the next one has ended it
  const end = rotator.revoke?.bind(rotator);
  if (end === undefined) return; // a person ends it, and may have done so
  await open.withAuthority((context) => end(context, { ref, credential }));
  ports.log({ event: 'token.revoke-sent', token: token.name, detail: version.versionId });
}

/** Where no call of ours was to end it. Spread, so that they are not all of one bad moment. */
const secondsBetweenRefusals = [2, 10];

/**
 * Where no call of ours was to end it, a refusal may be a provider's bad moment: then it counts only if the provider vouches for the current token
 * in between, and as often as this.
 */
async function hasEnded(open: OpenToken, { credential, successor }: Doomed): Promise<boolean> {
  const { ports, token } = open;
  if (!(await isDead(open, credential))) return false;
  if (!isEndedByHand(open)) return true;
  for (const pause of secondsBetweenRefusals) {
    await ports.clock.sleep(pause * 1000);
    if (successor !== undefined && !(await judge(open, decodeStored(token.value, successor.text))).ok)
      throw notYet(
        token.provider,
        'does not vouch for the current token just now, so that it proves nothing to refuse the old one',
      );
    if (!(await isDead(open, credential, 0))) return false;
  }
  return true;
}

function isEndedByHand({ rotator }: OpenToken): boolean {
  return rotator.facts.strategy !== 'replace' && rotator.revoke === undefined;
}

/** What a call was to end is asked for again; what only a person can end waits for them. */
function stillAlive(open: OpenToken): RotationError {
  const { rotator, token } = open;
  if (isEndedByHand(open))
    return held(
      'unknown-ref',
      `${token.provider}: has no way to revoke a token by API, and the old one still works`,
      byHand(open),
    );
  return new RotationError('still-alive', `${rotator.facts.name}: accepts the old token after its revocation`, {
    fix: 'Nothing to do: it is revoked and asked for again at the next sweep.',
  });
}

/**
 * Whether the provider answers as it does to a token that it does not know, within so many seconds or as soon as it says that tokens die; silence
 * or a fault of its own is no proof.
 */
export async function isDead(open: OpenToken, credential: Credential, atMostSeconds = 60): Promise<boolean> {
  const { ports, rotator } = open;
  const patience = Math.min(rotator.facts.deathSeconds, atMostSeconds) * 1000;
  const startedAt = ports.clock.now();
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    const judgement = await judge(open, credential);
    if (!judgement.ok && judgement.why === 'rejected') return true;
    const waited = ports.clock.now() - startedAt;
    if (waited >= patience || ports.remaining() < wait + 10_000) return false;
    await ports.clock.sleep(Math.min(wait, patience - waited)); // so that the last look is at the very end
  }
}

/** Our label first: a stamp that is left behind by a crash here means nothing, and the next sweep takes it off. */
async function forget(open: OpenToken, state: SecretState, versionId: string): Promise<void> {
  const { store } = open.ports;
  const labels = state.versions.get(versionId) ?? [];
  const ours = ourLabelText(labels);
  if (ours !== undefined) await store.moveLabel(state.arn, ours, { from: versionId });
  await tellQuietly(open, {
    what: 'token.revoked',
    secretArn: state.arn,
    versionId,
    message: `${open.token.name}: the old token was revoked and is proven dead`,
  });
  const fresh = await store.describe(state.arn);
  await tidy(open, fresh);
}

/** Takes off labels that have lost their meaning. */
async function tidy({ ports }: OpenToken, state: SecretState): Promise<void> {
  for (const { versionId, label } of clutterOf(state)) await ports.store.moveLabel(state.arn, label, { from: versionId });
}

/**
 * Labels that have lost their meaning: a stamp or a release on what is current again or no longer ours, a parking on what is not current, and a
 * submission that was the first value of an empty secret, and was used since.
 */
export function clutterOf(state: SecretState): readonly { readonly versionId: string; readonly label: string }[] {
  const wasUsed = holderOf(state, previous) !== undefined;
  return [...state.versions].flatMap(([versionId, labels]) => {
    const isCurrent = labels.includes(current);
    const isDebt = readOurLabel(labels) !== undefined && !isCurrent;
    const isFirst = wasUsed && (isCurrent || labels.includes(previous));
    const lost = [
      isDebt ? undefined : readSince(labels)?.label,
      isDebt ? undefined : readReleased(labels),
      isCurrent ? undefined : readParked(labels)?.label,
      isFirst ? labels.find((label) => label === submitted) : undefined,
    ];
    return lost.flatMap((label) => (label === undefined ? [] : [{ versionId, label }]));
  });
}

function heldText({ token }: OpenToken, { sinceSeconds, why }: { sinceSeconds: number; why: string }): string {
  const reason = why === '' ? '' : ` (${why})`;
  return `it is on hold since ${minute(sinceSeconds * 1000)}${reason}, until \`keyturn release ${token.name}\``;
}

function waits(versionId: string, why: string, until?: Instant): Retirement {
  return { versionId, outcome: 'waits', why, ...(until === undefined ? {} : { until }) };
}

function held(code: ErrorCode, message: string, fix: string): RotationError {
  return new RotationError(code, message, { fix });
}

function notYet(name: string, how: string): RotationError {
  return new RotationError('not-yet', `${name}: ${how}`, { fix: 'Nothing to do: the next sweep asks again.' });
}

function byHand({ rotator }: OpenToken): string {
  return `Revoke the old token by hand: ${rotator.facts.ifAllElseFails}`;
}
