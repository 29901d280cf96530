import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { clientError, judgeClient, unexplained } from '../../lib/plugin/oauth.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const address = z.url({ protocol: /^https?$/ });
const scope = z.strictObject({
  registrationUrl: address
    .describe('Where clients are registered: `registration_endpoint` of the server.')
    .meta({ principal: true }),
  tokenUrl: address.describe('Where they ask for access tokens: `token_endpoint` of the server.').meta({ principal: true }),
  clientName: z.string().min(1).describe('The name that each of them is registered with.').meta({ principal: true }),
  scopes: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('What they may ask for; without it, what the server gives to all.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;

const registered = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  registration_client_uri: z.url(),
  registration_access_token: z.string().min(1),
});

export const oauthClient: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint({ http, scope: { registrationUrl, clientName, scopes }, authority }) {
    const json = {
      client_name: clientName,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
    };
    const client = (await http('POST', registrationUrl, { bearer: authority.value, json })).json(registered);
    const registration = `${client.registration_client_uri} ${client.registration_access_token}`;
    const parts = { clientId: new Secret(client.client_id), registration: new Secret(registration) };
    return { credential: { value: new Secret(client.client_secret), parts }, ref: registration };
  },

  async verify({ http, scope: { tokenUrl, scopes = [] } }, credential) {
    const id = requiredPart(facts, credential, 'clientId').reveal();
    const wishes: Record<string, string> = scopes.length === 0 ? {} : { scope: scopes.join(' ') };
    return judgeClient(http, { who: facts.name, tokenUrl, client: { id, secret: credential.value }, wishes });
  },

  // The token that may delete a client ends with it. Whether the client is dead is asked of the client itself afterwards.
  async revoke({ http }, { ref }) {
    const [uri, token] = ref.split(' ');
    if (!uri || !token) throw misshapen('the stored registration is not an address, a space and a token');
    const request = { bearer: new Secret(token), idempotent: true, accept: [401] };
    const answer = await http('DELETE', uri, request).catch(absence);
    if (answer?.status === 401 && clientError(answer) !== 'invalid_token') throw unexplained(facts.name, answer);
  },
};

function misshapen(what: string): RotationError {
  return new RotationError('value-shape', `${facts.name}: ${what}`, {
    fix: 'Rotate: the next client is stored with all that belongs to it. End the old one in the administration of the server.',
    definite: true,
  });
}
