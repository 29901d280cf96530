import * as z from 'zod';
import {
  basicOf,
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  formOf,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';

interface Client extends FakeToken {
  readonly name: string;
  readonly parts: { readonly clientId: string; readonly registration: string };
  readonly scope: string | undefined;
}

const wanted = z.strictObject({
  client_name: z.string().min(1),
  grant_types: z.tuple([z.literal('client_credentials')]),
  response_types: z.tuple([]),
  redirect_uris: z.tuple([]),
  token_endpoint_auth_method: z.literal('client_secret_basic'),
  scope: z.string().optional(),
});

/** oidc-provider 9.13 as it was seen: no list, and a deleted client's own token is a stranger's. */
export const fake = ((world: FakeWorld) => {
  const api = 'https://login.oauth-client.test';
  const initial = 'canary-initial-access';
  const stranger: FakeAnswer = { status: 401, body: { error: 'invalid_token', error_description: 'invalid token provided' } };

  const self = {
    api,
    scope: { registrationUrl: `${api}/reg`, tokenUrl: `${api}/token`, clientName: 'billing', scopes: ['invoices'] },
    authority: { value: initial },
    state: { tokens: [] as readonly Client[] },

    makeByHand: (name: string) => make(name, undefined),
    accepts: (value: string) => live().some((client) => client.value === value),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method === 'POST' && path === '/token') return giveAccess(request);
      const bearer = bearerOf(request);
      if (method === 'POST' && path === '/reg') return bearer === initial ? register(jsonOf(request)) : stranger;
      const [, id] = /^\/reg\/(\w+)$/.exec(path) ?? [];
      if (id === undefined) return { status: 404, body: { error: 'invalid_request', error_description: 'unrecognized route' } };
      const found = live().find(({ parts }) => parts.registration === `${api}${path} ${bearer}`);
      if (found === undefined) return stranger;
      if (method !== 'DELETE') return { status: 405, body: { error: 'invalid_request' } };
      const end = (client: Client) => (client === found ? { ...client, revokedAt: world.now() } : client);
      self.state = { tokens: self.state.tokens.map(end) };
      return { status: 204 };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function make(name: string, scope: string | undefined): Client {
    const clientId = world.random(43);
    const ref = `${api}/reg/${clientId} canary-registration-${world.random(24)}`;
    const parts = { clientId, registration: ref };
    const made = { ref, value: `canary-${world.random(79)}`, parts, name, scope, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function register(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return { status: 400, body: { error: 'invalid_client_metadata' } };
    const { client_name, scope } = parsed.data;
    const { value, parts } = make(client_name, scope);
    const [registration_client_uri, registration_access_token] = parts.registration.split(' ');
    const secret = { client_id: parts.clientId, client_secret: value, client_secret_expires_at: 0 };
    return { status: 201, body: { ...parsed.data, ...secret, registration_client_uri, registration_access_token } };
  }

  function giveAccess(request: FakeRequest): FakeAnswer {
    const { user, password } = basicOf(request) ?? {};
    const client = live().find(({ value, parts }) => parts.clientId === user && value === password);
    if (client === undefined) return { status: 401, body: { error: 'invalid_client' } };
    const { grant_type, scope = '' } = formOf(request) ?? {};
    if (grant_type !== 'client_credentials') return { status: 400, body: { error: 'invalid_request' } };
    if (client.scope !== undefined && client.scope !== scope) return { status: 400, body: { error: 'invalid_scope' } };
    return { status: 200, body: { access_token: `canary-access-${world.random(24)}`, token_type: 'Bearer', expires_in: 600 } };
  }

  return self;
}) satisfies RotatorFakeFactory;
