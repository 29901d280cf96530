import type { Found, Instant } from './contract.ts';
import { current, pending, previous, readOurLabel, refDigest } from './labels.ts';
import { readMark, secretHash } from './mark.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState } from './ports.ts';

/** While a token whose answer was lost may still be stored by a slow run, this long, it is left alone and nothing more is minted. */
export const strayMinimumAgeHours = 2;

/** A live token that is in nobody's hands. `attempt` is the rotation that made it, where a mark tells; `bornAt` when. */
export interface Stray {
  readonly ref: string;
  readonly attempt: string | undefined;
  readonly bornAt: Instant | undefined;
}

export interface Strays {
  /** Certainly ours: by our mark, or because nobody else makes tokens for this principal. */
  readonly ours: readonly Stray[];
  /** Live, in none of our labels, and perhaps somebody else's: reported, never revoked. */
  readonly unclear: readonly Stray[];
}

/** Compares the provider's list with the secret's labels. `emptyVersionId` is a pending version that is known to have no value yet. */
export function straysOf(
  { rotator, token }: OpenToken,
  state: SecretState,
  live: readonly Found[],
  emptyVersionId?: string,
): Strays {
  const valued = [...state.versions].flatMap(([versionId, each]) => (versionId === emptyVersionId ? [] : [each]));
  const labels = valued.map((each) => readOurLabel(each));
  const isHeld = (ref: string) => labels.some((ours) => ours?.ref === (ours?.isDigest ? refDigest(ref) : ref));
  const unheld = live.filter((found) => !isHeld(found.ref));
  if (rotator.facts.mark.can) {
    const ours = unheld.flatMap((found) => {
      const mark = readMark(found.name);
      if (mark?.secret !== secretHash(state.arn)) return [];
      return [{ ref: found.ref, attempt: mark.attempt, bornAt: Math.max(mark.mintedAt, found.createdAt ?? 0) }];
    });
    return { ours, unclear: [] };
  }
  const nameless = unheld.map((found) => ({ ref: found.ref, attempt: undefined, bornAt: found.createdAt }));
  // A value that somebody pasted in has a ref that we do not know, and it would look like a stray.
  const refsAreKnown = valued.every(
    (each) => readOurLabel(each) !== undefined || ![current, pending, previous].some((label) => each.includes(label)),
  );
  return token.exclusive && refsAreKnown ? { ours: nameless, unclear: [] } : { ours: [], unclear: nameless };
}
