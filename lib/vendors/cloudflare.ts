import * as z from 'zod';
import type { HttpAnswer } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';

const outcome = z.object({ success: z.boolean(), errors: z.array(z.object({ code: z.int() })) });

/**
 * An answer of Cloudflare that says itself that it is one: a status of 200 does not. Throws what `known` makes of one of its codes, or `rejected`
 * with all of them. `what` is what was asked for, in words.
 */
export function assertSuccess(
  answer: HttpAnswer,
  who: string,
  what: string,
  known: (codes: readonly number[]) => RotationError | undefined = () => undefined,
): HttpAnswer {
  const { success, errors } = answer.json(outcome);
  if (success && answer.status !== 400) return answer;
  const codes = errors.map(({ code }) => code);
  throw (
    known(codes) ??
    new RotationError('rejected', `${who}: Cloudflare did not take ${what} (${codes.join(', ')})`, {
      fix: 'Look the code up in the documentation of Cloudflare, and compare the catalog with what is there.',
      definite: true,
    })
  );
}
