import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../engine/contract.ts';

/**
 * Tells posts of our own pages from anybody else's: each form carries a seal for this one path and person, which is good for an hour. Nothing has
 * to be remembered for it.
 */
export interface Seals {
  seal(path: string, who: string, now: Instant): string;
  isSealed(seal: string, path: string, who: string, now: Instant): boolean;
}

const sealedMilliseconds = 3_600_000;

export function createSeals(key: Uint8Array): Seals {
  const sealUntil = (until: number, path: string, who: string) =>
    `${until}.${createHmac('sha256', key)
      .update(JSON.stringify([until, path, who]))
      .digest('base64url')}`;
  return {
    seal: (path, who, now) => sealUntil(now + sealedMilliseconds, path, who),
    isSealed(seal, path, who, now) {
      const until = Number(/^(\d{1,15})\./.exec(seal)?.[1] ?? 0);
      return until >= now && isSame(seal, sealUntil(until, path, who));
    },
  };
}

/** Takes the same time wherever two texts differ. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHmac('sha256', 'compared').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
