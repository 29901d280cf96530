import * as z from 'zod';
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  isTaken,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { refusal, type Shelf, serveKeys } from '../../lib/vendors/datadog-fake.ts';
import { facts } from './facts.ts';

interface Key extends FakeToken {
  readonly scopes: readonly string[] | null;
}

/** One service account: it is never said which of two keys is not known. */
export const fake = ((world: FakeWorld) => {
  const authority = { apiKey: 'canary-q7w5r1m9x3v8', applicationKey: 'canary-h2k6d4t0z8b5n1' };
  const serviceAccountId = '3e9f0b7c-0d53-4a7e-9a53-0a7f1f0c1d22';
  const forbidden = refusal(403, 'Forbidden');

  const self = {
    api: 'https://api.datadoghq.eu',
    scope: { apiUrl: 'https://api.datadoghq.eu', serviceAccountId, scopes: ['dashboards_read'] },
    authority,
    state: { tokens: [] as readonly Key[] },

    makeByHand: (name: string) => make(name, null),
    accepts: (value: string) => keyOf(value) !== undefined,

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (headers['dd-api-key'] !== authority.apiKey)
        return path === '/api/v2/validate_keys' ? refusal(401, 'Unauthorized') : forbidden;
      if (method === 'GET' && path === '/api/v1/validate') return { status: 200, body: { valid: true } };
      const key = keyOf(headers['dd-application-key']);
      const isAdministrator = headers['dd-application-key'] === authority.applicationKey;
      if (key === undefined && !isAdministrator) return forbidden;
      if (key !== undefined) change(key, { lastUsedAt: world.now() });
      if (method === 'GET' && path === '/api/v2/validate_keys') return { status: 200, body: { status: 'ok' } };
      if (!isAdministrator) return forbidden;
      return serveKeys(shelf, request) ?? refusal(404, 'Not found');
    },
  };

  const shelf: Shelf<Key> = {
    path: `/api/v2/service_accounts/${serviceAccountId}/application_keys`,
    type: 'application_keys',
    wishes: { scopes: z.array(z.enum(['dashboards_read', 'monitors_read', 'metrics_read'])).nullish() },
    keys: () => self.state.tokens,
    make: (wanted: { name: string; scopes?: readonly string[] | null }) => make(wanted.name, wanted.scopes ?? null),
    end: (key) => change(key, { revokedAt: world.now() }),
    attributes: ({ scopes, lastUsedAt }) => ({
      scopes,
      last_used_at: lastUsedAt === undefined ? null : new Date(lastUsedAt - (lastUsedAt % 3_600_000)).toISOString(),
    }),
  };

  const keyOf = (value: string | undefined) =>
    self.state.tokens.find((token) => token.value === value && isTaken(token, world.now(), facts));

  function change({ ref }: Key, changes: Partial<Key>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make(name: string, scopes: readonly string[] | null): Key {
    const parts = { apiKey: authority.apiKey };
    const token = { ref: world.random(24), value: `canary-${world.random(33)}`, parts, name, scopes, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  return self;
}) satisfies RotatorFakeFactory;
