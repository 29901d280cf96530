import type { Found, Instant } from './contract.ts';
import { readOurLabel, refDigest } from './labels.ts';
import { readMark, secretHash } from './mark.ts';
import { answersLost } from './mint-receipts.ts';
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
  /** Certainly ours: by our mark, or because it was born when we asked for one and heard nothing, and nobody else makes tokens there. */
  readonly ours: readonly Stray[];
  /** Live, in none of our labels, and perhaps somebody else's: reported, never revoked. */
  readonly unclear: readonly Stray[];
}

/** Compares the provider's list with the secret's labels. `askedAt`: when tokens were asked for of which nothing was heard. */
export function straysOf(
  { rotator }: OpenToken,
  state: SecretState,
  live: readonly Found[],
  askedAt: readonly Instant[],
): Strays {
  const labels = [...state.versions.values()].map((each) => readOurLabel(each));
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
  const lost = answersLost(unheld, askedAt);
  const nameless = (found: Found) => ({ ref: found.ref, attempt: undefined, bornAt: found.createdAt });
  return { ours: lost.map(nameless), unclear: unheld.filter((found) => !lost.includes(found)).map(nameless) };
}
