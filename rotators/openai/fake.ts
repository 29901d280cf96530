import * as z from 'zod';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  isTaken,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

const wanted = z.strictObject({
  name: z.string().min(1),
  create_service_account_only: z.literal(false).nullish(),
});
const listed = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().optional(),
  owner_project_access: z.enum(['active', 'inactive', 'any']).optional(),
});

interface Token extends FakeToken {
  readonly name: string;
}

/** One project: an account for each key, cursors, seconds, and refusals that show a part of the key that was sent. */
export const fake = ((world: FakeWorld) => {
  const projectId = 'proj_lighthouse';
  const admin = 'canary-sk-admin-4q8w2e6r';
  const project = `/v1/organization/projects/${projectId}`;

  const self = {
    api: facts.api,
    scope: { projectId },
    authority: { value: admin },
    state: { tokens: [] as readonly Token[] },

    makeByHand: (name: string) => make(name),
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && works(token)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = bearerOf(request) ?? '';
      const caller = self.state.tokens.find((token) => token.value === bearer && works(token));
      if (caller === undefined && bearer !== admin) return unknownKey(bearer);
      if (caller) change(caller, { lastUsedAt: world.now() });
      if (method === 'GET' && path === '/v1/models') return models;
      if (!path.startsWith('/v1/organization/')) return problem(404, 'Invalid URL', 'unknown_url');
      if (caller) return problem(403, 'You have insufficient permissions for this operation.', 'missing_scope');
      if (path === `${project}/api_keys` && method === 'GET') return list(request, shownKey);
      if (path === `${project}/service_accounts` && method === 'GET') return list(request, shownAccount);
      if (path === `${project}/service_accounts` && method === 'POST') return mint(jsonOf(request));
      const [, ref] = new RegExp(`^${project}/service_accounts/([^/]+)$`).exec(path) ?? [];
      const found = live().find((token) => token.ref === ref);
      if (found === undefined || method !== 'DELETE') return problem(404, 'No such service account', 'not_found');
      change(found, { revokedAt: world.now() });
      return { status: 200, body: { object: 'organization.project.service_account.deleted', id: found.ref, deleted: true } };
    },
  };
  const model = { id: 'gpt-canary', object: 'model', created: 1_700_000_000, owned_by: 'system', shutdown_date: null };
  const models: FakeAnswer = { status: 200, body: { object: 'list', data: [model] } };

  const works = (token: Token) => isTaken(token, world.now(), facts);
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change({ ref }: Token, changes: Partial<Token>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make(name: string): Token {
    const ref = `user-${world.random(24)}`;
    const token = { ref, value: `canary-sk-svcacct-${world.random(140)}`, name, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return problem(400, 'Invalid request body', 'invalid_request');
    const token = make(parsed.data.name);
    const object = 'organization.project.service_account.api_key';
    const api_key = { object, id: `key_${token.ref}`, name: 'Secret Key', created_at: seconds(token), value: token.value };
    return { status: 200, body: { ...shownAccount(token), role: 'member', api_key } };
  }

  /** The newest first. */
  function list({ query }: FakeRequest, show: (token: Token) => { readonly id: string }): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return problem(400, 'Invalid query', 'invalid_request');
    const { limit, after } = parsed.data;
    const all = [...live()].reverse().map(show);
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const data = all.slice(start, start + limit);
    const ends = { first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { status: 200, body: { object: 'list', data, ...ends, has_more: start + limit < all.length } };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shownAccount(token: Token) {
  const { ref: id, name } = token;
  return { object: 'organization.project.service_account', id, name, role: 'member', created_at: seconds(token) };
}

function shownKey(token: Token) {
  const { ref, value, lastUsedAt } = token;
  const { id, name, created_at, role } = shownAccount(token);
  return {
    object: 'organization.project.api_key',
    id: `key_${ref}`,
    name: 'Secret Key',
    redacted_value: `${value.slice(0, 3)}********${value.slice(-4)}`,
    created_at,
    // To the hour, so that nobody takes it for exact.
    last_used_at: lastUsedAt === undefined ? null : Math.floor(lastUsedAt / 3_600_000) * 3600,
    owner_project_access: 'active',
    owner: { type: 'service_account', service_account: { id, name, created_at, role } },
  };
}

function seconds({ createdAt }: Token): number {
  return Math.floor(createdAt / 1000);
}

function unknownKey(bearer: string): FakeAnswer {
  const shown = `${bearer.slice(0, 8)}${'*'.repeat(Math.max(0, bearer.length - 12))}${bearer.slice(-4)}`;
  return problem(401, `Incorrect API key provided: ${shown}.`, 'invalid_api_key');
}

function problem(status: number, message: string, code: string): FakeAnswer {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code } } };
}
