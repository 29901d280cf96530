import { type ErrorCode, RotationError } from '../../engine/errors.ts';
import { unknownHost } from '../fake.ts';

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
