// What becomes of a declared request on the wire, and of what is answered.
import { describe, expect, it } from 'vitest';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { rotatorFor } from '../../lib/engine/specific.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { http } from '../../rotators/http/index.ts';
import { createBench } from '../rotators/bench.ts';

const scope = {
  service: 'Foghorn',
  api: 'https://api.foghorn.example/v1',
  otherHosts: ['https://id.foghorn.example'],
  variables: { station: 'a/b?c#d é', size: '7' },
  lifetimeDays: 1,
  mint: {
    url: '/stations/{{variables.station}}/keys',
    headers: { authorization: 'Bearer {{authority.token}}', 'content-type': 'application/vnd.api+json' },
    json: {
      text: 'for {{variables.station}} "quoted"',
      size: '{{variables.size.number}}',
      deep: [{ mark: '{{mark}}', day: '{{expiresAt.date}}', seconds: '{{expiresAt.seconds}}', none: null, yes: true }],
    },
    answers: [
      { status: 409, where: { '/code': 'full' }, means: 'key-limit' },
      { status: 200, where: { '/errors/0/code': 'full' }, means: 'key-limit' },
    ],
    out: { value: '/key', ref: '/id' },
  },
  verify: {
    url: 'https://id.foghorn.example/me',
    headers: { authorization: 'Bearer {{value}}' },
    answers: [{ status: 200, has: ['/id'], means: 'alive' }],
  },
  revoke: { url: '/keys/{{ref}}', headers: { authorization: 'Bearer {{authority.token}}' } },
  find: {
    url: '/keys',
    headers: { authorization: 'Bearer {{authority.token}}' },
    query: { kind: 'all' },
    out: { items: '/keys', ref: '/id', name: '/name' },
  },
};
const authority = { token: 'canary-authority' };

function bench(answer: (request: FakeRequest, count: number) => FakeAnswer, changes: object = {}) {
  let count = 0;
  const given = { scope: { ...scope, ...changes }, authority };
  const { context, ...seen } = createBench(http, given, (request) => answer(request, count++));
  const rotator = rotatorFor(http, context.scope);
  return { context, rotator, ...seen };
}

const minting = { mark: 'kt.mark', now: Date.UTC(2026, 10, 26, 12), random: () => new Uint8Array() };

async function codeOf(act: Promise<unknown> | undefined) {
  const error: unknown = await act?.then(
    () => 'no error',
    (problem) => problem,
  );
  return error instanceof RotationError ? `${error.code}${error.definite ? ', definite' : ''}` : error;
}

describe('a request', () => {
  it('keeps each value in its place, whatever it holds', async () => {
    const { context, rotator, requests } = bench(() => ({ status: 200, body: { key: 'canary-new', id: 7 } }));

    const minted = await rotator.mint(context, minting);

    expect(minted.ref).toBe('7');
    expect(requests[0]?.path).toBe('/v1/stations/a%2Fb%3Fc%23d%20%C3%A9/keys');
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer canary-authority',
      'content-type': 'application/vnd.api+json',
    });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      text: 'for a/b?c#d é "quoted"',
      size: 7,
      deep: [{ mark: 'kt.mark', day: '2026-11-27', seconds: Date.UTC(2026, 10, 27, 12) / 1000, none: null, yes: true }],
    });
  });

  it('goes to no path but its own, whatever an id looks like', async () => {
    const { context, rotator, requests } = bench(() => ({ status: 204 }));

    await rotator.revoke?.(context, { ref: 'a/b?c=%2e' });
    expect(requests[0]?.path).toBe('/v1/keys/a%2Fb%3Fc%3D%252e');
    for (const ref of ['..', 'a/../b']) expect(await codeOf(rotator.revoke?.(context, { ref }))).toBe('host-refused, definite');
    expect(await codeOf(rotator.revoke?.(context, { ref: '' }))).toBe('catalog, definite');
    expect(requests.length).toBe(1);
  });

  it('reaches another host that is declared', async () => {
    const { context, rotator, hosts } = bench(() => ({ status: 200, body: { id: 1 } }));

    expect(await rotator.verify(context, { value: new Secret('canary'), parts: {} })).toEqual({ ok: true });
    expect(hosts).toEqual(['https://id.foghorn.example']);
  });
});

describe('an answer', () => {
  it.each([
    ['a refusal that a rule knows', { status: 409, body: { code: 'full' } }, 'key-limit, definite'],
    ['a refusal that no rule fits', { status: 409, body: { code: 'other' } }, 'rejected, definite'],
    ['a refusal in HTML', { status: 409, body: '<html>' }, 'rejected, definite'],
    ['a refusal of the authority', { status: 403, body: {} }, 'refused, definite'],
    ['a no inside of a yes, which may have done something', { status: 200, body: { errors: [{ code: 'full' }] } }, 'key-limit'],
    ['a yes without the token', { status: 200, body: { id: 7 } }, 'malformed'],
    ['a yes with an empty token', { status: 200, body: { id: 7, key: '' } }, 'malformed'],
    ['the token where its id should be', { status: 200, body: { id: 'canary-new', key: 'canary-new' } }, 'malformed'],
    ['an id that lost its last digits', { status: 200, body: { id: 2 ** 60, key: 'canary-new' } }, 'malformed'],
    ['a fault of theirs', { status: 500, body: {} }, 'uncertain'],
  ])('to a mint: %s', async (_what, answer, code) => {
    const { context, rotator } = bench(() => answer);

    expect(await codeOf(rotator.mint(context, minting))).toBe(code);
  });

  it('of a token that is gone is done, as soon as the catalog says nothing else', async () => {
    const plain = bench(() => ({ status: 404, body: {} }));
    const strict = bench(() => ({ status: 404, body: {} }), {
      revoke: { ...scope.revoke, answers: [{ status: 404, means: 'refused' }] },
    });

    expect(await codeOf(plain.rotator.revoke?.(plain.context, { ref: 'a' }))).toBe('no error');
    expect(await codeOf(strict.rotator.revoke?.(strict.context, { ref: 'a' }))).toBe('refused, definite');
  });
});

describe('a list', () => {
  const items = (...ids: readonly string[]) => ids.map((id) => ({ id, name: `n-${id}` }));
  const find = (paging: object | undefined, answer: (request: FakeRequest, count: number) => FakeAnswer, url = '/keys') => {
    const made = bench(answer, { find: { ...scope.find, url, ...(paging === undefined ? {} : { paging }) } });
    return { ...made, found: async () => (await made.rotator.find?.(made.context))?.map(({ ref }) => ref) };
  };
  const queries = (requests: readonly FakeRequest[]) => requests.map(({ query }) => query);

  it('goes on by a Link header', async () => {
    const next =
      '<https://api.foghorn.example/v1/keys?p=1>; rel="prev first", <https://api.foghorn.example/v1/keys?p=2>; title="a, b"; rel=next';
    const { found, requests } = find({ link: 'header' }, ({ query }) =>
      query.p === '2'
        ? { status: 200, body: { keys: items('b') } }
        : { status: 200, body: { keys: items('a') }, headers: { link: next } },
    );

    expect(await found()).toEqual(['a', 'b']);
    expect(queries(requests)).toEqual([{ kind: 'all' }, { p: '2' }]);
  });

  it('goes on by an address in the body, also one without its host', async () => {
    const { found, requests } = find({ next: '/links/next' }, (_request, count) => ({
      status: 200,
      body: {
        keys: items(String(count)),
        links: { next: ['https://api.foghorn.example/v1/keys?p=1', '/v1/keys?p=2', null][count] },
      },
    }));

    expect(await found()).toEqual(['0', '1', '2']);
    expect(requests.map(({ path }) => path)).toEqual(['/v1/keys', '/v1/keys', '/v1/keys']);
  });

  it('goes on by a cursor', async () => {
    const { found, requests } = find({ cursor: '/next', query: 'after' }, (_request, count) => ({
      status: 200,
      body: { keys: items(String(count)), next: ['x y', 12, ''][count] },
    }));

    expect(await found()).toEqual(['0', '1', '2']);
    expect(queries(requests)).toEqual([{ kind: 'all' }, { kind: 'all', after: 'x y' }, { kind: 'all', after: '12' }]);
  });

  it('goes on by numbers until a page is empty', async () => {
    const { found, requests } = find({ page: 'p', first: 0 }, (_request, count) => ({
      status: 200,
      body: { keys: count < 2 ? items(String(count)) : [] },
    }));

    expect(await found()).toEqual(['0', '1']);
    expect(queries(requests).map(({ p }) => p)).toEqual(['0', '1', '2']);
  });

  it.each([
    'https://id.foghorn.example/keys',
    'https://elsewhere.example/keys',
    '//elsewhere.example/keys',
    'http://api.foghorn.example/keys',
  ])('takes the authority to no other host that a page names: %s', async (next) => {
    const { found, hosts } = find({ next: '/next' }, () => ({ status: 200, body: { keys: items('a'), next } }));

    expect(await codeOf(found())).toBe('host-refused, definite');
    expect(hosts).toEqual(['https://api.foghorn.example']);
  });

  it('of items that lack what tells the living is none', async () => {
    const { context, rotator } = bench(() => ({ status: 200, body: { keys: items('a') } }), {
      find: { ...scope.find, only: { '/revoked': false } },
    });

    expect(await codeOf(rotator.find?.(context))).toBe('malformed');
  });
});
