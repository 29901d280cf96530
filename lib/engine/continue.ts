import { RotationError } from './errors.ts';
import { current, holderOf, pending, readOurLabel } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import { rotate, type StepName, steps } from './rotate.ts';
import { takeApart } from './take-apart.ts';

/**
 * Goes on with a rotation that Secrets Manager has left: the same steps with the same version id, as often as a sweep finds it pending. How
 * often AWS itself tries again, and for how long, nobody knows. A rotation that was cancelled is taken apart instead, because a pending
 * version that stays blocks every later one.
 */
export async function continueRotation(
  open: OpenToken,
  secretArn: string,
): Promise<'nothing pending' | 'not ours' | 'taken apart' | 'finished'> {
  const { store } = open.ports;
  const state = await store.describe(secretArn);
  const versionId = holderOf(state, pending);
  if (versionId === undefined || versionId === holderOf(state, current)) return 'nothing pending';
  const isOurs = readOurLabel(state.versions.get(versionId)) !== undefined;
  // An id without a value is a rotation that got no further; a value without our label is somebody else's (AWS's test copy, a person's).
  if (!isOurs && (await store.read(state.arn, { versionId })) !== undefined) return 'not ours';
  const job = { secretArn: state.arn, clientRequestToken: versionId };
  if (state.rotationEnabled !== true) {
    const cancelled = new RotationError('cancelled', `${open.token.name}: the rotation was cancelled`, {
      fix: 'Nothing to do: rotate again if a new token is wanted.',
    });
    await takeApart(open, job, cancelled);
    return 'taken apart';
  }
  for (const step of Object.keys(steps) as StepName[]) await rotate(open, step, job);
  return 'finished';
}
