import * as z from 'zod';
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  isTaken,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

const type = 'application/vnd.api+json';
const attributes = z.strictObject({ name: z.string().min(1), role_id: z.uuid(), auth_type: z.literal('api_key') });
const wanted = z.strictObject({ data: z.strictObject({ type: z.literal('service_account'), attributes }) });
const listed = z.strictObject({
  version: z.string(),
  limit: z.coerce.number().int().min(10).max(100).multipleOf(10).default(10),
  starting_after: z.string().optional(),
});

interface Account extends FakeToken {
  readonly name: string;
}

/** One organization: JSON:API to the letter, a version with every call, cursors that mean nothing, an account for each key. */
export const fake = ((world: FakeWorld) => {
  const id = '3e9f0b7c-0d53-4a7e-9a53-0a7f1f0c1d22';
  const roleId = 'f60eb1a0-1111-4b2c-8d3e-0a0b0c0d0e0f';
  const manager = 'canary-7c1e9a4f2b8d';
  const accounts = `/rest/orgs/${id}/service_accounts`;

  const self = {
    api: 'https://api.eu.snyk.io/rest',
    scope: { apiUrl: 'https://api.eu.snyk.io/rest', level: 'org', id, roleId },
    authority: { value: manager },
    state: { tokens: [] as readonly Account[] },

    makeByHand: (name: string) => make(name),
    accepts: (value: string) => keyOf(value) !== undefined,

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, query, headers } = request;
      const [, value] = /^token (\S+)$/.exec(headers.authorization ?? '') ?? [];
      const caller = keyOf(value);
      if (caller === undefined && value !== manager) return problem(401, 'Unauthorized');
      if (!/^\d{4}-\d\d-\d\d$/.test(query.version ?? '')) return problem(400, 'Invalid version');
      if (headers.accept !== type) return problem(406, 'Not acceptable');
      if (method === 'GET' && path === '/rest/self') return whoAmI(caller);
      if (path !== accounts && !path.startsWith(`${accounts}/`)) return problem(404, 'Not found');
      if (caller) return problem(403, 'Forbidden');
      if (path === accounts && method === 'GET') return list(request);
      if (path === accounts && method === 'POST') return mint(jsonOf(request, type));
      const found = live().find(({ ref }) => ref === path.slice(accounts.length + 1));
      if (found === undefined || method !== 'DELETE') return problem(404, 'Not found');
      const end = (account: Account) => (account === found ? { ...account, revokedAt: world.now() } : account);
      self.state = { tokens: self.state.tokens.map(end) };
      return { status: 204 };
    },
  };

  const keyOf = (value: string | undefined) =>
    self.state.tokens.find((account) => account.value === value && isTaken(account, world.now(), facts));
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function make(name: string): Account {
    const account = { ref: uuid(world), value: `canary-${world.random(29)}`, name, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, account] };
    return account;
  }

  function whoAmI(caller: Account | undefined): FakeAnswer {
    const data = { type: 'service_account', id: caller?.ref ?? id, attributes: { name: caller?.name ?? 'keyturn' } };
    return answer(200, { data, links: {} });
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return problem(400, 'Bad request');
    if (parsed.data.data.attributes.role_id !== roleId) return problem(400, 'Unknown role');
    const account = make(parsed.data.data.attributes.name);
    return answer(201, { data: shown(account, { api_key: account.value }), links: { self: `${accounts}/${account.ref}` } });
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return problem(400, 'Bad request');
    const { limit, starting_after, version } = parsed.data;
    const sorted = [...live()].sort((a, b) => a.ref.localeCompare(b.ref));
    const start = starting_after === undefined ? 0 : sorted.findIndex(({ ref }) => cursorOf(ref) === starting_after) + 1;
    const data = sorted.slice(start, start + limit);
    const last = data.at(-1);
    const hasMore = last !== undefined && start + limit < sorted.length;
    const next = `/orgs/${id}/service_accounts?version=${version}&limit=${limit}&starting_after=${encodeURIComponent(cursorOf(last?.ref ?? ''))}`;
    return answer(200, { data: data.map((account) => shown(account, {})), links: hasMore ? { next } : {} });
  }

  function shown({ ref, name, createdAt }: Account, more: object) {
    const created_at = new Date(createdAt).toISOString();
    return {
      type: 'service_account',
      id: ref,
      attributes: { name, auth_type: 'api_key', level: 'Org', role_id: roleId, created_at, ...more },
    };
  }

  return self;
}) satisfies RotatorFakeFactory;

function cursorOf(ref: string): string {
  return `v1.${Buffer.from(JSON.stringify({ id: ref })).toString('base64')}`;
}

function uuid(world: FakeWorld): string {
  const hex = Buffer.from(world.random(16)).toString('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}

function answer(status: number, body: object): FakeAnswer {
  return { status, headers: { 'content-type': type }, body: { jsonapi: { version: '1.0' }, ...body } };
}

function problem(status: number, detail: string): FakeAnswer {
  return answer(status, { errors: [{ status: String(status), title: detail, detail }] });
}
