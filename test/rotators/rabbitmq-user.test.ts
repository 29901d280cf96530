import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { rabbitmqUser } from '../../rotators/rabbitmq-user/index.ts';
import { createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const permissions = { configure: '', write: '^invoices$', read: '' };
const given = {
  scope: { managementUrl: 'https://rabbit.test', user: 'billing', virtualHost: 'a/b', permissions },
  authority: { user: 'keyturn', password: 'canary-administrator' },
};
const credential = { value: new Secret('canary-password'), parts: { user: new Secret('billing-kt.one') } };

it('makes a new user with the same rights each time, under a name that tells whose it is', async () => {
  const life = await createLife({ provider: 'rabbitmq-user' });
  await life.rotate();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  const users = life.issuer.state.tokens.map(({ ref }) => ref);
  expect(users).toEqual([expect.stringMatching(/^billing-kt\./), expect.stringMatching(/^billing-kt\./)]);
  expect(life.issuer.state.tokens).toMatchObject([{ permissions }, { permissions }]);
  expect(JSON.parse(life.text() ?? '')).toEqual({ VALUE: life.value(), USER: users[1] });
  await life.retireFully();
  expect(life.live()).toEqual([life.value()]);
});

it('gives the rights again where the first attempt broke off between user and rights', async () => {
  const life = await createLife({ provider: 'rabbitmq-user' });
  const { handle } = life.issuer;
  life.issuer.handle = (request) => (request.path.startsWith('/api/permissions/') ? { status: 503, body: '' } : handle(request));
  expect(await life.rotate()).toMatchObject([{ code: 'unavailable' }]);
  life.issuer.handle = handle;

  expect(await life.goOn()).toEqual([]);

  expect(life.issuer.state.tokens).toMatchObject([{ permissions }]);
});

it.each([
  ['Not management user', { ok: true }],
  ['Login failed', { ok: false, why: 'rejected' }],
  ['User can only log in via localhost', { code: 'malformed' }],
])('judges a user who may not ask by what the refusal says: %s', async (reason, outcome) => {
  const { context } = createBench(rabbitmqUser, given, () => ({ status: 401, body: { error: 'not_authorised', reason } }));

  const verdict = await rabbitmqUser.verify(context, credential).catch((problem: unknown) => problem);

  expect(verdict).toMatchObject(outcome);
});

it('names the virtual host and the tags as RabbitMQ wants them', async () => {
  const scope = { ...given.scope, tags: ['monitoring', 'policymaker'] };
  const { context, requests } = createBench(rabbitmqUser, { ...given, scope }, () => ({ status: 201 }));

  await rabbitmqUser.install?.(context, { credential, ref: 'billing-kt.one' }, undefined);

  expect(requests.map(({ path }) => path)).toEqual(['/api/users/billing-kt.one', '/api/permissions/a%2Fb/billing-kt.one']);
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ password: 'canary-password', tags: 'monitoring,policymaker' });
});
