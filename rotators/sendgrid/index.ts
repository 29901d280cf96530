import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  scopes: z
    .array(z.string().min(1))
    .min(1)
    .describe('What the key may do, such as `mail.send`. SendGrid adds some by itself; a key without any would get full access.'),
  region: z.enum(['global', 'eu']).default('global').describe('Where the account lives.').meta({ principal: true }),
  onBehalfOf: z
    .string()
    .min(1)
    .optional()
    .describe('The subuser that the key belongs to, or `account-id <id>`; without it, the account of the authority.')
    .meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ api_key: z.string().min(1), api_key_id: z.string().min(1) });
const listed = z.object({ result: z.array(z.object({ api_key_id: z.string().min(1), name: z.string().optional() })) });
const key = z.object({ api_key_id: z.string().min(1), scopes: z.array(z.string()).optional() });
// The document shows a list of one, its prose and the older clients the key itself.
const shown = z.union([z.object({ result: z.array(key) }).transform(({ result }) => result[0]), key]);

const addresses = { global: facts.api, eu: facts.otherHosts[0] };
const keys = '/v3/api_keys';

export const sendgrid: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(context, { mark }) {
    const json = { name: mark, scopes: context.scope.scopes };
    const { api_key, api_key_id } = (await call(context, 'POST', keys, { json })).json(issued);
    return { credential: { value: new Secret(api_key), parts: {} }, ref: api_key_id };
  },

  async verify({ http, scope: { region } }, { value }) {
    const answer = await http('GET', `${addresses[region]}/v3/scopes`, { bearer: value, accept: [401, 403] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: 'GET /v3/scopes answered 401' };
    // Known, but not let in here: it is no proof of death, and its scopes are asked of the authority instead.
    if (answer.status === 403) return { ok: true };
    return { ok: true, scopes: answer.json(z.object({ scopes: z.array(z.string()) })).scopes };
  },

  async inspect(context, { ref, credential }) {
    const id = ref ?? idIn(credential.value);
    if (id === undefined) return {};
    const answer = await call(context, 'GET', `${keys}/${encodeURIComponent(id)}`, { accept: [404] });
    const found = answer.status === 404 ? undefined : answer.json(shown);
    if (found === undefined) return {};
    return { ref: found.api_key_id, ...(found.scopes === undefined ? {} : { scopes: found.scopes }) };
  },

  async revoke(context, { ref }) {
    await call(context, 'DELETE', `${keys}/${encodeURIComponent(ref)}`, { idempotent: true }).catch(absence);
  },

  async find(context) {
    const { result } = (await call(context, 'GET', keys, { query: { limit: facts.slots.live } })).json(listed);
    return result.map(({ api_key_id, name }) => ({ ref: api_key_id, ...(name === undefined ? {} : { name }) }));
  },
};

function call({ http, scope, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  const { region, onBehalfOf } = scope;
  return http(method, `${addresses[region]}${path}`, {
    ...request,
    bearer: authority.value,
    ...(onBehalfOf === undefined ? {} : { headers: { 'on-behalf-of': onBehalfOf } }),
  });
}

/** A key is `SG.`, its id, a dot and the secret itself. */
function idIn(value: Secret): string | undefined {
  return /^[^.]+\.([^.]+)\.[^.]+$/.exec(value.reveal())?.[1];
}
