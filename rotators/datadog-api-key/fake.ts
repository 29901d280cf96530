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

/** One organization: 403 to a key that is not known yet or not known at all, and names that are unique. */
export const fake = ((world: FakeWorld) => {
  const authority = { apiKey: 'canary-q7w5r1m9x3v8', applicationKey: 'canary-h2k6d4t0z8b5n1' };
  const forbidden = refusal(403, 'Forbidden');

  const self = {
    api: 'https://api.datadoghq.eu',
    scope: { apiUrl: 'https://api.datadoghq.eu' },
    authority,
    state: { tokens: [] as readonly FakeToken[] },

    makeByHand: (name: string) => make(name),
    accepts: (value: string) => keyOf(value) !== undefined,

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      const key = keyOf(headers['dd-api-key']);
      const isAdministrators = headers['dd-api-key'] === authority.apiKey;
      if (key === undefined && !isAdministrators) return forbidden;
      if (key !== undefined) change(key, { lastUsedAt: world.now() });
      if (method === 'GET' && path === '/api/v1/validate') return { status: 200, body: { valid: true } };
      if (method === 'GET' && path === '/api/v2/validate') {
        const attributes = { valid: true, api_key_id: key?.ref ?? 'the-authority', api_key_scopes: [] };
        return { status: 200, body: { data: { type: 'validate_v2', id: 'the-organization', attributes } } };
      }
      if (headers['dd-application-key'] !== authority.applicationKey) return forbidden;
      return serveKeys(shelf, request) ?? refusal(404, 'Not found');
    },
  };

  const shelf: Shelf<FakeToken> = {
    path: '/api/v2/api_keys',
    type: 'api_keys',
    wishes: { category: z.string().optional(), remote_config_read_enabled: z.boolean().optional() },
    keys: () => self.state.tokens,
    make: ({ name }) => make(name),
    end: (key) => change(key, { revokedAt: world.now() }),
    attributes: ({ createdAt, lastUsedAt }) => ({
      modified_at: new Date(createdAt).toISOString(),
      date_last_used: lastUsedAt === undefined ? null : new Date(lastUsedAt - (lastUsedAt % 3_600_000)).toISOString(),
    }),
  };

  const keyOf = (value: string | undefined) =>
    self.state.tokens.find((token) => token.value === value && isTaken(token, world.now(), facts));

  function change({ ref }: FakeToken, changes: Partial<FakeToken>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make(name: string): FakeToken {
    const token = { ref: world.random(24), value: `canary-${world.random(25)}`, name, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  return self;
}) satisfies RotatorFakeFactory;
