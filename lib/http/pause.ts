import type { Instant } from '../engine/contract.ts';

/** No pause that is asked for is believed beyond a day: a quota may last until midnight, and everything longer is a fault of theirs. */
const longestBelievedSeconds = 86_400;

/**
 * Whether the answer asks for a pause and says nothing else: 429, and 403 where it comes with a pause or an exhausted quota, as GitHub does
 * it. Such a 403 does not say that the credential is refused.
 */
export function asksForPause(status: number, headers: Headers): boolean {
  if (status === 429) return true;
  return status === 403 && (headers.has('retry-after') || quotaLeft(headers) === 0);
}

/**
 * How long the other side asked us to wait, if it did so in a way that can be read: Retry-After in seconds or as a date; else, where it
 * limits us and its quota is used up, the moment at which the quota is renewed, in the forms in use.
 */
export function pauseAskedSeconds(status: number, headers: Headers, now: Instant): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) return believed(secondsIn(after, now));
  // Many send their quota with every answer, a fault of their own included, where it is no reason to wait.
  const isSpent = asksForPause(status, headers) && (quotaLeft(headers) ?? 0) === 0;
  const reset = headerLike(headers, /rate-?limit-reset$/);
  return isSpent && reset !== undefined ? believed(resetSeconds(reset, now)) : undefined;
}

function quotaLeft(headers: Headers): number | undefined {
  const text = headerLike(headers, /rate-?limit-remaining$/);
  return text === undefined || !/^\d+(\.\d+)?$/.test(text) ? undefined : Number(text);
}

function secondsIn(text: string, now: Instant): number | undefined {
  // Sent twice, it arrives as a list.
  if (/^\d+(\.\d+)?( *, *\d+(\.\d+)?)*$/.test(text)) return Math.max(...text.split(',').map(Number));
  const date = dateIn(text);
  return date === undefined ? undefined : (date - now) / 1000;
}

/** Epoch milliseconds, epoch seconds, seconds from now, or a date. */
function resetSeconds(text: string, now: Instant): number | undefined {
  const seconds = secondsIn(text, now);
  if (seconds === undefined || !/^[\d.]+$/.test(text)) return seconds;
  if (seconds > 1e11) return (seconds - now) / 1000;
  return seconds > 1e9 ? seconds - now / 1000 : seconds;
}

// Left to itself, Date.parse finds a date in nearly everything.
function dateIn(text: string): Instant | undefined {
  const isDate =
    /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ||
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const date = isDate ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

function believed(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.min(Math.max(0, seconds), longestBelievedSeconds);
}

// x-ratelimit-reset, ratelimit-reset, x-rate-limit-reset, fastly-ratelimit-reset, ...
function headerLike(headers: Headers, name: RegExp): string | undefined {
  return [...headers].find(([each]) => name.test(each))?.[1].trim();
}
