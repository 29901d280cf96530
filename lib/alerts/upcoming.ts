import type { IndexedToken } from '../catalog/compiled.ts';
import { intervalHours } from '../catalog/schedule.ts';
import type { Instant } from '../engine/contract.ts';
import type { Health } from '../engine/records.ts';

/** Something that has a date. */
export interface Upcoming {
  readonly token: string;
  /**
   * `rotation` by itself · `due` a person makes a new one · `expiry` the current token ends · `authority-expiry` what may mint it does.
   */
  readonly what: 'rotation' | 'due' | 'expiry' | 'authority-expiry';
  readonly at: Instant;
}

export interface Dates {
  readonly tokens: readonly Pick<IndexedToken, 'name' | 'schedule' | 'isAssisted'>[];
  /** When AWS means to rotate, by the token's name. */
  readonly nextRotations: ReadonlyMap<string, Instant>;
  /** What the last look at each token found. Without it nothing is known of its expiry. */
  readonly healths: readonly Health[];
}

/** What has a date, the earliest first. What a person renews falls due when its current token is as old as its schedule is long. */
export function upcomingOf({ tokens, nextRotations, healths }: Dates): readonly Upcoming[] {
  const known = new Map(healths.map((health) => [health.token, health]));
  const all = tokens.flatMap(({ name: token, schedule, isAssisted }): readonly Upcoming[] => {
    const { expiresAt, authorityExpiresAt, createdAt } = known.get(token) ?? {};
    const due = isAssisted && createdAt !== undefined ? createdAt + intervalHours(schedule).longest * 3_600_000 : undefined;
    const dates = [
      ['rotation', nextRotations.get(token)],
      ['due', due],
      ['expiry', expiresAt],
      ['authority-expiry', authorityExpiresAt],
    ] as const;
    return dates.flatMap(([what, at]) => (at === undefined ? [] : [{ token, what, at }]));
  });
  return all.sort((a, b) => a.at - b.at || (a.token < b.token ? -1 : 1));
}
