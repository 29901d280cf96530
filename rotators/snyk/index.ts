import * as z from 'zod';
import type { AuthorityContext, Http, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .enum([
      'https://api.snyk.io/rest',
      'https://api.us.snyk.io/rest',
      'https://api.eu.snyk.io/rest',
      'https://api.au.snyk.io/rest',
    ])
    .default('https://api.snyk.io/rest')
    .describe('The API of your region.')
    .meta({ principal: true }),
  level: z.enum(['org', 'group']).describe('Whether the key opens an organization or a group.').meta({ principal: true }),
  id: z.uuid().describe('The organization or group, by its id.').meta({ principal: true, identifier: true }),
  roleId: z.uuid().describe('The role of the key, by its id.').meta({ identifier: true }),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({
  data: z.object({ id: z.string().min(1), attributes: z.object({ api_key: z.string().min(1) }) }),
});
const account = z.object({
  id: z.string().min(1),
  attributes: z.object({ name: z.string(), created_at: z.iso.datetime({ offset: true }).nullish() }),
});
const link = z.union([z.string(), z.object({ href: z.string() }).transform(({ href }) => href)]);
const page = z.object({ data: z.array(account), links: z.object({ next: link.nullish() }) });
const whoAmI = z.object({ data: z.object({ id: z.string().min(1), type: z.string() }) });

export const snyk: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  // An account for each key, because an account with an API key has this one and no second.
  async mint(context, { mark }) {
    const attributes = { name: mark, role_id: context.scope.roleId, auth_type: 'api_key' };
    const json = { data: { type: 'service_account', attributes } };
    const { data } = (await callAs(context, context.authority.value, 'POST', accountsOf(context.scope), { json })).json(issued);
    return { credential: { value: new Secret(data.attributes.api_key), parts: {} }, ref: data.id };
  },

  async verify(context, { value }) {
    const me = await askAsToken(context, value);
    if (me === undefined) return { ok: false, why: 'rejected', detail: 'GET /self answered 401' };
    if (me.type === 'service_account') return { ok: true };
    return { ok: false, why: 'rejected', detail: 'GET /self named no service account' };
  },

  async inspect(context, { ref, credential }) {
    const id = ref ?? (await askAsToken(context, credential.value))?.id;
    const found = (await list(context)).find((each) => each.id === id);
    if (found === undefined) return {};
    const { created_at } = found.attributes;
    return { ref: found.id, ...(created_at ? { createdAt: Date.parse(created_at) } : {}) };
  },

  async revoke(context, { ref }) {
    const path = `${accountsOf(context.scope)}/${encodeURIComponent(ref)}`;
    await callAs(context, context.authority.value, 'DELETE', path, { idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await list(context)).map(({ id, attributes: { name, created_at } }) => ({
      ref: id,
      name,
      ...(created_at ? { createdAt: Date.parse(created_at) } : {}),
    }));
  },
};

const version = '2024-10-15';

function accountsOf({ level, id }: Scope): string {
  return `/${level}s/${id}/service_accounts`;
}

function callAs({ http }: { readonly http: Http }, key: Secret, method: Method, path: string, request: HttpRequest = {}) {
  const type = 'application/vnd.api+json';
  const headers = {
    accept: type,
    authorization: new Secret(`token ${key.reveal()}`),
    ...(request.json === undefined ? {} : { 'content-type': type }),
  };
  return http(method, path, { ...request, headers, query: { ...request.query, version } });
}

/** Whom the key stands for; undefined where Snyk does not know it. */
async function askAsToken(context: { readonly http: Http }, value: Secret) {
  const answer = await callAs(context, value, 'GET', '/self', { accept: [401] });
  return answer.status === 401 ? undefined : answer.json(whoAmI).data;
}

function list(context: Context) {
  return readPages(`${facts.name}: the list of service accounts`, async (cursor: string | undefined) => {
    const query = { limit: 100, ...(cursor === undefined ? {} : { starting_after: cursor }) };
    const answer = await callAs(context, context.authority.value, 'GET', accountsOf(context.scope), { query });
    const { data, links } = answer.json(page);
    return { items: data, next: links.next ? cursorIn(links.next) : undefined };
  });
}

/** Of the link only the cursor is followed: where it leads is nobody's business but ours. */
function cursorIn(next: string): string {
  const cursor = new URLSearchParams(next.slice(next.indexOf('?') + 1)).get('starting_after');
  if (cursor) return cursor;
  throw new RotationError('malformed', `${facts.name}: the list of service accounts goes on, and does not say where`, {
    fix: 'Nothing to do: half a list is not used, and the next attempt asks again.',
    definite: true,
  });
}
