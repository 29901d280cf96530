import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { createWorld } from '../../lib/testing/world.ts';
import { fake } from '../../rotators/sendgrid/fake.ts';
import { sendgrid } from '../../rotators/sendgrid/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

it('waits for a new key to settle, keeps both through the overlap, and proves the old one dead', async () => {
  const life = await createLife({ provider: 'sendgrid', dependent: 'webhook' });
  expect(await life.rotate()).toEqual([]);
  const old = life.value();
  life.clock.advance(hour);

  expect(await life.rotate()).toEqual([]);

  const fresh = life.value();
  expect(life.live()).toEqual([old, fresh]);
  expect(life.issuer.accepts(String(fresh))).toBe(true);
  expect(life.place?.holds()).toBe(fresh);
  expect(await life.retireFully()).toContainEqual(expect.objectContaining({ outcome: 'revoked' }));
  expect(life.live()).toEqual([fresh]);
  expect(life.issuer.accepts(String(old))).toBe(false);
});

it('puts the copy back when the rotation fails, and ends the key that was never promoted', async () => {
  const life = await createLife({ provider: 'sendgrid', dependent: 'webhook' });
  await life.rotate();
  const old = life.value();
  life.clock.advance(hour);

  expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

  expect(life.value()).toBe(old);
  expect(life.place?.holds()).toBe(old);
  expect(life.live()).toHaveLength(2);
  await life.retireFully();
  expect(life.live()).toEqual([old]);
});

it('calls a deleted key dead only when SendGrid refuses it, which takes a while', async () => {
  const life = await createLife({ provider: 'sendgrid' });
  await life.rotate();
  const old = String(life.value());
  await life.rotate();
  await life.retire();
  life.clock.advance(25 * hour);

  expect(await life.retire()).toMatchObject([{ outcome: 'revoked' }]);

  const calls = calledIn(life.exchanges.ofProvider);
  const afterwards = calls.slice(calls.findIndex((call) => call.startsWith('DELETE')) + 1);
  expect(afterwards.filter((call) => call === 'GET /v3/scopes').length).toBeGreaterThan(1);
  expect(life.issuer.accepts(old)).toBe(false);
});

it('takes scopes that SendGrid adds by itself, and not the lack of one', async () => {
  const enough = await createLife({ provider: 'sendgrid', token: { expect: { scopes: ['mail.send'] } } });
  const lacking = await createLife({ provider: 'sendgrid', token: { expect: { scopes: ['mail.send', 'templates.read'] } } });

  expect(await enough.rotate()).toEqual([]);
  expect(await lacking.rotate()).toMatchObject([{ code: 'mismatch', message: expect.stringContaining('lacks templates.read') }]);
});

it('counts the keys before it mints, because a full account answers 403 like a missing right', async () => {
  const life = await createLife({ provider: 'sendgrid' });
  for (let made = 0; made < 100; made += 1) life.issuer.makeByHand(`by hand ${made}`);

  expect(await life.rotate()).toMatchObject([{ code: 'key-limit' }]);

  expect(calledIn(life.exchanges.ofProvider)).not.toContain('POST /v3/api_keys');
});

it('blames the authority when it may not hand out a scope, and leaves nothing behind', async () => {
  const scope = { scopes: ['teammates.create'], onBehalfOf: 'mailer' };
  const life = await createLife({ provider: 'sendgrid', token: { scope } });

  expect(await life.rotate()).toMatchObject([{ code: 'authority', status: 403 }]);

  expect(life.live()).toEqual([]);
  expect(life.labels()).not.toContain('AWSPENDING');
});

it('refuses a catalog entry without scopes, which would be full access', () => {
  expect(sendgrid.scope.safeParse({ scopes: [] }).success).toBe(false);
  expect(sendgrid.scope.safeParse({}).success).toBe(false);
  expect(sendgrid.scope.safeParse({ scopes: ['mail.send'] }).success).toBe(true);
});

it.each([
  [401, { ok: false, why: 'rejected', detail: 'GET /v3/scopes answered 401' }],
  [403, { ok: true }],
  [200, { ok: true, scopes: ['mail.send'] }],
])('judges a key by GET /v3/scopes: %i', async (status, verdict) => {
  const { context } = bench({}, () => ({ status, body: { scopes: ['mail.send'], errors: [] } }));

  expect(await sendgrid.verify(context, credential)).toEqual(verdict);
});

it('asks the authority for the scopes of a key that may not tell them itself', async () => {
  const life = await createLife({ provider: 'sendgrid', token: { expect: { scopes: ['mail.send', 'templates.read'] } } });
  const { handle } = life.issuer;
  life.issuer.handle = (request) => (request.path === '/v3/scopes' ? { status: 403, body: { errors: [] } } : handle(request));

  expect(await life.rotate()).toMatchObject([{ code: 'mismatch' }]);
});

it.each([
  ['a list of one, as the document says', { result: [{ api_key_id: 'id', name: 'n', scopes: ['mail.send'] }] }],
  ['the key itself, as older clients have it', { api_key_id: 'id', name: 'n', scopes: ['mail.send'] }],
])('reads a key in both shapes: %s', async (_shape, body) => {
  const { context, requests } = bench({}, () => ({ status: 200, body }));

  expect(await sendgrid.inspect?.(context, { credential })).toEqual({ ref: 'id', scopes: ['mail.send'] });
  expect(requests[0]?.path).toBe('/v3/api_keys/the-id');
});

it('tells nothing of a key that is not there', async () => {
  const { context } = bench({}, () => ({ status: 404, body: { errors: [] } }));

  expect(await sendgrid.inspect?.(context, { credential })).toEqual({});
  await expect(sendgrid.revoke?.(context, { ref: 'the-id' })).resolves.toBeUndefined();
});

it('speaks to the address of its region, and for a subuser only where the catalog says so', async () => {
  const answer = () => ({ status: 200, body: { result: [], scopes: [] } });
  const eu = bench({ region: 'eu', onBehalfOf: 'account-id 42' }, answer);
  const global = bench({}, answer);

  for (const { context } of [eu, global]) {
    await sendgrid.find?.(context);
    await sendgrid.verify(context, credential);
  }

  expect(eu.hosts).toEqual(['https://api.eu.sendgrid.com', 'https://api.eu.sendgrid.com']);
  expect(global.hosts).toEqual(['https://api.sendgrid.com', 'https://api.sendgrid.com']);
  expect(eu.requests.map(({ headers }) => headers['on-behalf-of'])).toEqual(['account-id 42', undefined]);
  expect(global.requests.map(({ headers }) => headers['on-behalf-of'])).toEqual([undefined, undefined]);
});

it('has a fake that takes no scopes for all of them, and hands out no more than its caller has', () => {
  const issuer = fake(createWorld({ registry }).fakeWorld);
  const headers = {
    authorization: `Bearer ${issuer.authority.value}`,
    'on-behalf-of': 'mailer',
    'content-type': 'application/json',
  };
  const mint = (body: object) =>
    issuer.handle({ method: 'POST', path: '/v3/api_keys', query: {}, headers, body: JSON.stringify(body) });

  expect(mint({ name: 'one', scopes: ['mail.send'] })).toMatchObject({ status: 201 });
  expect(mint({ name: 'all of them' })).toMatchObject({ status: 403 });
  expect(mint({ scopes: ['mail.send'] })).toMatchObject({ status: 400 });
  expect(mint({ name: 'odd', scopes: ['no.such'] })).toMatchObject({ status: 400 });
});

const credential = { value: new Secret('canary-SG.the-id.the-secret'), parts: {} };

function bench(scope: { region?: string; onBehalfOf?: string }, answer: (request: FakeRequest) => FakeAnswer) {
  const authority = { value: 'canary-SG.authority.secret' };
  return createBench(sendgrid, { scope: { scopes: ['mail.send'], ...scope }, authority }, answer);
}
