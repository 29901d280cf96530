import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { clientError, unexplained } from '../../lib/plugin/oauth.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  orgUrl: z
    .url({ protocol: /^https$/ })
    .describe('The address of the organization, such as `https://acme.okta.com`; not the one with `-admin`.')
    .meta({ principal: true }),
  appId: z
    .string()
    .regex(/^\w+$/)
    .describe('The application, by its id; of OIDC applications it is the client id as well.')
    .meta({ principal: true, identifier: true }),
  clientId: z
    .string()
    .min(1)
    .optional()
    .describe('Its client id, where that is not the id of the application.')
    .meta({ identifier: true }),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ id: z.string().min(1), client_secret: z.string().min(1) });
// Nothing else is taken from a list: it shows the secrets themselves.
const listed = z.object({ id: z.string().min(1), status: z.enum(['ACTIVE', 'INACTIVE']), created: z.iso.datetime() });
const introspection = '/oauth2/v1/introspect';

export const okta: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(context) {
    const { id, client_secret } = (await call(context, 'POST', '', { json: {} })).json(issued); // Okta chooses it
    return { credential: { value: new Secret(client_secret), parts: {} }, ref: id };
  },

  // Asks about a token that nobody has: who may ask is looked at first, and nothing is issued.
  async verify({ http, scope: { appId, clientId = appId } }, { value }) {
    const request = { basic: { user: clientId, password: value }, form: { token: 'none' }, asks: true, accept: [401] };
    const answer = await http('POST', introspection, request);
    if (answer.status !== 401) {
      answer.json(z.object({ active: z.literal(false) }));
      return { ok: true };
    }
    if (clientError(answer) !== 'invalid_client') throw unexplained(facts.name, answer);
    return { ok: false, why: 'rejected', detail: `POST ${introspection} answered 401 invalid_client` };
  },

  async inspect(context, { ref }) {
    const found = (await list(context)).find(({ id }) => id === ref);
    return found === undefined ? {} : { ref: found.id, createdAt: Date.parse(found.created) };
  },

  // Only what is inactive can be deleted; an attempt that broke off in between left it so. That the list does not show it proves nothing: it may be
  // so new that the list does not know it yet.
  async revoke(context, { ref }) {
    const path = `/${encodeURIComponent(ref)}`;
    const found = (await list(context)).find(({ id }) => id === ref);
    if (found?.status !== 'INACTIVE') {
      await call(context, 'POST', `${path}/lifecycle/deactivate`, { idempotent: true }).catch(absence);
    }
    await call(context, 'DELETE', path, { idempotent: true }).catch(absence);
  },

  // Those that were deactivated too: they hold a place, and may be activated again.
  async find(context) {
    return (await list(context)).map(({ id, created }) => ({ ref: id, createdAt: Date.parse(created) }));
  },
};

async function list(context: Context) {
  return (await call(context, 'GET', '')).json(z.array(listed));
}

function call({ http, scope, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  const secrets = `/api/v1/apps/${scope.appId}/credentials/secrets`;
  const headers = { authorization: new Secret(`SSWS ${authority.value.reveal()}`) };
  return http(method, `${secrets}${path}`, { ...request, headers });
}
