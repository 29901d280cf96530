import { type ErrorCode, RotationError } from '../../engine/errors.ts';
import { unknownHost } from '../fake.ts';
import type { Stage } from '../stage.ts';

/** What a service may answer instead of what was asked for. */
export interface OddAnswer {
  readonly name: string;
  /** A response, or what fetch throws. */
  make(): Response | Error;
  /** Nothing can have happened on the other side. */
  readonly isDefinite: boolean;
  /** As what it may be told, when the call was a look. */
  readonly codes: readonly ErrorCode[];
}

const json = { 'content-type': 'application/json' };
const respond = (status: number, body: string | null, headers: Record<string, string> = json) =>
  new Response(body, { status, headers });

export const refusals: readonly OddAnswer[] = [
  { name: '401', make: () => respond(401, '{}'), isDefinite: true, codes: ['refused', 'authority'] },
  { name: '403', make: () => respond(403, '{}'), isDefinite: true, codes: ['refused', 'authority', 'limited', 'key-limit'] },
  { name: '429', make: () => respond(429, '{}', { ...json, 'retry-after': '600' }), isDefinite: true, codes: ['limited'] },
];

/** After these nobody knows: a look is tried again another time, and a change is `uncertain`. */
export const unclear: readonly OddAnswer[] = [
  { name: '500', make: () => respond(500, '{}'), isDefinite: false, codes: ['unavailable'] },
  {
    name: '503 in HTML',
    make: () => respond(503, '<html>', { 'content-type': 'text/html' }),
    isDefinite: false,
    codes: ['unavailable'],
  },
  { name: 'a connection that breaks', make: () => networkError('ECONNRESET'), isDefinite: false, codes: ['unavailable'] },
  {
    name: 'a login page with 200',
    make: () => respond(200, '<html>sign in', { 'content-type': 'text/html' }),
    isDefinite: false,
    codes: ['malformed'],
  },
  { name: 'an empty 200', make: () => respond(200, ''), isDefinite: false, codes: ['malformed'] },
  { name: 'null', make: () => respond(200, 'null'), isDefinite: false, codes: ['malformed'] },
  { name: 'a list where an object belongs', make: () => respond(200, '[7]'), isDefinite: false, codes: ['malformed'] },
  { name: 'half an answer', make: () => respond(200, '{"tok'), isDefinite: false, codes: ['malformed'] },
  {
    name: 'two megabytes',
    make: () => respond(200, `"${'x'.repeat(2 * 1024 * 1024)}"`),
    isDefinite: false,
    codes: ['malformed'],
  },
  {
    name: 'a redirect to another host',
    make: () => respond(302, null, { location: 'https://elsewhere.test/' }),
    isDefinite: false,
    codes: ['malformed'],
  },
];

/** Before these nothing was sent. */
export const neverSent: readonly OddAnswer[] = [
  { name: 'a name that does not resolve', make: unknownHost, isDefinite: true, codes: ['unavailable'] },
  { name: 'a refused connection', make: () => networkError('ECONNREFUSED'), isDefinite: true, codes: ['unavailable'] },
];

/** More are never asked for, however long a list says it is. */
export const mostPages = 100;

/**
 * From now on every page of a list is its first one again, as where a cursor runs in a circle. Far beyond the last page that anybody may ask
 * for the network breaks, so that a plug-in that would go on for ever is told of instead.
 */
export function endless(stage: Pick<Stage, 'interfere'>, isOf: (what: string) => boolean): { readonly count: number } {
  const asked = { count: 0 };
  const first = new Map<string, Shown>();
  const seen = new Map<string, number>();
  stage.interfere(async (call, effect) => {
    if (call.to !== 'network' || !call.what.startsWith('GET ') || !isOf(call.what)) return effect();
    const [path = ''] = call.what.split('?');
    seen.set(path, (seen.get(path) ?? 0) + 1);
    asked.count = Math.max(...seen.values());
    if (asked.count > mostPages * 2) throw networkError('ECONNRESET');
    const shown = first.get(path) ?? ((await effect()) as Shown);
    first.set(path, shown);
    const text = shown.shown === undefined ? null : JSON.stringify(shown.shown);
    return new Response(text, { status: shown.status, headers: shown.headers });
  });
  return asked;
}

/** An answer of a fake, with the body for whoever looks on. */
interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly shown?: unknown;
}

/** Whether anything asks the network by itself, past the door, while this is done; the answer is what was asked. */
export async function pastTheDoor(act: () => Promise<unknown>): Promise<readonly string[]> {
  const { fetch } = globalThis;
  const asked: string[] = [];
  globalThis.fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : String(input));
    throw unknownHost();
  };
  try {
    await act();
  } finally {
    globalThis.fetch = fetch;
  }
  return asked;
}

/** What it makes, as fetch gives it. */
export function answerOddly(odd: OddAnswer): Response {
  const made = odd.make();
  if (made instanceof Error) throw made;
  return made;
}

export function networkError(code: string): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: { code } });
}

/** An error by its code; anything that is not ours by its class. */
export async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'no error';
  } catch (error) {
    return error instanceof RotationError ? error.code : String((error as Error).constructor.name);
  }
}
