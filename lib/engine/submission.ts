import type { Minted } from './contract.ts';
import { olderVersions } from './copies.ts';
import { assertDeclared } from './declared.ts';
import { type ErrorCode, RotationError } from './errors.ts';
import { judge, judgeInTime } from './judge.ts';
import { current, holderOf, submitted } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import { refWithin } from './ref.ts';
import { decodeStored, holdSame } from './stored-value.ts';

/**
 * What a person submitted for a token that no API mints. It stands in the token's own layout, because Secrets Manager makes the first value of an
 * empty secret current at once, and people may go back to it.
 */
export interface Submission {
  readonly version: StoredVersion;
  readonly credential: ReturnType<typeof decodeStored>;
  /** A version of ours has this very value: it is in use, was once, or is about to be. */
  readonly isTakenUp: boolean;
}

/** Reads what waits to be taken up, if anything does. */
export async function readSubmission(open: OpenToken, state: SecretState): Promise<Submission | undefined> {
  const versionId = holderOf(state, submitted);
  const version = versionId && (await open.ports.store.read(state.arn, { versionId }));
  if (!version) return undefined;
  const credential = decodeStored(open.token.value, version.text);
  const others = await olderVersions(open, state.arn, [versionId], state)();
  const isTakenUp = others.some(({ text }) => holdSame(open.token.value, text, version.text));
  return { version, credential, isTakenUp };
}

/**
 * Once it is taken up. On a version that is current the label stays, to say that nobody uses that one: Secrets Manager makes the first value of
 * an empty secret current at once. When it is current no more, it is found taken up and loses its label.
 */
export async function forgetSubmission({ ports }: OpenToken, state: SecretState, { version }: Submission): Promise<void> {
  if (state.versions.get(version.versionId)?.includes(current)) return;
  await ports.store.moveLabel(state.arn, submitted, { from: version.versionId });
}

/** What a look at a submission came to, for whoever submitted it. Nothing of what they typed. */
export type SubmissionVerdict =
  /** It is too young to be refused: the rotation that takes it up waits for it, and refuses it for good if it never works. */
  | { readonly works: 'not yet known' }
  | { readonly works: true; readonly expiresAt?: number; readonly scopes?: readonly string[] }
  | { readonly works: false; readonly code: ErrorCode; readonly message: string; readonly fix: string };

/** What a person can put right by submitting another one. */
const faultsOfTheirs: readonly ErrorCode[] = ['submission-refused', 'nothing-submitted', 'mismatch', 'value-shape'];

/**
 * Looks at what was submitted before a rotation takes it up, while whoever typed it is still there. What is refused is given up at once, so that
 * no sweep tries it again. Throws where the provider does not say now: then it stays, and is taken up later.
 */
export async function trySubmission(open: OpenToken, secretArn: string): Promise<SubmissionVerdict> {
  const state = await open.ports.store.describe(secretArn);
  try {
    const { told } = await judgeSubmission(open, state, judge);
    return { works: true, ...told };
  } catch (problem) {
    if (problem instanceof RotationError && problem.code === 'not-yet') return { works: 'not yet known' };
    if (!(problem instanceof RotationError) || !faultsOfTheirs.includes(problem.code)) throw problem;
    const versionId = holderOf(state, submitted);
    const isCurrent = versionId === holderOf(state, current); // what stands there is told by the label to be nobody's token
    if (versionId !== undefined && !isCurrent) await open.ports.store.moveLabel(state.arn, submitted, { from: versionId });
    const { code, message, fix } = problem;
    return { works: false, code, message, fix };
  }
}

/**
 * A submission that works and is what the catalog declares, with how the provider names it. Throws what is wrong with it, and leaves it where it is.
 * Waits as long as the provider may take to know a new one, unless `ask` says otherwise: people paste what they made a moment ago.
 */
export async function judgeSubmission(
  open: OpenToken,
  state: SecretState,
  ask: typeof judgeInTime = judgeInTime,
): Promise<{ submission: Submission; minted: Minted; told: Omit<Extract<SubmissionVerdict, { works: true }>, 'works'> }> {
  const { rotator, token, withAuthority } = open;
  const submission = await readSubmission(open, state);
  if (submission === undefined) throw nothingNew(open, 'only a person can make this token, and no new one was submitted');
  if (submission.isTakenUp) {
    await forgetSubmission(open, state, submission);
    throw nothingNew(open, 'what was submitted is in use, or was before');
  }
  const { credential, version } = submission;
  const judgement = await ask(open, credential, version.createdAt);
  if (!judgement.ok && judgement.why === 'limited')
    throw new RotationError('limited', judgement.detail, { fix: 'Nothing to do: it is tried again.', definite: true });
  if (!judgement.ok && judgement.why === 'not-yet')
    throw new RotationError('not-yet', `${token.provider}: does not accept what was submitted yet: ${judgement.detail}`, {
      fix: 'Nothing to do: it is tried again.',
      definite: true,
    });
  if (!judgement.ok) throw submissionRefused(open, `refuses what was submitted for ${token.name}: ${judgement.detail}`);
  const inspect = rotator.inspect?.bind(rotator);
  const inspection = inspect && (await withAuthority((context) => inspect(context, { credential })));
  assertDeclared(open, judgement, inspection);
  const ref = inspection?.ref ?? refWithin(rotator.facts, credential);
  if (ref === undefined) throw submissionRefused(open, `does not tell how it names what was submitted for ${token.name}`);
  const expiresAt = judgement.expiresAt ?? inspection?.expiresAt;
  const scopes = judgement.scopes ?? inspection?.scopes;
  const told = { ...(expiresAt === undefined ? {} : { expiresAt }), ...(scopes === undefined ? {} : { scopes }) };
  return { submission, minted: { credential, ref }, told };
}

function nothingNew({ token }: OpenToken, why: string): RotationError {
  return new RotationError('nothing-submitted', `${token.name}: ${why}`, {
    fix: `Make a new one as the runbook of ${token.name} says, then run \`keyturn submit ${token.name}\`.`,
    definite: true,
  });
}

function submissionRefused({ token }: OpenToken, how: string): RotationError {
  return new RotationError('submission-refused', `${token.provider}: ${how}`, {
    fix: `Check that it was copied whole and is of the account that the catalog names, then run \`keyturn submit ${token.name}\` again.`,
    definite: true,
  });
}
