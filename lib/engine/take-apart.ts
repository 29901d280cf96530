import {
  createPatience,
  observeOne,
  olderVersions,
  type Patience,
  type Receipts,
  receiptsOf,
  rewrite,
  type Versions,
} from './copies.ts';
import { asRotationError, RotationError } from './errors.ts';
import { judge } from './judge.ts';
import { current, holderOf, parkedLabel, pending, readOurLabel, readParked } from './labels.ts';
import type { OpenDependent, OpenToken } from './open-token.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import { beforePromotion, onlyRestarts } from './restarts.ts';
import { isCurrent, type Job, readCurrent, tellQuietly } from './step.ts';
import { decodeStored } from './stored-value.ts';
import { seconds } from './time.ts';
import { wavesOf } from './waves.ts';

/** The first back-off after a failure for good; it doubles with each further one, up to a day. */
export const firstParkingMinutes = 15;

/**
 * What follows when a rotation cannot succeed: the dependents get the current token back, AWSPENDING is taken off (left on, it would block
 * every later rotation), the token is parked and its owner told. Nothing is revoked: the pending token keeps its label, and `retire` ends
 * it when it is old enough and nobody holds it.
 *
 * Stateless, so that it survives its own death at any line: everything is read afresh, and putting back is applying what is current.
 * Answers the error to throw, which is the one it was given.
 */
export async function takeApart(open: OpenToken, job: Job, error: RotationError): Promise<RotationError> {
  try {
    await undo(open, job, error);
  } catch (problem) {
    // What was not reached is done by the next attempt or sweep; the first error is the one that people need.
    open.ports.log({ event: 'take-apart.incomplete', token: open.token.name, code: asRotationError(problem, 'takeApart').code });
  }
  return error;
}

async function undo(open: OpenToken, job: Job, error: RotationError): Promise<void> {
  const { store } = open.ports;
  const state = await store.describe(job.secretArn);
  if (isCurrent(state, job.clientRequestToken) || state.versions.get(job.clientRequestToken)?.includes(pending) !== true) return;
  const wanted = await store.read(state.arn, { versionId: job.clientRequestToken });
  // A value without our label is not our doing (AWS puts a copy of current there for its test run): nothing is undone for its sake.
  if (wanted !== undefined && readOurLabel(wanted.labels) === undefined) return unblock(open, job, state, wanted, error);

  const there = await readCurrent(open, state.arn).catch(unreadable);
  const before = there === 'unreadable' ? undefined : there;
  // Where the provider does not say, nothing is done now: going back to a dead token would break what a live pending one keeps working.
  const isLost = wanted !== undefined && (await currentIsLost(open, before));
  if (isLost && !isHopeless(error)) {
    await tellFailure(
      open,
      job,
      'rotation.rolled-forward',
      error,
      'the old token works no more, so the new one is kept and nothing is put back',
    );
    return;
  }
  const places = isLost || before === undefined || wanted === undefined ? undefined : await putBack(open, state, before);
  await store.moveLabel(state.arn, pending, { from: job.clientRequestToken });
  if (await isCurrentAfterAll(open, job)) return;
  const labels = there === 'unreadable' ? state.versions.get(holderOf(state, current) ?? '') : there?.labels;
  const isParkedAlready = (readParked(labels)?.untilSeconds ?? 0) > seconds(open.ports.clock.now());
  const isExpected = ['nothing-submitted', 'cancelled', 'paused', 'superseded'].includes(error.code);
  if (isLost || isParkedAlready || isExpected) return; // neither told twice, nor kept from trying again
  await park(open, state, error);
  await tellFailure(open, job, 'rotation.failed', error, consequence(open, there, places));
}

/**
 * A value that is dead, and not the current one, is what we retired and AWS put its label on again, or what a person put there in vain. Nobody
 * holds it by our doing, so there is nothing to put back; but left there it blocks every later rotation.
 */
async function unblock(open: OpenToken, job: Job, state: SecretState, dead: StoredVersion, error: RotationError): Promise<void> {
  const before = await readCurrent(open, state.arn);
  if (!isHopeless(error) || before === undefined || before.text.equals(dead.text)) return;
  await open.ports.store.moveLabel(state.arn, pending, { from: job.clientRequestToken });
}

/** The pending token is dead, or about to be. */
function isHopeless({ code }: RotationError): boolean {
  return code === 'dead-pending' || code === 'superseded';
}

/** Another run may have promoted the token while this one took it apart: then nothing has failed, and the places get what is current now. */
async function isCurrentAfterAll(open: OpenToken, job: Job): Promise<boolean> {
  const state = await open.ports.store.describe(job.secretArn);
  if (!isCurrent(state, job.clientRequestToken)) return false;
  const promoted = await readCurrent(open, state.arn);
  if (promoted !== undefined) await putBack(open, state, promoted);
  return true;
}

/** A current value that is not even text cannot be put back, and is no reason to leave the secret blocked. */
function unreadable(error: unknown): 'unreadable' {
  if (error instanceof RotationError && error.code === 'value-shape') return 'unreadable';
  throw error;
}

/** Whether going back would be going back to nothing. */
async function currentIsLost(open: OpenToken, before: StoredVersion | undefined): Promise<boolean> {
  if (open.rotator.facts.strategy === 'replace') return true;
  if (before === undefined) return false;
  const judgement = await judge(open, decodeStored(open.token.value, before.text));
  return !judgement.ok && judgement.why === 'rejected';
}

/** The names of the places that do not hold the current token. */
interface PutBack {
  readonly unrestored: readonly string[];
  /** They hold what is not ours, and were left as they are. */
  readonly foreign: readonly string[];
}

/**
 * As far as they answer, the last that got it first; but whoever only reads another place after what they read. A sweep goes on with those that
 * did not answer. Whoever reads the secret itself has never had another.
 */
async function putBack(open: OpenToken, state: SecretState, before: StoredVersion): Promise<PutBack> {
  const versions: Versions = {
    secretArn: state.arn,
    wanted: before,
    current: before,
    older: olderVersions(open, state.arn, [before.versionId], state),
  };
  const receipts = await receiptsOf(open, state.arn);
  const wait = createPatience(open);
  const [unrestored, foreign]: [string[], string[]] = [[], []];
  for (const dependent of backwards(open)) {
    const { name } = dependent.entry;
    try {
      const known = onlyRestarts(dependent) ? await receiptsOf(open, state.arn) : receipts;
      if ((await putBackOne(open, dependent, versions, known, wait)) === 'foreign') foreign.push(name);
      else open.ports.log({ event: 'dependent.restored', token: open.token.name, dependent: name });
    } catch (problem) {
      const { code } = asRotationError(problem, 'putting back');
      open.ports.log({ event: 'dependent.unrestored', token: open.token.name, dependent: name, code });
      unrestored.push(name);
    }
  }
  return { unrestored, foreign };
}

/** A place that is still busy with what was just written there is looked at again in some seconds. What is not our writing is left as it is. */
async function putBackOne(
  open: OpenToken,
  dependent: OpenDependent,
  versions: Versions,
  known: Receipts,
  wait: Patience,
): Promise<'restored' | 'foreign'> {
  let receipts = known;
  for (;;) {
    try {
      const one = await observeOne(open, dependent, versions, receipts);
      if (one.standing === 'foreign' && dependent.entry.onForeign === 'stop') return 'foreign';
      await rewrite(open, one, versions);
      return 'restored';
    } catch (problem) {
      const isBusy = problem instanceof RotationError && problem.code === 'conflict';
      if (!isBusy || !(await wait())) throw problem;
      receipts = await receiptsOf(open, versions.secretArn);
    }
  }
}

function backwards(open: OpenToken): readonly OpenDependent[] {
  const waves = wavesOf(beforePromotion(open), ({ entry }) => entry);
  const keep = waves.toReversed().flat();
  return [...keep.filter((dependent) => !onlyRestarts(dependent)), ...waves.flat().filter(onlyRestarts)];
}

/** The label is on the current version, and only one at a time; without a current version there is nothing to put it on. */
async function park(open: OpenToken, state: SecretState, error: RotationError): Promise<void> {
  const { store, history, clock, random } = open.ports;
  const holder = holderOf(state, current);
  if (holder === undefined) return;
  const failures = (await history.failures(state.arn)) + 1;
  await history.saveFailures(state.arn, failures);
  const minutes = Math.min(firstParkingMinutes * 2 ** (failures - 1), 24 * 60);
  const jitter = 1 + ((random(1)[0] ?? 0) / 255) * 0.2;
  const earlier = readParked(state.versions.get(holder));
  if (earlier !== undefined) await store.moveLabel(state.arn, earlier.label, { from: holder });
  await store.moveLabel(state.arn, parkedLabel(error.code, seconds(clock.now()) + Math.round(minutes * 60 * jitter)), {
    to: holder,
  });
}

function consequence(
  { token }: OpenToken,
  before: StoredVersion | 'unreadable' | undefined,
  places: PutBack | undefined,
): string {
  if (before === undefined) return `${token.name} has no value yet`;
  if (before === 'unreadable') return `the current value of ${token.name} stays as it is`;
  if (places === undefined) return 'the current token goes on working, and nothing was written anywhere';
  const { unrestored, foreign } = places;
  const troubles = [
    ...(unrestored.length === 0 ? [] : [`${unrestored.join(', ')} could not be put back and will be tried again`]),
    ...(foreign.length === 0 ? [] : [`what somebody else wrote to ${foreign.join(', ')} was left there`]),
  ];
  if (troubles.length === 0) return 'the current token goes on working and every dependent has it';
  return `the current token goes on working, but ${troubles.join(', and ')}`;
}

async function tellFailure(
  open: OpenToken,
  job: Job,
  what: 'rotation.failed' | 'rotation.rolled-forward',
  error: RotationError,
  consequenceSentence: string,
): Promise<void> {
  await tellQuietly(open, {
    what,
    secretArn: job.secretArn,
    versionId: job.clientRequestToken,
    code: error.code,
    message: `${error.message}; ${consequenceSentence}`,
    fix: error.fix,
  });
}
