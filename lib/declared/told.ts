import * as z from 'zod';
import type { HttpAnswer, Instant } from '../engine/contract.ts';
import { malformed, type Said } from '../http/call.ts';

// What a service told, found by where the catalog says that it stands: a JSON pointer (RFC 6901) into the body, or a header.

export const pointerForm = 'must be a JSON pointer: a slash before each name or place, such as `/data/0/id`';
/** A place in a body. The empty one is the body itself. */
export const pointer = z.string().regex(/^(?:\/(?:[^~/]|~[01])*)*$/, pointerForm);
/** A place in an answer: in its body, or `header:etag`. */
export const place = z
  .string()
  .regex(
    /^(?:(?:\/(?:[^~/]|~[01])*)+|header:[A-Za-z0-9-]+)$/,
    'must be a JSON pointer such as `/etag`, or `header:` and the name of a header',
  );

/** What is at a pointer; undefined where nothing is. */
export function lookAt(body: unknown, at: string): unknown {
  const steps = at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>((inside, step) => {
    if (Array.isArray(inside)) return /^(?:0|[1-9]\d*)$/.test(step) ? inside[Number(step)] : undefined;
    const isThere = typeof inside === 'object' && inside !== null && Object.hasOwn(inside, step);
    return isThere ? (inside as Record<string, unknown>)[step] : undefined;
  }, body);
}

/** Reads an answer or an item of a list. What is there in the wrong form is `malformed`, and names the place and never what stood there. */
export interface Told {
  /** What stands there: a text, or a number as a text. */
  text(at: string): string;
  /** The same, or undefined where nothing stands there, or null. */
  maybeText(at: string | undefined): string | undefined;
  /** ISO 8601, or seconds or milliseconds since 1970. `null` where null or nothing but an empty text stands there. */
  time(at: string | undefined): Instant | null | undefined;
  /** A list of texts, or one text with spaces or commas between. */
  texts(at: string | undefined): readonly string[] | undefined;
  items(at: string): readonly Told[];
  /** Whatever stands there; undefined where nothing does. */
  look(at: string): unknown;
  /** The same, where something must. */
  there(at: string): unknown;
}

export function tellOf(said: Said, answer: HttpAnswer): Told {
  let body: { readonly read: unknown } | undefined;
  return tell(said, (at) => {
    if (at.startsWith('header:')) return answer.header(at.slice('header:'.length));
    body ??= { read: answer.json(z.unknown()) };
    return lookAt(body.read, at);
  });
}

function tell(said: Said, look: (at: string) => unknown): Told {
  const wrong = (at: string) => malformed(said, `an answer without a proper \`${at || '(all of it)'}\``);
  const maybeText = (at: string | undefined): string | undefined => {
    const found = at === undefined ? undefined : look(at);
    if (at === undefined || found === undefined || found === null) return undefined;
    if (typeof found === 'string' && found !== '') return found;
    // A larger number has lost digits on the way, and would name something else.
    if (typeof found === 'number' && Number.isSafeInteger(found)) return String(found);
    throw wrong(at);
  };
  return {
    look,
    there(at) {
      const found = look(at);
      if (found === undefined) throw wrong(at);
      return found;
    },
    maybeText,
    text(at) {
      const found = maybeText(at);
      if (found === undefined) throw wrong(at);
      return found;
    },
    time(at) {
      const found = at === undefined ? undefined : look(at);
      if (at === undefined || found === undefined) return undefined;
      if (found === null || found === '') return null;
      const time = typeof found === 'number' ? instantOf(found) : typeof found === 'string' ? dateOf(found) : Number.NaN;
      if (!Number.isFinite(time)) throw wrong(at);
      return time;
    },
    texts(at) {
      const found = at === undefined ? undefined : look(at);
      if (at === undefined || found === undefined || found === null) return undefined;
      const list = typeof found === 'string' ? found.split(/[\s,]+/).filter((each) => each !== '') : found;
      if (!Array.isArray(list) || list.some((each) => typeof each !== 'string')) throw wrong(at);
      return list as readonly string[];
    },
    items(at) {
      const found = look(at);
      if (!Array.isArray(found)) throw wrong(at);
      return found.map((item) => tell(said, (within) => lookAt(item, within)));
    },
  };
}

function instantOf(count: number): number {
  return count > 1e11 ? count : count * 1000;
}

// Left to itself, Date.parse finds a date in nearly everything.
function dateOf(text: string): number {
  if (/^\d{9,13}$/.test(text)) return instantOf(Number(text));
  return /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?$/.test(text)
    ? Date.parse(text.replace(' ', 'T'))
    : Number.NaN;
}
