import type { OpenDependent, OpenToken } from './open-token.ts';
import type { Receipt } from './ports.ts';

// Places that keep nothing, and are started anew after what they read has changed. docs/decisions/2026-11-26-places-that-only-restart.md

/** Whether nothing is kept there. */
export function onlyRestarts({ plugin }: OpenDependent): boolean {
  return plugin.facts.readsFrom !== undefined;
}

/** Whether whoever runs there reads the rotated secret itself, so that a new token can only be there after promotion. */
export function isAfterPromotion({ plugin }: OpenDependent): boolean {
  return plugin.facts.readsFrom === 'the-secret';
}

/** The places that must have a new token before it is promoted. */
export function beforePromotion({ dependents }: OpenToken): readonly OpenDependent[] {
  return dependents.filter((dependent) => !isAfterPromotion(dependent));
}

/** The places that read what this one keeps, and have to be started anew when it changes. */
export function readersOf({ dependents }: OpenToken, { entry: { name } }: OpenDependent): readonly OpenDependent[] {
  return dependents.filter(
    ({ entry, plugin }) => plugin.facts.readsFrom === 'another-place' && entry.after?.includes(name) === true,
  );
}

/** A roll-out that is not through after so long is begun anew by the next look. */
const longestRollOutHours = 6;

/** Whether a start of ours is on its way there. */
export function isRestarting(dependent: OpenDependent, receipt: Receipt | undefined, now: number): boolean {
  if (!onlyRestarts(dependent) || receipt?.activation === undefined) return false;
  return now - receipt.appliedAt < longestRollOutHours * 3_600_000;
}
