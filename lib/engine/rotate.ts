import { createSecret } from './create-secret.ts';
import { asRotationError } from './errors.ts';
import { finishSecret } from './finish-secret.ts';
import type { OpenToken } from './open-token.ts';
import { setSecret } from './set-secret.ts';
import type { Job } from './step.ts';
import { takeApart } from './take-apart.ts';
import { testSecret } from './test-secret.ts';

export const steps = { createSecret, setSecret, testSecret, finishSecret } as const;
export type StepName = keyof typeof steps;

/**
 * Runs one of the four steps. What fails for now leaves the pending token for the next attempt; what fails for good takes the rotation
 * apart first. Either way the error is thrown, because an exception is the only answer that Secrets Manager reads.
 */
export async function rotate(open: OpenToken, step: StepName, job: Job): Promise<string> {
  open.ports.log({ event: 'step.started', token: open.token.name, step });
  try {
    const state = await steps[step](open, job);
    open.ports.log({ event: 'step.done', token: open.token.name, step, state });
    return state;
  } catch (problem) {
    const error = asRotationError(problem, step);
    open.ports.log({ event: 'step.failed', token: open.token.name, step, code: error.code, detail: error.message });
    throw error.ending === 'good' ? await takeApart(open, job, error) : error;
  }
}
