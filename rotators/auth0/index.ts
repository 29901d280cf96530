import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { accessFor, judgeClient, type Meaning } from '../../lib/plugin/oauth.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  tenantUrl: z
    .url({ protocol: /^https$/ })
    .describe('The address of the tenant, such as `https://acme.eu.auth0.com`.')
    .meta({ principal: true }),
  clientId: z
    .string()
    .regex(/^\w+$/)
    .describe('The application whose secret it is, by its client id.')
    .meta({ principal: true, identifier: true }),
  audience: z.string().min(1).describe('An API that the application may use: its secret is tried by asking for access to it.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ clientId: z.string().min(1), clientSecret: secretText });
type Authority = z.infer<typeof authority>;

const renewed = z.object({ client_id: z.string().min(1), client_secret: z.string().min(1) });
const tokenUrl = '/oauth/token';

/** Auth0 has one code for both: 401 where the secret is wrong, 403 where it is right and the API is closed to the application. */
const meaning: Meaning = (status, error) => {
  if (status === 401 && ['access_denied', 'invalid_client'].includes(error)) return 'unknown';
  return status === 403 && ['access_denied', 'unauthorized_client'].includes(error) ? 'known' : undefined;
};

export const auth0: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint({ http, scope: { tenantUrl, clientId }, authority }) {
    const manager = { id: authority.clientId, secret: authority.clientSecret, shows: 'form' } as const;
    const audience = `${new URL(tenantUrl).origin}/api/v2/`;
    const bearer = await accessFor(http, tokenUrl, manager, { audience });
    const path = `/api/v2/clients/${encodeURIComponent(clientId)}/rotate-secret`;
    const { client_id, client_secret } = (await http('POST', path, { bearer })).json(renewed);
    return { credential: { value: new Secret(client_secret), parts: { clientId: new Secret(client_id) } }, ref: client_id };
  },

  verify({ http, scope: { clientId, audience } }, { value }) {
    const client = { id: clientId, secret: value, shows: 'form' } as const;
    return judgeClient(http, { who: facts.name, tokenUrl, client, wishes: { audience }, meaning });
  },
};
