import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { accessFor, judgeClient } from '../../lib/plugin/oauth.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .enum(['https://cloud.mongodb.com', 'https://cloud.mongodbgov.com'])
    .default('https://cloud.mongodb.com')
    .describe('Atlas, or Atlas for Government.')
    .meta({ principal: true }),
  orgId: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be 24 hexadecimal digits')
    .describe('The organization of the service account.')
    .meta({ principal: true, identifier: true }),
  clientId: z
    .string()
    .regex(/^mdb_sa_id_[0-9a-f]{24}$/i, 'must be mdb_sa_id_ and 24 hexadecimal digits')
    .describe('The service account whose secret it is, by its client id.')
    .meta({ principal: true, identifier: true }),
  expiresAfterHours: z
    .int()
    .min(8)
    .max(8760)
    .default(2160)
    .describe('How long a new secret lives. The organization may allow less.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ clientId: z.string().min(1), clientSecret: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ id: z.string().min(1), secret: z.string().min(1) });
const moment = z.iso.datetime({ offset: true });
const account = z.object({
  secrets: z.array(z.object({ id: z.string().min(1), createdAt: moment, expiresAt: moment, lastUsedAt: moment.nullish() })),
});
const tokenUrl = '/api/oauth/token';
/** Atlas takes no other: every call names the version that it was written for. */
const version = 'application/vnd.atlas.2024-08-05+json';

export const mongodbAtlasServiceAccount: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(context) {
    const { clientId, orgId, expiresAfterHours } = context.scope;
    const json = { secretExpiresAfterHours: expiresAfterHours };
    const { id, secret } = (await call(context, 'POST', '/secrets', { json })).json(issued);
    const parts = { clientId: new Secret(clientId), orgId: new Secret(orgId) };
    return { credential: { value: new Secret(secret), parts }, ref: id };
  },

  verify({ http, scope: { clientId } }, { value }) {
    return judgeClient(http, { who: facts.name, tokenUrl, client: { id: clientId, secret: value } });
  },

  async inspect(context, { ref }) {
    const found = (await list(context)).find(({ id }) => id === ref);
    if (found === undefined) return {};
    const { id, createdAt, expiresAt, lastUsedAt } = found;
    return {
      ref: id,
      createdAt: Date.parse(createdAt),
      expiresAt: Date.parse(expiresAt),
      lastUsedAt: lastUsedAt ? Date.parse(lastUsedAt) : null,
    };
  },

  async revoke(context, { ref }) {
    await call(context, 'DELETE', `/secrets/${encodeURIComponent(ref)}`, { idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await list(context)).map(({ id, createdAt }) => ({ ref: id, createdAt: Date.parse(createdAt) }));
  },
};

async function list(context: Context) {
  return (await call(context, 'GET', '')).json(account).secrets;
}

/** A call about the account, with access of an hour that each call asks for anew: nothing is kept. */
async function call({ http, scope, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  const bearer = await accessFor(http, tokenUrl, { id: authority.clientId, secret: authority.clientSecret });
  const headers = { accept: version, ...(request.json === undefined ? {} : { 'content-type': version }) };
  const account = `/api/atlas/v2/orgs/${scope.orgId}/serviceAccounts/${scope.clientId}`;
  return http(method, `${account}${path}`, { ...request, headers, bearer });
}
