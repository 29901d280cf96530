import { expect, it } from 'vitest';
import { metaAt } from '../../lib/catalog/read-fields.ts';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { cloudflare } from '../../rotators/cloudflare/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-cfat_the-value'), parts: {} };
const accountId = '023e105f4ecef8ad9ca31a8372d0c353';
const group = '82e64a83756745bbbb1c9c2701bf816b';
const account = `com.cloudflare.api.account.${accountId}`;
const policies = [{ permissionGroups: [group], resources: [account] }];

it('knows a token by what it may do, and ends it when it has been quiet', async () => {
  const life = await createLife({ provider: 'cloudflare', token: { expect: { scopes: ['DNS Read'] } } });
  expect(await life.rotate()).toEqual([]);
  expect(await life.rotate()).toEqual([]);
  const [old] = life.live();
  await life.retire();
  life.clock.advance(26 * hour);
  expect(await life.retire()).toMatchObject([{ outcome: 'held', code: 'still-used' }]);
  life.clock.advance(48 * hour);

  expect(await life.retire()).toMatchObject([{ outcome: 'revoked' }]);
  expect(life.live()).not.toContain(old);
  expect(calledIn(life.exchanges.ofProvider).filter((call) => call.endsWith('/value'))).toEqual([]);
});

it('writes policies, networks and the end as Cloudflare reads them', async () => {
  const resources = [`${account}.zone.1`, { within: account, every: 'com.cloudflare.api.account.zone.*' }];
  const scope = { policies: [{ permissionGroups: [group], resources }], allowedAddresses: ['192.0.2.0/24'], lifetimeDays: 30 };
  const { context, requests } = bench(scope, () => envelope({ id: 'the-id', value: 'canary-cfat_new' }));

  const minted = await cloudflare.mint(context, { mark: 'the mark', now: 1.5, random: (bytes) => new Uint8Array(bytes) });

  expect(minted.ref).toBe('the-id');
  expect(JSON.parse(String(requests[0]?.body))).toEqual({
    name: 'the mark',
    policies: [
      {
        effect: 'allow',
        permission_groups: [{ id: group }],
        resources: { [`${account}.zone.1`]: '*', [account]: { 'com.cloudflare.api.account.zone.*': '*' } },
      },
    ],
    condition: { request_ip: { in: ['192.0.2.0/24'] } },
    expires_on: '1970-01-31T00:00:00Z',
  });
});

it('asks the family that the scope names', async () => {
  const answer = () => envelope({ id: 'the-id', status: 'active', expires_on: '2027-01-01T00:00:00Z' });
  const ofUser = createBench(cloudflare, { scope: { kind: 'user', policies }, authority }, answer);
  const ofAccount = bench({}, answer);

  for (const { context } of [ofUser, ofAccount]) {
    expect(await cloudflare.verify(context, credential)).toEqual({ ok: true, expiresAt: Date.parse('2027-01-01') });
    await cloudflare.revoke?.(context, { ref: 'the-id' });
  }

  expect(calledIn(ofUser.requests.map((request) => ({ request })))).toEqual([
    'GET /client/v4/user/tokens/verify',
    'DELETE /client/v4/user/tokens/the-id',
  ]);
  expect(ofAccount.requests[0]?.path).toBe(`/client/v4/accounts/${accountId}/tokens/verify`);
});

it.each([
  ['401', { status: 401, body: {} }, { ok: false, why: 'rejected' }],
  ['403 that does not know it', { status: 403, body: { errors: [{ code: 1000 }] } }, { ok: false, why: 'rejected' }],
  ['disabled', envelope({ id: 'the-id', status: 'disabled' }), { ok: false, why: 'rejected' }],
])('calls a token dead by %s', async (_case, answer, verdict) => {
  expect(await cloudflare.verify(bench({}, () => answer).context, credential)).toMatchObject(verdict);
});

it.each([
  ['another 403', { status: 403, body: { errors: [{ code: 9109 }] } }, 'refused'],
  ['an envelope without success', { status: 200, body: { success: false, errors: [], result: null } }, 'malformed'],
])('takes %s for no verdict', async (_case, answer, code) => {
  await expect(cloudflare.verify(bench({}, () => answer).context, credential)).rejects.toMatchObject({ code });
});

it('says of its ids that they are no secrets, though they look random', () => {
  for (const path of [
    ['accountId'],
    ['policies', 0, 'permissionGroups', 0],
    ['policies', 0, 'resources', 0],
    ['policies', 0, 'resources', 0, 'within'],
  ]) {
    expect(metaAt(cloudflare.scope, path), path.join('.')).toMatchObject({ identifier: true });
  }
});

const authority = { value: 'canary-cfat_authority' };

function bench(scope: object, answer: (request: FakeRequest) => FakeAnswer) {
  return createBench(cloudflare, { scope: { kind: 'account', accountId, policies, ...scope }, authority }, answer);
}

function envelope(result: object): FakeAnswer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}
