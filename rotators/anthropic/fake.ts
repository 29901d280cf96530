import * as z from 'zod';
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { handmadeTokens } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const listed = z.strictObject({
  status: z.enum(['active', 'inactive', 'archived']).optional(),
  workspace_id: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(20),
  after_id: z.string().optional(),
});
const change = z.strictObject({ name: z.string().optional(), status: z.enum(['active', 'inactive', 'archived']).optional() });
const keys = '/v1/organizations/api_keys';

/** One workspace: a version with every call, short pages, keys that are shown by their ends, and an admin key that calls no model. */
export const fake = ((world: FakeWorld) => {
  const workspaceId = 'wrkspc_01Acme';
  const admin = 'canary-ant-admin01-acme';
  const tokens = handmadeTokens(world, facts, () => ({
    ref: `apikey_${world.random(24)}`,
    value: `canary-ant-api03-${world.random(60)}`,
  }));

  return Object.assign(tokens, {
    api: facts.api,
    scope: { workspaceId },
    authority: { value: admin },

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (headers['anthropic-version'] !== '2023-06-01') return problem(400, 'invalid_request_error');
      const caller = headers['x-api-key'];
      const isAdmin = caller === admin;
      if (!isAdmin && tokens.taken(caller) === undefined) return problem(401, 'authentication_error');
      if (method === 'GET' && path === '/v1/models')
        return isAdmin
          ? problem(404, 'not_found_error')
          : { status: 200, body: { data: [{ type: 'model', id: 'claude' }], has_more: true } };
      if (!isAdmin) return problem(403, 'permission_error');
      if (method === 'GET' && path === keys) return list(request);
      const found = tokens.state.tokens.find(({ ref }) => path === `${keys}/${ref}`);
      if (method !== 'POST' || found === undefined) return problem(404, 'not_found_error');
      const parsed = change.safeParse(jsonOf(request));
      if (!parsed.success) return problem(400, 'invalid_request_error');
      if (parsed.data.status !== undefined && parsed.data.status !== 'active') tokens.end(found);
      return { status: 200, body: shown(tokens.state.tokens.find(({ ref }) => ref === found.ref) ?? found) };
    },
  });

  function list({ query }: FakeRequest): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return problem(400, 'invalid_request_error');
    const { status, workspace_id = workspaceId, limit, after_id } = parsed.data;
    const wanted = tokens.state.tokens.map(shown).filter((key) => status === undefined || key.status === status);
    const sorted = (workspace_id === workspaceId ? wanted : []).toSorted((a, b) => b.id.localeCompare(a.id));
    const start = after_id === undefined ? 0 : sorted.findIndex(({ id }) => id === after_id) + 1;
    const data = sorted.slice(start, start + Math.min(limit, 20)); // it may give less than was asked for
    const ends = { first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { status: 200, body: { data, has_more: start + data.length < sorted.length, ...ends } };
  }

  function shown({ ref, value, name = '', createdAt, revokedAt }: FakeToken) {
    return {
      id: ref,
      type: 'api_key',
      name,
      status: revokedAt === undefined ? 'active' : 'inactive',
      workspace_id: workspaceId,
      created_at: new Date(createdAt).toISOString(),
      created_by: null,
      partial_key_hint: `${value.slice(0, 30)}...${value.slice(-4)}`,
    };
  }
}) satisfies RotatorFakeFactory;

function problem(status: number, type: string): FakeAnswer {
  return { status, body: { type: 'error', error: { type, message: 'no' }, request_id: 'req_1' } };
}
