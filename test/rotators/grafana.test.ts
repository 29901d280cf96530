import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { grafana } from '../../rotators/grafana/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-glsa_the-value'), parts: {} };

it('ends a token once and never asks for the end of one that is gone, which some versions answer with 500', async () => {
  const life = await createLife({ provider: 'grafana' });
  await life.rotate();
  await life.rotate();
  const [old, current] = life.issuer.state.tokens;
  const { rotator, withAuthority } = await life.open(life.token);
  const end = (ref = '') => withAuthority(async (context) => rotator.revoke?.(context, { ref }));

  await end(old?.ref);
  await end(old?.ref);
  await end('4711');

  expect(life.live()).toEqual([current?.value]);
  expect(calledIn(life.exchanges.ofProvider).filter((call) => call.startsWith('DELETE'))).toHaveLength(1);
});

it('waits until an old token has been quiet, and keeps one that is used', async () => {
  const life = await createLife({ provider: 'grafana' });
  await life.rotate();
  const old = String(life.value());
  await life.rotate();
  await life.retire();
  life.clock.advance(26 * hour);
  const headers = { authorization: `Bearer ${old}` };
  life.issuer.handle({ method: 'GET', path: '/monitoring/api/org', query: {}, headers, body: '' });

  expect(await life.retire()).toMatchObject([{ outcome: 'held', code: 'still-used' }]);
  life.clock.advance(25 * hour);
  expect(await life.retire()).toMatchObject([{ outcome: 'revoked' }]);
});

it.each([
  ['401', { status: 401, body: {} }, { ok: false, why: 'rejected' }],
  [
    'what version 10 tells service accounts',
    { status: 403, body: { message: 'Endpoint only available for users' } },
    { ok: true },
  ],
  ['what version 11 tells them', { status: 200, body: { login: 'sa-1-deploy', uid: 'service-account:12' } }, { ok: true }],
])('judges a token by %s', async (_case, answer, verdict) => {
  expect(await grafana.verify(bench(() => answer).context, credential)).toMatchObject(verdict);
});

it('takes another 403 for no verdict', async () => {
  const { context } = bench(() => ({ status: 403, body: { message: 'blocked by the gateway' } }));

  await expect(grafana.verify(context, credential)).rejects.toMatchObject({ code: 'refused' });
});

it('calls dead what a Grafana with guests still lets look around', async () => {
  const life = await createLife({ provider: 'grafana' });
  const headers = { authorization: 'Bearer canary-unknown' };
  const ask = (path: string) => life.issuer.handle({ method: 'GET', path, query: {}, headers, body: '' });
  const { rotator, asToken } = await life.open(life.token);

  expect(ask('/monitoring/api/org')).toMatchObject({ status: 200 });
  expect(await rotator.verify(asToken, { value: new Secret('canary-unknown'), parts: {} })).toMatchObject({ ok: false });
});

it('does not count tokens that have ended by themselves', async () => {
  const token = { name: 'n', created: '2026-11-25T12:00:00+01:00', expiration: null, lastUsedAt: null, isRevoked: false };
  const body = [
    { ...token, id: 1, hasExpired: false },
    { ...token, id: 2, hasExpired: true },
    { ...token, id: 3, hasExpired: false, isRevoked: true },
  ];

  expect((await grafana.find?.(bench(() => ({ status: 200, body })).context))?.map(({ ref }) => ref)).toEqual(['1']);
});

function bench(answer: (request: FakeRequest) => FakeAnswer) {
  const scope = { apiUrl: 'https://grafana.acme.test/api', serviceAccountId: 12 };
  return createBench(grafana, { scope, authority: { value: 'canary-glsa_authority' } }, answer);
}
