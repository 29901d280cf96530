import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  projectId: z
    .string()
    .regex(/^proj_\w+$/, 'must begin with proj_')
    .describe('The project that the key is for, by its id.')
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ id: z.string().min(1), api_key: z.object({ value: z.string().min(1) }) });
const account = z.object({ id: z.string().min(1), name: z.string(), created_at: z.int() });
const key = z.object({
  last_used_at: z.int().nullable(),
  owner: z.object({ service_account: z.object({ id: z.string() }).nullish() }),
});

export const openai: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  // An account for each key, because a key that belongs to one is only ended with it.
  async mint(context, { mark }) {
    const answer = await call(context, 'POST', accountsOf(context.scope), { json: { name: mark } });
    const { id, api_key } = answer.json(issued);
    return { credential: { value: new Secret(api_key.value), parts: {} }, ref: id };
  },

  async verify({ http }, { value }) {
    const answer = await http('GET', '/models', { bearer: value, accept: [401] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: 'GET /models answered 401' };
    answer.json(z.object({ object: z.literal('list') }));
    return { ok: true };
  },

  async inspect(context, { ref }) {
    const found = (await list(context, accountsOf(context.scope), account)).find(({ id }) => id === ref);
    if (found === undefined) return {};
    const keys = await list(context, `/organization/projects/${context.scope.projectId}/api_keys`, key, {
      owner_project_access: 'any',
    });
    const uses = keys.filter(({ owner }) => owner.service_account?.id === ref).map(({ last_used_at }) => last_used_at);
    // All keys of the account end with it, so the last use of any of them counts; of an account without a listed key nothing is known.
    const lastUse = uses.every((use) => use === null) ? null : Math.max(...uses.map((use) => use ?? 0)) * 1000;
    return {
      ref: found.id,
      createdAt: found.created_at * 1000,
      ...(uses.length === 0 ? {} : { lastUsedAt: lastUse }),
    };
  },

  async revoke(context, { ref }) {
    const path = `${accountsOf(context.scope)}/${encodeURIComponent(ref)}`;
    const answer = await call(context, 'DELETE', path, { idempotent: true, accept: [404] });
    if (answer.status === 404) return;
    if (answer.json(z.object({ deleted: z.boolean() })).deleted) return;
    throw new RotationError('rejected', `${facts.name}: DELETE of a service account was answered, and it was not deleted`, {
      fix: 'Delete the service account in the project by hand.',
    });
  },

  async find(context) {
    const accounts = await list(context, accountsOf(context.scope), account);
    return accounts.map(({ id, name, created_at }) => ({ ref: id, name, createdAt: created_at * 1000 }));
  },
};

function accountsOf({ projectId }: Scope): string {
  return `/organization/projects/${projectId}/service_accounts`;
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, bearer: authority.value });
}

function list<Item>(
  context: Context,
  path: string,
  item: z.ZodType<Item>,
  wish: Readonly<Record<string, string>> = {},
): Promise<readonly Item[]> {
  const page = z.object({ data: z.array(item), has_more: z.boolean(), last_id: z.string().min(1).nullish() });
  return readPages(`${facts.name}: a list of the project`, async (after: string | undefined) => {
    const query = { ...wish, limit: 100, ...(after === undefined ? {} : { after }) };
    const { data, has_more, last_id } = (await call(context, 'GET', path, { query })).json(page);
    if (has_more && !last_id) throw halfAList();
    return { items: data, next: has_more ? (last_id ?? undefined) : undefined };
  });
}

function halfAList(): RotationError {
  return new RotationError('malformed', `${facts.name}: a list of the project goes on, and does not say where`, {
    fix: 'Nothing to do: half a list is not used, and the next attempt asks again.',
    definite: true,
  });
}
