import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { snyk } from '../../rotators/snyk/index.ts';
import { createLife } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-the-value'), parts: {} };
const id = '3e9f0b7c-0d53-4a7e-9a53-0a7f1f0c1d22';
const account = { type: 'service_account', id: 'account-1', attributes: { name: 'a key', created_at: '2026-11-25T12:00:00Z' } };

it('makes an account for each key with the role of the catalog, and says the version with every call', async () => {
  const life = await createLife({ provider: 'snyk', dependent: 'webhook' });
  expect(await life.rotate()).toEqual([]);
  expect(await life.rotate()).toEqual([]);

  const { ofProvider } = life.exchanges;
  const made = ofProvider.filter(({ request }) => request.method === 'POST').map(({ request }) => JSON.parse(request.body));
  expect(made).toHaveLength(2);
  expect(made[0].data.attributes).toMatchObject({ auth_type: 'api_key', role_id: life.issuer.scope.roleId });
  expect(new Set(ofProvider.map(({ request }) => request.query.version))).toEqual(new Set(['2024-10-15']));
  expect(life.place?.holds()).toBe(life.value());
});

it.each([
  ['a text', '/groups/x/service_accounts?version=2024-10-15&starting_after=v1.bmV4dA%3D%3D&limit=100'],
  ['an object, at another host', { href: 'https://elsewhere.example/rest?starting_after=v1.bmV4dA%3D%3D' }],
])('follows the cursor of a link that is %s, and not the link', async (_form, next) => {
  const { context, requests, hosts } = bench(({ query }) =>
    answer(200, query.starting_after === undefined ? { data: [account], links: { next } } : { data: [], links: {} }),
  );

  expect(await snyk.find?.(context)).toEqual([
    { ref: 'account-1', name: 'a key', createdAt: Date.parse('2026-11-25T12:00:00Z') },
  ]);
  expect(requests.map(({ path, query }) => [path, query.starting_after])).toEqual([
    [`/rest/groups/${id}/service_accounts`, undefined],
    [`/rest/groups/${id}/service_accounts`, 'v1.bmV4dA=='],
  ]);
  expect(new Set(hosts)).toEqual(new Set(['https://api.us.snyk.io']));
});

it('takes no list whose next page has no cursor', async () => {
  const { context } = bench(() => answer(200, { data: [account], links: { next: '/groups' } }));

  await expect(snyk.find?.(context)).rejects.toMatchObject({ code: 'malformed' });
});

it.each([
  [401, {}, { ok: false, why: 'rejected' }],
  [200, { data: { id: 'account-1', type: 'service_account' } }, { ok: true }],
  [200, { data: { id: 'somebody', type: 'user' } }, { ok: false, why: 'rejected' }],
])('judges a key by whom it stands for: %i %j', async (status, body, verdict) => {
  const { context, requests } = bench(() => answer(status, body));

  expect(await snyk.verify(context, credential)).toMatchObject(verdict);
  expect(requests[0]?.headers).toMatchObject({ authorization: 'token canary-the-value', accept: 'application/vnd.api+json' });
});

it('believes an id only where an account has it', async () => {
  const me = { data: { id: 'principal-7', type: 'service_account' } };
  const { context } = bench(({ path }) => answer(200, path === '/rest/self' ? me : { data: [account], links: {} }));

  expect(await snyk.inspect?.(context, { credential })).toEqual({});
  expect(await snyk.inspect?.(context, { ref: 'account-1', credential })).toMatchObject({ ref: 'account-1' });
});

function bench(answering: (request: FakeRequest) => FakeAnswer) {
  const scope = { apiUrl: 'https://api.us.snyk.io/rest', level: 'group', id, roleId: id };
  return createBench(snyk, { scope, authority: { value: 'canary-authority' } }, answering);
}

function answer(status: number, body: object): FakeAnswer {
  return { status, headers: { 'content-type': 'application/vnd.api+json' }, body };
}
