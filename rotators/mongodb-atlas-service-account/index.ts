import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { judgeClient } from '../../lib/plugin/oauth.ts';
import { atlasApi, atlasAuthority, atlasOrganization, atlasTokenUrl, atlasVersion, callAtlas } from '../../lib/vendors/atlas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: atlasApi,
  orgId: atlasOrganization,
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

type Authority = z.infer<typeof atlasAuthority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ id: z.string().min(1), secret: z.string().min(1) });
const moment = z.iso.datetime({ offset: true });
const account = z.object({
  secrets: z.array(
    z.object({
      id: z.string().min(1),
      createdAt: moment,
      expiresAt: moment,
      lastUsedAt: moment.nullish(),
      maskedSecretValue: z.string().default(''),
    }),
  ),
});
const version = atlasVersion('2024-08-05');

export const mongodbAtlasServiceAccount: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority: atlasAuthority,

  async mint(context) {
    const { clientId, orgId, expiresAfterHours } = context.scope;
    const json = { secretExpiresAfterHours: expiresAfterHours };
    const { id, secret } = (await call(context, 'POST', '/secrets', { json })).json(issued);
    const parts = { clientId: new Secret(clientId), orgId: new Secret(orgId) };
    return { credential: { value: new Secret(secret), parts }, ref: id };
  },

  verify({ http, scope: { clientId } }, { value }) {
    return judgeClient(http, { who: facts.name, tokenUrl: atlasTokenUrl, client: { id: clientId, secret: value } });
  },

  async inspect(context, { ref, credential }) {
    const [found, another] = (await list(context)).filter((each) =>
      ref === undefined ? isShownAs(credential.value, each.maskedSecretValue) : each.id === ref,
    );
    if (found === undefined || another !== undefined) return {};
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

/** Whether a value ends as what is shown of it, `mdb_sa_sk_***Xy9z`. Fewer than four characters would say too little. */
function isShownAs(value: Secret, masked: string): boolean {
  const [, shown] = /\*([^*]{4,})$/.exec(masked) ?? [];
  return shown !== undefined && value.reveal().endsWith(shown);
}

async function list(context: Context) {
  return (await call(context, 'GET', '')).json(account).secrets;
}

function call(context: Context, method: Method, path: string, request: HttpRequest = {}) {
  const { orgId, clientId } = context.scope;
  return callAtlas(context, version, method, `/orgs/${orgId}/serviceAccounts/${clientId}${path}`, request);
}
