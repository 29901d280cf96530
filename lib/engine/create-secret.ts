import type { Http, Minted } from './contract.ts';
import { isDoubtful } from './doubt.ts';
import { RotationError } from './errors.ts';
import { ourLabel, pending, readParked } from './labels.ts';
import { markFor } from './mark.ts';
import { intendMint, needsMintReceipts, settleMint } from './mint-receipts.ts';
import type { OpenToken } from './open-token.ts';
import { assertNotPaused } from './pauses.ts';
import type { StoredVersion } from './ports.ts';
import { preflight } from './preflight.ts';
import type { Secret } from './secret.ts';
import { assertWritable, isCurrent, type Job, readCurrent, tellQuietly } from './step.ts';
import { decodeStored, encodeStored } from './stored-value.ts';
import { forgetSubmission, judgeSubmission, readSubmission } from './submission.ts';
import { minute } from './time.ts';

export type Created = 'minted' | 'taken up' | 'already pending' | 'already current' | 'taken by another run';

/**
 * Step 1. Safe to run again after a crash at any line, and beside itself. Cleans nothing up: only `retire` revokes a stored token, and
 * what is revoked here was never stored, so that nobody can hold it.
 */
export async function createSecret(open: OpenToken, job: Job): Promise<Created> {
  const { store, clock } = open.ports;
  const state = await store.describe(job.secretArn);
  if (isCurrent(state, job.clientRequestToken)) return 'already current';
  assertWritable(open, state, job);
  // The pending id stands in the map before it has a value: only a look at the value tells.
  const already = await store.read(state.arn, { versionId: job.clientRequestToken });
  if (already !== undefined) {
    const submission = await readSubmission(open, state);
    if (submission?.isTakenUp) await forgetSubmission(open, state, submission);
    return 'already pending';
  }
  const before = await readCurrent(open, state.arn);

  const candidate = open.rotator.facts.kind === 'assisted' ? await judgeSubmission(open, state) : undefined;
  await assertNotPaused(open);
  await preflight(open, { state, clientRequestToken: job.clientRequestToken }, before);
  const parked = readParked(before?.labels);
  if (parked !== undefined && parked.untilSeconds * 1000 > clock.now()) throw stillParked(open, parked);

  if (candidate === undefined) {
    const intended = needsMintReceipts(open) ? await intendMint(open, job, await isDoubtful(open, state)) : undefined;
    const minted = await mint(open, job, () => settleMint(open, state.arn, intended));
    assertNew(open, minted, before);
    return putMinted(open, job, before, minted, () => settleMint(open, state.arn, intended));
  }
  const outcome = await putMinted(open, job, before, candidate.minted);
  // Only now: without the label a crash in between would have lost what the owner typed.
  await forgetSubmission(open, state, candidate.submission);
  return outcome === 'minted' ? 'taken up' : outcome;
}

/** Once an attempt: a lost answer is `uncertain`, and is never tried again here. */
export async function mint(open: OpenToken, job: Job, settled: () => Promise<void>): Promise<Minted> {
  const { ports, rotator, token, withAuthority } = open;
  const mark = markFor(open, job);
  let hasChanged = false;
  try {
    return await withAuthority((context) => {
      const http: Http = async (method, path, request) => {
        const answer = await context.http(method, path, request);
        // A refusal that the plug-in reads for itself changed as little as one that is thrown.
        hasChanged ||= method !== 'GET' && method !== 'HEAD' && request?.asks !== true && answer.status < 400;
        return answer;
      };
      return rotator.mint({ ...context, http }, { mark, now: ports.clock.now(), random: ports.random });
    });
  } catch (error) {
    // A refusal of a later call says nothing of an earlier one that had its effect.
    const isDefinite = error instanceof RotationError && (error.definite || error.code === 'uncertain') && !hasChanged;
    if (isDefinite && error.definite) await settled();
    const isLostForGood = rotator.find === undefined && rotator.facts.strategy === 'overlap';
    if (isDefinite && (error.definite || !isLostForGood)) throw error;
    throw new RotationError('uncertain', `${token.provider}: the answer to the request for a new token was lost or unreadable`, {
      fix: isLostForGood
        ? `Nothing to do for the rotation, which goes on. If there is a token nobody has its value, and ${token.provider} has no list: look for it there by hand.`
        : 'Nothing to do: if there is a token it is found and revoked after two hours, and the rotation goes on.',
      ...(error instanceof RotationError ? { cause: error } : {}),
    });
  }
}

/** Not `definite`: what is refused here may on no account be revoked, for it is what everybody uses. */
function assertNew({ token }: OpenToken, { credential }: Minted, before: StoredVersion | undefined): void {
  if (before === undefined || !isLike(token, before, credential.value)) return;
  throw new RotationError('same-token', `${token.provider}: answered the request for a new token with the one that is in use`, {
    fix: `See in ${token.provider} whether a new token was made, and end it by hand if nobody uses it.`,
  });
}

/** A current value of another shape holds no token that could be the same. */
function isLike({ value: layout }: OpenToken['token'], version: StoredVersion, value: Secret): boolean {
  try {
    return decodeStored(layout, version.text).value.equals(value);
  } catch {
    return false;
  }
}

async function putMinted(
  open: OpenToken,
  job: Job,
  before: StoredVersion | undefined,
  minted: Minted,
  settled: () => Promise<void> = async () => {},
): Promise<Created> {
  const { facts } = open.rotator;
  let outcome: 'stored' | 'taken';
  try {
    const text = encodeStored(open.token.value, minted.credential, before?.text);
    outcome = await put(open, job, text, [pending, ourLabel(facts.name, minted.ref, facts.secretRefPart !== undefined)]);
  } catch (error) {
    if (error instanceof RotationError && error.definite && (await revokeNeverStored(open, minted))) await settled();
    throw error;
  }
  if (outcome === 'taken') {
    if (await revokeNeverStored(open, minted)) await settled();
    return 'taken by another run';
  }
  await settled();
  await tellQuietly(open, {
    what: 'token.minted',
    secretArn: job.secretArn,
    versionId: job.clientRequestToken,
    message: `${open.token.name}: a new token was made and stored as pending`,
  });
  return 'minted';
}

/** An unclear put revokes nothing: it looks, and puts the same value once more, which is the same as once. */
async function put({ ports, token }: OpenToken, job: Job, text: Secret, labels: readonly string[]): Promise<'stored' | 'taken'> {
  const { clientRequestToken: versionId, rotationToken } = job;
  const version = { versionId, text, labels, ...(rotationToken === undefined ? {} : { rotationToken }) };
  try {
    return await ports.store.put(job.secretArn, version);
  } catch (error) {
    if (!(error instanceof RotationError) || error.definite) throw error;
  }
  try {
    const there = await ports.store.read(job.secretArn, { versionId: job.clientRequestToken });
    if (there !== undefined) return there.text.equals(text) ? 'stored' : 'taken';
    return await ports.store.put(job.secretArn, version);
  } catch {
    // A refusal now says nothing about the first put, which may still land.
    throw new RotationError('uncertain', `${token.name}: Secrets Manager did not answer whether it stored the new token`, {
      fix: 'Nothing to do: the next attempt finds it if it was stored; if not, it is revoked after two hours.',
    });
  }
}

/**
 * The one exception to "only retire revokes": who lost, or was refused, takes its own token back, and this says whether it is gone. Failing
 * that, its mark or its time gives it away.
 */
async function revokeNeverStored({ ports, rotator, token, withAuthority }: OpenToken, minted: Minted): Promise<boolean> {
  const { kind, strategy } = rotator.facts;
  // What a person made is theirs; a value that we chose is not installed yet; and a replacement is the only live token there is.
  if (kind === 'assisted' || strategy !== 'overlap' || rotator.revoke === undefined) return false;
  const revoke = rotator.revoke.bind(rotator);
  try {
    await withAuthority((context) => revoke(context, minted));
    return true;
  } catch {
    ports.log({ event: 'stray.left', token: token.name, detail: 'a token that was never stored could not be revoked at once' });
    return false;
  }
}

function stillParked({ token }: OpenToken, parked: { code: string; untilSeconds: number }): RotationError {
  return new RotationError(
    'parked',
    `${token.name}: is parked until ${minute(parked.untilSeconds * 1000)} because of \`${parked.code}\`; the preflight found nothing wrong now`,
    {
      fix: `To try at once, run \`keyturn release ${token.name}\` and rotate again.`,
      definite: true,
    },
  );
}
