import {
  basicOf,
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { handmadeTokens } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const day = 86_400_000;

/** One account of one site: names that a person chose, ends at midnight, and uses that are told by the day. */
export const fake = ((world: FakeWorld) => {
  const accountId = '712020:3e9f0b7c-0d53';
  const email = 'robot@acme.example';
  const key = 'canary-atlassian-org-key';
  const ofAccount = `/users/${encodeURIComponent(accountId)}/manage/api-tokens`;
  const tokens = handmadeTokens(world, facts, () => ({
    ref: `t${world.random(16)}`,
    value: `canary-ATATT3x${world.random(60)}`,
    parts: { label: `sync ${world.random(8)}` },
    expiresAt: Math.floor(world.now() / day + 366) * day,
  }));

  return Object.assign(tokens, {
    api: 'https://acme.atlassian.net',
    otherApis: facts.otherHosts,
    scope: { apiUrl: 'https://acme.atlassian.net', accountId, email },
    authority: { value: key },

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (path.startsWith('/users/'))
        return bearerOf(request) === key ? manage(method, path) : { status: 401, body: { code: 401, message: 'Unauthorized' } };
      const { user, password } = basicOf(request) ?? {};
      const token = user === email ? tokens.taken(password) : undefined;
      if (token === undefined) return { status: 401, body: 'Client must be authenticated to access this resource.' };
      tokens.change(token, { lastUsedAt: world.now() });
      if (method !== 'GET' || path !== '/rest/api/3/myself')
        return { status: 404, body: { errorMessages: ['null for uri'], errors: {} } };
      return { status: 200, body: { accountId, accountType: 'atlassian', displayName: 'Robot', active: true } };
    },
  });

  function manage(method: string, path: string): FakeAnswer {
    const unknown = { status: 404, body: { key: 'notFound' } };
    if (method === 'GET' && path === ofAccount) return { status: 200, body: tokens.live().filter(isNotOver).map(shown) };
    const found = tokens.live().find(({ ref }) => path === `${ofAccount}/${ref}`);
    if (method !== 'DELETE' || found === undefined) return unknown;
    tokens.end(found);
    return { status: 204 };
  }

  function isNotOver({ expiresAt = 0 }: FakeToken): boolean {
    return world.now() < expiresAt;
  }
}) satisfies RotatorFakeFactory;

function shown({ ref, parts, createdAt, lastUsedAt, expiresAt = 0 }: FakeToken) {
  const iso = (at: number) => new Date(at).toISOString();
  return {
    id: ref,
    label: parts?.label,
    createdAt: iso(createdAt),
    expiry: iso(expiresAt),
    ...(lastUsedAt === undefined ? {} : { lastAccess: iso(lastUsedAt - (lastUsedAt % day)) }),
  };
}
