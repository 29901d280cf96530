import type { Instant } from './contract.ts';
import { current, holderOf, pending, readParked, submitted, underwayIn } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import { readPause } from './pauses.ts';
import type { SecretState } from './ports.ts';
import { forgetSubmission, readSubmission } from './submission.ts';

/** Whether a secret was never given a token, and nobody is about to: made by a deployment, which rotates nothing by itself. */
export function isEmpty(state: SecretState): boolean {
  return holderOf(state, current) === undefined && holderOf(state, pending) === undefined;
}

/**
 * Begins a rotation that nothing else would begin: the first of an empty secret, which Secrets Manager would leave empty until its next
 * window; another one when the back-off after a failure is over; and one that takes up what a person submitted. Looks again first: where
 * something is under way, or a value was put in meanwhile, nothing is disturbed. Where rotation is turned off there is nothing to begin.
 */
export async function beginDue(open: OpenToken, secretArn: string): Promise<'begun' | 'not needed'> {
  const { ports, token } = open;
  if (token.mode === 'observe' || token.rotation === 'external' || (await readPause(open, 'goes on')) !== undefined)
    return 'not needed';
  const state = await ports.store.describe(secretArn);
  const reason = reasonToBegin(state, ports.clock.now());
  if (reason === undefined) return 'not needed';
  // Where only a person makes tokens there is nothing to begin with until one is submitted.
  const needsSubmission = reason === 'submission' || open.rotator.facts.kind === 'assisted';
  if (needsSubmission && !(await isWaiting(open, state))) return 'not needed';
  return (await askForRotation(open, state)) === 'started' ? 'begun' : 'not needed';
}

/** As a person does who presses Rotate. */
export async function askForRotation({ ports }: OpenToken, state: SecretState): Promise<'started' | 'refused'> {
  const versionId = Buffer.from(ports.random(16)).toString('hex');
  return ports.store.startRotation(state.arn, versionId, state.rotationFunctionArn === undefined ? ports.functionArn : undefined);
}

/** Why a rotation should begin now, as far as the labels tell. Of a submission only the values tell whether it was taken up before. */
export function reasonToBegin(state: SecretState, now: Instant): 'empty' | 'again' | 'submission' | undefined {
  const currentId = holderOf(state, current);
  // Where a person makes each token nobody has told Secrets Manager of a function: the first submission does. Turned off is something else.
  const isUntold = state.rotationFunctionArn === undefined && holderOf(state, submitted) !== undefined;
  if ((state.rotationEnabled !== true && !isUntold) || underwayIn(state) !== undefined) return undefined;
  const parked = readParked(state.versions.get(currentId ?? ''));
  if (parked !== undefined && parked.untilSeconds * 1000 > now) return undefined;
  if (isEmpty(state)) return 'empty';
  if (holderOf(state, submitted) !== undefined) return 'submission';
  return parked === undefined ? undefined : 'again';
}

/** One that was taken up before loses its label here: the run that took it up has died in between. */
async function isWaiting(open: OpenToken, state: SecretState): Promise<boolean> {
  const submission = await readSubmission(open, state);
  if (submission === undefined) return false;
  if (submission.isTakenUp) await forgetSubmission(open, state, submission);
  return !submission.isTakenUp;
}
