import { describe, expect, it } from 'vitest';
import type { HttpRequest, Method } from '../../lib/engine/contract.ts';
import type { ErrorCode } from '../../lib/engine/errors.ts';
import { createDoor, failureOf } from './setup.ts';

// What a failed call means decides what the engine does next: `uncertain` may have left a token behind, `definite` certainly left nothing.

const kinds: readonly (readonly [string, Method, HttpRequest])[] = [
  ['GET', 'GET', {}],
  ['HEAD', 'HEAD', {}],
  ['POST', 'POST', { json: {} }],
  ['idempotent PUT', 'PUT', { json: {}, idempotent: true }],
];
type Sorted = readonly [code: ErrorCode, isDefinite: boolean, calls: number];

function everyKind(sorted: Sorted): Readonly<Record<string, Sorted>> {
  return Object.fromEntries(kinds.map(([kind]) => [kind, sorted]));
}

/** The same for what may be repeated, another for what may not. */
function bySafety(repeatable: Sorted, single: Sorted): Readonly<Record<string, Sorted>> {
  return { ...everyKind(repeatable), POST: single };
}

const transient = bySafety(['unavailable', false, 3], ['uncertain', false, 1]);
const unsent = everyKind(['unavailable', true, 3]);

describe.each(kinds)('%s', (kind, method, request) => {
  const statuses: readonly (readonly [number, Readonly<Record<string, string>>, Readonly<Record<string, Sorted>>])[] = [
    [300, {}, everyKind(['malformed', false, 1])],
    [301, { location: 'https://evil.test/' }, everyKind(['malformed', false, 1])],
    [302, { location: '/keys' }, everyKind(['malformed', false, 1])],
    [303, {}, everyKind(['malformed', false, 1])],
    [304, {}, everyKind(['malformed', false, 1])],
    [307, {}, everyKind(['malformed', false, 1])],
    [308, {}, everyKind(['malformed', false, 1])],
    [400, {}, everyKind(['rejected', true, 1])],
    [401, {}, everyKind(['refused', true, 1])],
    [401, { 'retry-after': '1' }, everyKind(['refused', true, 1])],
    [403, {}, everyKind(['refused', true, 1])],
    [403, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '1795359600' }, everyKind(['refused', true, 1])],
    [403, { 'x-ratelimit-remaining': '0' }, everyKind(['limited', true, 3])],
    [403, { 'ratelimit-remaining': '0' }, everyKind(['limited', true, 3])],
    [403, { 'x-rate-limit-remaining': '0' }, everyKind(['limited', true, 3])],
    [403, { 'retry-after': '2' }, everyKind(['limited', true, 3])],
    [404, {}, everyKind(['absent', true, 1])],
    [405, {}, everyKind(['rejected', true, 1])],
    [408, {}, transient],
    [409, {}, everyKind(['rejected', true, 1])],
    [410, {}, everyKind(['absent', true, 1])],
    [413, {}, everyKind(['rejected', true, 1])],
    [418, {}, everyKind(['rejected', true, 1])],
    [422, {}, everyKind(['rejected', true, 1])],
    [425, {}, unsent],
    [429, {}, everyKind(['limited', true, 3])],
    [451, {}, everyKind(['rejected', true, 1])],
    [500, {}, transient],
    [502, {}, transient],
    [503, {}, transient],
    [503, { 'retry-after': '2' }, transient],
    [504, {}, transient],
    [529, {}, transient],
    [599, {}, transient],
  ];

  it.each(statuses)('answered with %i %j', async (status, headers, sorted) => {
    const { http, seen } = createDoor(new Response(null, { status, headers }));

    const error = await failureOf(http(method, '/keys', request));

    expect([error.code, error.definite, seen.length]).toEqual(sorted[kind]);
    expect(error.status).toBe(status);
    expect(error.message).toMatch(new RegExp(`^lantern: ${method} /keys answered ${status}(, which is not followed)?$`));
  });

  const failures: readonly (readonly [string, Error, Readonly<Record<string, Sorted>>])[] = [
    ['a refused connection', failed({ code: 'ECONNREFUSED', syscall: 'connect' }), unsent],
    ['an unknown name', failed({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), unsent],
    ['a resolver that is busy', failed({ code: 'EAI_AGAIN' }), unsent],
    ['no way to the host', failed({ code: 'EHOSTUNREACH', syscall: 'connect' }), unsent],
    ['a reset while connecting', failed({ code: 'ECONNRESET', syscall: 'connect' }), unsent],
    ['a connection that took too long', failed({ code: 'UND_ERR_CONNECT_TIMEOUT' }), unsent],
    ['every address refused', failed(new AggregateError([refusedAt('::1'), refusedAt('127.0.0.1')])), unsent],
    ['a port that fetch never calls', failed(new Error('bad port')), unsent],
    [
      'a connection that was never encrypted',
      failed(new Error('Client network socket disconnected before secure TLS connection was established')),
      unsent,
    ],
    ['a server without encryption', failed({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), unsent],
    ['a certificate of its own', failed({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), unsent],
    ['a certificate that nobody vouches for', failed({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), unsent],
    ['a certificate of the past', failed({ code: 'CERT_HAS_EXPIRED' }), unsent],
    ['a certificate of another', failed({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), unsent],
    ['a reset', failed({ code: 'ECONNRESET', syscall: 'read' }), transient],
    ['a way that was lost', failed({ code: 'EHOSTUNREACH', syscall: 'read' }), transient],
    ['a broken pipe', failed({ code: 'EPIPE', syscall: 'write' }), transient],
    ['the other side closing', failed({ code: 'UND_ERR_SOCKET' }), transient],
    ['an answer that is no HTTP', failed({ code: 'HPE_INVALID_CONSTANT' }), transient],
    ['an alert about our certificate', failed({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), transient],
    ['one address refused and one reset', failed(new AggregateError([refusedAt('::1'), new Error('reset')])), transient],
    ['no error at all', failed(new AggregateError([])), transient],
    ['something without a code', new TypeError('fetch failed'), transient],
    ['something that is no error of fetch', new RangeError('canary'), transient],
  ];

  it.each(failures)('ended by %s', async (_what, failure, sorted) => {
    const { http, seen } = createDoor(failure);

    const error = await failureOf(http(method, '/keys', request));

    expect([error.code, error.definite, seen.length]).toEqual(sorted[kind]);
    expect(error.message).toMatch(new RegExp(`^lantern: ${method} /keys got no answer( \\([A-Z0-9_]+\\))?$`));
    expect(error.cause).toBeUndefined();
  });

  it('is given no second chance where the answer is no HTTP answer but nonsense', async () => {
    const { http, seen } = createDoor([() => undefined as unknown as Error]);

    const error = await failureOf(http(method, '/keys', request));

    expect([error.code, error.definite, seen.length]).toEqual(transient[kind]);
  });
});

describe('an accepted status', () => {
  it.each([301, 401, 403, 404, 409, 422, 429, 500])('is an answer: %i', async (status) => {
    const { http, seen } = createDoor(new Response('{}', { status, headers: { 'x-ratelimit-remaining': '12' } }));

    expect((await http('POST', '/keys', { accept: [status] })).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  it.each<Record<string, string>>([{ 'x-ratelimit-remaining': '0' }, { 'retry-after': '60' }])(
    'is none where a 403 only asks for a pause (%j): it says nothing of the credential',
    async (headers) => {
      const { http } = createDoor(new Response('{}', { status: 403, headers }));

      expect(await failureOf(http('GET', '/me', { accept: [401, 403] }))).toMatchObject({ code: 'limited' });
    },
  );
});

describe('what a first try may have done', () => {
  const reset = () => failed({ code: 'ECONNRESET', syscall: 'read' });
  const answers = (status: number) => () => new Response(null, { status });

  it.each([
    ['refused', answers(401)],
    ['limited', answers(429)],
    ['absent', answers(404)],
    ['rejected', answers(422)],
    ['unavailable', () => failed({ code: 'ECONNREFUSED' })],
  ])('is not made undone by a second one that is `%s`', async (code, second) => {
    const { http } = createDoor([reset, second]);

    const error = await failureOf(http('PUT', '/keys', { idempotent: true }));

    expect(error).toMatchObject({ code, definite: false });
  });

  it('is nothing where it only read, or certainly was not done', async () => {
    const reading = createDoor([reset, answers(401)]);
    const limited = createDoor([answers(429), answers(422)]);

    expect(await failureOf(reading.http('GET', '/keys'))).toMatchObject({ code: 'refused', definite: true });
    expect(await failureOf(limited.http('POST', '/keys'))).toMatchObject({ code: 'rejected', definite: true });
  });
});

/** As fetch fails: the reason is its cause. */
function failed(cause: Error | Readonly<Record<string, string>>): Error {
  return new TypeError('fetch failed', { cause: cause instanceof Error ? cause : Object.assign(new Error('canary'), cause) });
}

function refusedAt(address: string): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${address}:443`), { code: 'ECONNREFUSED', syscall: 'connect' });
}
