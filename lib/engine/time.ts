import type { Instant } from './contract.ts';

/** A moment as people read it: `2026-11-22 14:03 UTC`. */
export function minute(at: Instant): string {
  // biome-ignore lint/style/noRestrictedGlobals: it formats a moment that it is given, and asks no clock.
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The day of a moment: `2026-11-22`. */
export function day(at: Instant): string {
  return minute(at).slice(0, 10);
}

/** Whole seconds since 1970, as the labels count. */
export function seconds(at: Instant): number {
  return Math.floor(at / 1000);
}
