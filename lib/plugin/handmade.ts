import * as z from 'zod';
import type { Http, HttpAnswer, HttpRequest, Verdict } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { RotatorFacts } from '../engine/facts.ts';

// What tokens have in common that only people can make.

/** There is nothing for which more is needed than the token itself. */
export const noAuthority = z.strictObject({});
export type NoAuthority = z.infer<typeof noAuthority>;

/** `mint` where there is none: the engine takes up what was submitted, and never calls it. */
export function madeByAPerson({ name }: Pick<RotatorFacts, 'name'>): () => Promise<never> {
  return async () => {
    throw new RotationError('nothing-submitted', `${name}: has no way to make a token by API`, {
      fix: 'Make one by hand as the runbook says, and submit it.',
      definite: true,
    });
  };
}

interface WhoAmI<Self> {
  /** Where to ask; GET, and without a query. */
  readonly path: string;
  /** How the token shows itself. */
  readonly request: HttpRequest;
  /** What a token that works is answered. */
  readonly self: z.ZodType<Self>;
  /** Whether that is whom the catalog names. @default whoever it is */
  readonly isOurs?: (self: Self) => boolean;
  /** What stands in a 401 that says of the token that it is not known. @default any 401 says it */
  readonly unknown?: z.ZodType;
  /** What stands in a 403 that is said to a token which works, and may not ask this. @default a 403 says nothing of the token */
  readonly restricted?: z.ZodType;
  /** What the answer tells besides. */
  readonly tells?: (answer: HttpAnswer) => Omit<Extract<Verdict, { ok: true }>, 'ok'>;
}

/** Asks, as the token, whose it is. Changes nothing. Whatever leaves a doubt throws. */
export async function judgeWhoAmI<Self>(http: Http, question: WhoAmI<Self>): Promise<Verdict> {
  const { path, request, self, isOurs = () => true, unknown, restricted, tells = () => ({}) } = question;
  const answer = await http('GET', path, { ...request, accept: restricted === undefined ? [401] : [401, 403] });
  if (answer.status === 401) {
    if (unknown !== undefined) answer.json(unknown);
    return { ok: false, why: 'rejected', detail: `GET ${path} answered 401` };
  }
  if (answer.status === 403 && restricted !== undefined) {
    answer.json(restricted);
    return { ok: true };
  }
  if (isOurs(answer.json(self))) return { ok: true, ...tells(answer) };
  return { ok: false, why: 'rejected', detail: `GET ${path} named another owner than the catalog does` };
}
