import type { Credential, Instant, Verdict } from './contract.ts';
import { RotationError } from './errors.ts';
import type { OpenToken } from './open-token.ts';

/** What is known of a token now. `limited` says that the provider would not tell for the time being. */
export type Judgement =
  | Extract<Verdict, { ok: true }>
  | { readonly ok: false; readonly why: 'rejected' | 'not-yet' | 'limited'; readonly detail: string };

/** No step waits longer than this in all. */
export const longestWaitSeconds = 120;

/** Asks once. A refusal of a token younger than the provider's settleSeconds is `not-yet`. An unclear answer throws. */
export async function judge(open: OpenToken, credential: Credential, createdAt?: Instant): Promise<Judgement> {
  const { ports, rotator, asToken } = open;
  try {
    const verdict = await rotator.verify(asToken, credential);
    if (verdict.ok || createdAt === undefined) return verdict;
    const isFresh = ports.clock.now() - createdAt < rotator.facts.settleSeconds * 1000;
    return isFresh ? { ...verdict, why: 'not-yet' } : verdict;
  } catch (error) {
    if (error instanceof RotationError && error.code === 'limited') return { ok: false, why: 'limited', detail: error.message };
    throw error;
  }
}

/** Waits until a pending token works. Throws `not-yet` or `limited` where it may still come, `dead-pending` where it will not. */
export async function settle(
  open: OpenToken,
  credential: Credential,
  createdAt: Instant,
): Promise<Extract<Verdict, { ok: true }>> {
  const judgement = await judgeInTime(open, credential, createdAt);
  if (judgement.ok) return judgement;
  throw refusal(open, judgement);
}

/**
 * Asks again until the token works, or the provider has had the time that it may take to know a new one. A clock that is wrong by an hour must not
 * call a fresh token dead, so one that looks only a little too old is given its full time here.
 */
export async function judgeInTime(open: OpenToken, credential: Credential, createdAt: Instant): Promise<Judgement> {
  const { ports, rotator } = open;
  const settleMilliseconds = rotator.facts.settleSeconds * 1000;
  const startedAt = ports.clock.now();
  const patience = Math.min(settleMilliseconds, longestWaitSeconds * 1000);
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    const judgement = await judge(open, credential, createdAt);
    if (judgement.ok) return judgement;
    const age = ports.clock.now() - createdAt;
    const waited = ports.clock.now() - startedAt;
    const mayStillCome = judgement.why === 'not-yet' || (judgement.why === 'rejected' && age < settleMilliseconds + 3_600_000);
    const hasTime = waited < patience && ports.remaining() > wait + 10_000;
    if (judgement.why === 'limited' || !mayStillCome || !hasTime) return judgement;
    await ports.clock.sleep(Math.min(wait, patience - waited)); // so that the last look is at the very end
  }
}

function refusal(open: OpenToken, judgement: Extract<Judgement, { ok: false }>): RotationError {
  const { name } = open.rotator.facts;
  if (judgement.why === 'rejected') {
    return new RotationError('dead-pending', `${name}: the pending token is refused: ${judgement.detail}`, {
      fix: 'Rotate again; if it happens again, check at the provider who revokes new tokens.',
    });
  }
  if (judgement.why === 'not-yet') {
    return new RotationError('not-yet', `${name}: the new token is not accepted yet: ${judgement.detail}`, {
      fix: 'Nothing to do: the next attempt goes on with the same token.',
    });
  }
  return new RotationError('limited', judgement.detail, { fix: 'Nothing to do: the next attempt goes on with the same token.' });
}
