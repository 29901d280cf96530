import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDoor, failureOf } from './setup.ts';

// No pause in here is real: the clock is the engine's, and a test moves it.

const start = Date.UTC(2026, 10, 22, 12);
const seconds = (at: number) => Math.floor(at / 1000);
const limited = (headers: Record<string, string>, status = 429) => new Response(null, { status, headers });

describe('a pause', () => {
  it('grows from try to try, is not the same for everybody, and ends after three', async () => {
    const { http, seen, pauses } = createDoor(new Response(null, { status: 503 }));

    await failureOf(http('GET', '/keys'));

    expect(seen).toHaveLength(3);
    expect(pauses).toHaveLength(2);
    expect(pauses[0]).toBeGreaterThanOrEqual(0.5);
    expect(pauses[0]).toBeLessThanOrEqual(1);
    expect(pauses[1]).toBeGreaterThanOrEqual(1);
    expect(pauses[1]).toBeLessThanOrEqual(2);
  });

  it.each([
    [0, [0.5, 1]],
    [255, [1, 2]],
  ])('is chosen by chance alone: %i', async (byte, expected) => {
    const { http, pauses } = createDoor(new Response(null, { status: 500 }), {
      random: (bytes) => new Uint8Array(bytes).fill(byte),
    });

    await failureOf(http('GET', '/keys'));

    expect(pauses).toEqual(expected);
  });

  it('is over as soon as an answer comes', async () => {
    const { http, seen } = createDoor([() => limited({ 'retry-after': '1' }), () => new Response('{}')]);

    const answer = await http('POST', '/keys', { json: { a: 1 } });

    expect(answer.status).toBe(200);
    expect(seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  it('is made for what only asks, whatever its method', async () => {
    const { http, seen } = createDoor(new Response(null, { status: 503 }));

    const error = await failureOf(http('POST', '/access', { form: { grant_type: 'client_credentials' }, asks: true }));

    expect(error).toMatchObject({ code: 'unavailable' });
    expect(seen).toHaveLength(3);
  });

  it('is never made by the door itself after an unclear change', async () => {
    const { http, seen, pauses } = createDoor(new Response(null, { status: 503, headers: { 'retry-after': '1' } }));

    const error = await failureOf(http('POST', '/keys'));

    expect(error).toMatchObject({ code: 'uncertain', retryAfterSeconds: 1 });
    expect([seen.length, pauses.length]).toEqual([1, 0]);
  });
});

describe('Retry-After', () => {
  const date = (at: number) => new Date(at).toUTCString();

  it.each<[string, number | undefined]>([
    ['3', 3],
    [' 3 ', 3],
    ['0003', 3],
    ['2.5', 2.5],
    ['3, 5', 5],
    ['0', 0],
    [date(start + 7000), 7],
    [date(start), 0],
    [date(start - 3_600_000), 0],
    ['2026-11-22T12:00:04Z', 4],
    ['2026-11-22T14:00:04.500+02:00', 4.5],
    ['61', 61],
    ['86401', 86_400],
    ['9'.repeat(400), 86_400],
    [date(start + 10 * 365 * 86_400_000), 86_400],
    ['-5', undefined],
    ['+5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['5s', undefined],
    ['soon', undefined],
    ['soon 5', undefined],
    ['', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['Fri, 99 Nov 2026 12:00:00 GMT', undefined],
    ['2026-11-22', undefined],
    ['3,', undefined],
    ['\u0663', undefined],
  ])('%j asks for %s seconds', async (text, asked) => {
    const { http } = createDoor(limited(headerOf('retry-after', text)), { clock: { now: () => start, sleep: async () => {} } });

    expect((await failureOf(http('GET', '/keys'))).retryAfterSeconds).toBe(asked);
  });

  it.each([
    ['3', 3],
    ['10', 10],
    [date(start + 7000), 7],
  ])('is waited for: %s', async (text, pause) => {
    const { http, pauses } = createDoor([() => limited({ 'retry-after': text }), () => new Response('{}')]);

    await http('POST', '/keys');

    expect(pauses).toEqual([pause]);
  });

  it.each(['0', '0.1', 'soon', date(start - 3_600_000)])('never makes the pause shorter than ours: %s', async (text) => {
    const { http, pauses } = createDoor([() => limited({ 'retry-after': text }), () => new Response('{}')]);

    await http('POST', '/keys');

    expect(pauses[0]).toBeGreaterThanOrEqual(0.5);
  });

  it.each(['11', '3600', '9'.repeat(400)])('is left to whoever runs the step again where it is long: %s', async (text) => {
    const { http, seen, pauses } = createDoor(limited({ 'retry-after': text }));

    await failureOf(http('GET', '/keys'));

    expect([seen.length, pauses.length]).toEqual([1, 0]);
  });

  it('comes before any other header', async () => {
    const { http } = createDoor(limited({ 'retry-after': '30', 'x-ratelimit-reset': '50' }));

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code: 'limited', retryAfterSeconds: 30 });
  });

  it('counts with a fault of theirs too', async () => {
    const { http, seen } = createDoor(limited({ 'retry-after': '30' }, 503));

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code: 'unavailable', retryAfterSeconds: 30 });
    expect(seen).toHaveLength(1);
  });
});

describe('the moment at which a quota is renewed', () => {
  it.each<[string, string, number | undefined]>([
    ['x-ratelimit-reset', String(seconds(start) + 40), 40],
    ['ratelimit-reset', String(seconds(start) + 40), 40],
    ['x-rate-limit-reset', String(seconds(start) + 40), 40],
    ['fastly-ratelimit-reset', String(seconds(start) + 40), 40],
    ['x-ratelimit-reset', String(start + 40_000), 40],
    ['x-ratelimit-reset', '40', 40],
    ['x-ratelimit-reset', '12.5', 12.5],
    ['x-ratelimit-reset', new Date(start + 40_000).toUTCString(), 40],
    ['x-ratelimit-reset', new Date(start + 40_000).toISOString(), 40],
    ['x-ratelimit-reset', String(seconds(start) + 3600), 3600],
    ['x-ratelimit-reset', String(seconds(start) + 10 * 86_400), 86_400],
    ['x-ratelimit-reset', '500000000', 86_400],
    ['x-ratelimit-reset', '9'.repeat(400), 86_400],
    ['x-ratelimit-reset', '-1', undefined],
    ['x-ratelimit-reset', '6m0s', undefined],
    ['x-ratelimit-reset', '', undefined],
    ['x-ratelimit-limit', '40', undefined],
  ])('in %s as %s is %s seconds away', async (name, text, asked) => {
    const { http } = createDoor(limited(headerOf(name, text)));

    expect((await failureOf(http('GET', '/keys'))).retryAfterSeconds).toBe(asked);
  });

  it('is waited for where it is near, 403 or 429', async () => {
    for (const status of [403, 429]) {
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(seconds(start) + 6) };
      const { http, pauses } = createDoor([() => limited(headers, status), () => new Response('{}')]);

      await http('POST', '/keys');

      expect(pauses).toEqual([6]);
    }
  });

  it('is past where our clock is fast, and then it is as if it were not there', async () => {
    const { http, pauses } = createDoor([
      () => limited({ 'x-ratelimit-reset': String(seconds(start) - 3600) }),
      () => new Response('{}'),
    ]);

    await http('GET', '/keys');

    expect(pauses[0]).toBeGreaterThanOrEqual(0.5);
    expect(pauses[0]).toBeLessThanOrEqual(1);
  });

  it.each([
    ['the quota is not used up, and something else is the limit', 429, '4998'],
    ['it came with a fault of theirs', 503, '0'],
  ])('is of no interest where %s', async (_why, status, left) => {
    const headers = { 'x-ratelimit-remaining': left, 'x-ratelimit-reset': String(seconds(start) + 3000) };
    const { http, seen } = createDoor(limited(headers, status));

    const error = await failureOf(http('GET', '/keys'));

    expect(error.retryAfterSeconds).toBeUndefined();
    expect(seen).toHaveLength(3);
  });
});

describe('the time that is left', () => {
  it('ends the tries before the function ends', async () => {
    const { http, seen, pauses } = createDoor(new Response(null, { status: 503 }), { remaining: () => 20_400 });

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code: 'unavailable' });
    expect([seen.length, pauses.length]).toEqual([1, 0]);
  });

  it.each<[string, 'GET' | 'POST', boolean, number, number]>([
    ['a read', 'GET', false, 1600, 1],
    ['a read', 'GET', false, 1400, 0],
    ['a read', 'GET', false, -5, 0],
    ['an idempotent change', 'POST', true, 1600, 1],
    ['an idempotent change', 'POST', true, 1400, 0],
    ['another change, whose answer must not be lost', 'POST', false, 11_000, 1],
    ['another change, whose answer must not be lost', 'POST', false, 10_900, 0],
  ])(
    'is enough for %s (%s, idempotent: %s) with %i ms, or it is not begun: %i',
    async (_what, method, idempotent, left, calls) => {
      const { http, seen } = createDoor(undefined, { remaining: () => left });

      const outcome = await http(method, '/keys', { idempotent }).catch((error: unknown) => error);

      expect(seen).toHaveLength(calls);
      if (calls === 0) expect(outcome).toMatchObject({ code: 'unavailable', definite: true });
    },
  );

  it('is never overdrawn, whatever is asked for', async () => {
    const header = fc.oneof(fc.nat({ max: 120 }).map(String), fc.string({ maxLength: 30, unit: 'grapheme-ascii' }));
    const status = fc.constantFrom(403, 408, 425, 429, 500, 503);

    await fc.assert(
      fc.asyncProperty(header, header, status, fc.nat({ max: 60_000 }), fc.boolean(), async (after, reset, code, left, isGet) => {
        const headers = { ...headerOf('retry-after', after), ...headerOf('x-ratelimit-reset', reset) };
        const { http, seen, pauses, clock } = createDoor(limited(headers, code), { remaining: () => start + left - clock.now() });

        await failureOf(http(isGet ? 'GET' : 'POST', '/keys'));

        expect(seen.length).toBeLessThanOrEqual(3);
        expect(pauses.every((pause) => pause >= 0.5 && pause <= 10)).toBe(true);
        expect(clock.now()).toBeLessThanOrEqual(start + Math.max(0, left - 20_000));
      }),
      { numRuns: 500 },
    );
  });
});

/** A header, where it can be one at all. */
function headerOf(name: string, value: string): Record<string, string> {
  return /^[\x20-\x7e]*$/.test(value) ? { [name]: value } : {};
}
