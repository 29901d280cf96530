import { asRotationError, RotationError } from './errors.ts';
import { readOurLabel, underwayIn } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import { rotate, type StepName, steps } from './rotate.ts';
import { takeApart } from './take-apart.ts';

/** What has been about to work for so long is taken to fail for good: a pending version that stays blocks everything else. */
const patienceHours = 24;

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
  const versionId = underwayIn(state);
  if (versionId === undefined) return 'nothing pending';
  const isOurs = readOurLabel(state.versions.get(versionId)) !== undefined;
  const job = { secretArn: state.arn, clientRequestToken: versionId };
  // An id without a value is a rotation that got no further; a value without our label is somebody else's (AWS's test copy, a person's).
  const value = await store.read(state.arn, { versionId });
  if (!isOurs && value !== undefined) {
    await rotate(open, 'testSecret', job); // what is dead there is taken away
    return 'not ours';
  }
  if (state.rotationEnabled !== true) {
    const cancelled = new RotationError('cancelled', `${open.token.name}: the rotation was cancelled`, {
      fix: 'Nothing to do: rotate again if a new token is wanted.',
    });
    await takeApart(open, job, cancelled);
    return 'taken apart';
  }
  try {
    for (const step of Object.keys(steps) as StepName[]) await rotate(open, step, job);
  } catch (problem) {
    const error = asRotationError(problem, 'continue');
    const isStuck = value !== undefined && open.ports.clock.now() - value.createdAt > patienceHours * 3_600_000;
    throw error.ending === 'now' && isStuck ? await takeApart(open, job, error) : error;
  }
  return 'finished';
}
