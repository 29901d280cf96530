import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { openai } from '../../rotators/openai/index.ts';
import { createLife } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-sk-svcacct-the-value'), parts: {} };
const account = { id: 'user-1', name: 'a key', created_at: 1_700_000_000 };

it('makes an account for each key, and ends both together', async () => {
  const life = await createLife({ provider: 'openai' });
  await life.rotate();
  const [first] = life.issuer.state.tokens;
  await life.rotate();
  const { rotator, withAuthority } = await life.open(life.token);

  await withAuthority(async (context) => rotator.revoke?.(context, { ref: String(first?.ref) }));

  expect(life.live()).toEqual([life.value()]);
  expect(first?.ref).toMatch(/^user-/);
});

it.each([
  ['none of its keys was used', [null, null], { lastUsedAt: null }],
  ['one of its keys was used', [null, 1_700_000_100], { lastUsedAt: 1_700_000_100_000 }],
  ['no key of it is listed', [], {}],
])('tells the last use of whatever would end with the account: %s', async (_case, uses, told) => {
  const keys = [...uses, 1_900_000_000].map((last_used_at, index) => ({
    last_used_at,
    owner: { type: 'service_account', service_account: { id: index < uses.length ? 'user-1' : 'user-2' } },
  }));
  const { context, requests } = bench(({ path }) => page(path.endsWith('/api_keys') ? keys : [account]));

  expect(await openai.inspect?.(context, { ref: 'user-1', credential })).toEqual({
    ref: 'user-1',
    createdAt: 1_700_000_000_000,
    ...told,
  });
  expect(requests[1]?.query).toMatchObject({ owner_project_access: 'any' });
});

it('takes an answer that says that nothing was deleted for what it says', async () => {
  const { context } = bench(() => ({ status: 200, body: { id: 'user-1', deleted: false } }));

  await expect(openai.revoke?.(context, { ref: 'user-1' })).rejects.toMatchObject({ code: 'rejected', definite: false });
});

it('takes no list that goes on and does not say where', async () => {
  const { context } = bench(() => ({ status: 200, body: { object: 'list', data: [account], has_more: true, last_id: null } }));

  await expect(openai.find?.(context)).rejects.toMatchObject({ code: 'malformed' });
});

it('calls a key dead by 401 alone, and shows nothing of what is said of it', async () => {
  const refusal = (status: number) => ({ status, body: { error: { message: `no: ${credential.value.reveal()}` } } });

  expect(await openai.verify(bench(() => refusal(401)).context, credential)).toEqual({
    ok: false,
    why: 'rejected',
    detail: 'GET /models answered 401',
  });
  await expect(openai.verify(bench(() => refusal(403)).context, credential)).rejects.toMatchObject({
    code: 'refused',
    message: expect.not.stringContaining('canary'),
  });
});

function bench(answer: (request: FakeRequest) => FakeAnswer) {
  return createBench(openai, { scope: { projectId: 'proj_1' }, authority: { value: 'canary-sk-admin' } }, answer);
}

function page(data: readonly object[]): FakeAnswer {
  return { status: 200, body: { object: 'list', data, has_more: false } };
}
