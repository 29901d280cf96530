import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { networkError } from '../../lib/testing/conformance/answers.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { gitlab } from '../../rotators/gitlab/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-glpat-the-value'), parts: {} };
const shown = {
  id: 42,
  name: 'a token',
  active: true,
  revoked: false,
  scopes: ['read_api'],
  created_at: '2026-11-20T12:00:00.123Z',
  expires_at: '2027-11-20',
  last_used_at: null,
};

it('makes new tokens beside the old ones, and never calls the endpoint that would end them', async () => {
  const life = await createLife({ provider: 'gitlab', token: { expect: { expiresAfterDays: 360, scopes: ['read_api'] } } });
  await life.rotate();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  expect(life.live()).toHaveLength(2);
  await life.retireFully();
  expect(life.live()).toEqual([life.value()]);
  expect(calledIn(life.exchanges.ofProvider).filter((call) => call.includes('rotate'))).toEqual([]);
});

it('goes on where a sweep broke off between the revocation and its proof, though asking for it was a use', async () => {
  const life = await createLife({ provider: 'gitlab' });
  await life.rotate();
  await life.rotate();
  await life.retire();
  life.clock.advance(26 * hour);
  let isAsked = false;
  const restore = life.interfere(async ({ what }, effect) => {
    const hasEnded = life.live().length === 1;
    if (!hasEnded || !what.endsWith('/personal_access_tokens/self')) return effect();
    if (isAsked) throw networkError('ECONNRESET');
    isAsked = true;
    return effect();
  });
  expect(await life.retire()).toMatchObject([{ outcome: 'waits' }]);
  restore();
  life.clock.advance(hour);

  expect(await life.retire()).toMatchObject([{ outcome: 'revoked' }]);
});

it('keeps an old token that somebody used within the quiet hours', async () => {
  const life = await createLife({ provider: 'gitlab' });
  await life.rotate();
  const old = String(life.value());
  await life.rotate();
  await life.retire();
  life.clock.advance(26 * hour);
  const path = '/api/v4/personal_access_tokens/self';
  life.issuer.handle({ method: 'GET', path, query: {}, headers: { authorization: `Bearer ${old}` }, body: '' });

  expect(await life.retire()).toMatchObject([{ outcome: 'held', code: 'still-used' }]);
  expect(life.live()).toContain(old);
});

it.each([
  ['is gone', { status: 404, body: {} }, 'no error'],
  ['was revoked before', { status: 200, body: { ...shown, revoked: true, active: false } }, 'no error'],
  ['is active all the same', { status: 200, body: shown }, 'rejected'],
])('looks again when a revocation is answered 400: the token %s', async (_case, looked, code) => {
  const { context } = bench((request) => (request.method === 'DELETE' ? { status: 400, body: {} } : looked));

  const outcome = await gitlab.revoke?.(context, { ref: '42' }).then(
    () => 'no error',
    (error) => error.code,
  );

  expect(outcome).toBe(code);
});

it('tells nothing of a value that is no token of this project, so that nothing is revoked by its number there', async () => {
  const { context, requests } = bench((request) =>
    request.path.endsWith('/self') ? { status: 200, body: shown } : { status: 404, body: {} },
  );

  expect(await gitlab.inspect?.(context, { credential })).toEqual({});
  expect(requests.map(({ path }) => path)).toEqual([
    '/api/v4/personal_access_tokens/self',
    '/api/v4/groups/acme%2Fweb/access_tokens/42',
  ]);
});

it('takes no list that does not say whether it goes on', async () => {
  const { context } = bench(() => ({ status: 200, body: [shown] }));

  await expect(gitlab.find?.(context)).rejects.toMatchObject({ code: 'malformed' });
});

it('leaves out what an instance lists that does not know `state`', async () => {
  const body = [shown, { ...shown, id: 43, active: false }, { ...shown, id: 44, revoked: true }];
  const { context } = bench(() => ({ status: 200, body, headers: { 'x-next-page': '' } }));

  expect(await gitlab.find?.(context)).toEqual([
    { ref: '42', name: 'a token', createdAt: Date.parse('2026-11-20T12:00:00.123Z') },
  ]);
});

it('names the project by its number or its path, and takes nothing else for one', () => {
  const scope = { level: 'project', accessLevel: 'developer', scopes: ['api'] };

  expect(gitlab.scope.safeParse({ ...scope, id: 4711 }).success).toBe(true);
  expect(gitlab.scope.safeParse({ ...scope, id: 'acme/tools/web' }).success).toBe(true);
  for (const id of ['', '/acme', 'acme//web', 'https://gitlab.com/acme', 0, -1, 1.5]) {
    expect(gitlab.scope.safeParse({ ...scope, id }).success, String(id)).toBe(false);
  }
});

function bench(answer: (request: FakeRequest) => FakeAnswer) {
  const scope = { level: 'group', id: 'acme/web', accessLevel: 'developer', scopes: ['read_api'] };
  return createBench(gitlab, { scope, authority: { value: 'canary-glpat-authority' } }, answer);
}
