import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  formOf,
  isTaken,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

/** One application with its one secret: whoever asks for a new one ends it, and a right secret gets 403 without a grant. */
export const fake = ((world: FakeWorld) => {
  const api = 'https://acme.eu.auth0.com';
  const clientId = 'AaiyAPdpYdesoKnqjj8HJqRn4T5titww';
  const audience = 'https://billing.acme.example/';
  const authority = { clientId: 'KeyturnManagerKeyturnManagerKeyt', clientSecret: 'canary-auth0-manager' };

  const self = {
    api,
    scope: { tenantUrl: api, clientId, audience },
    authority,
    state: { tokens: [] as readonly FakeToken[], access: [] as readonly string[] },

    makeByHand: () => renew(),
    accepts: (value: string) => self.state.tokens.some((each) => each.value === value && isTaken(each, world.now(), facts)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method === 'POST' && path === '/oauth/token') return giveAccess(request);
      if (!path.startsWith('/api/v2/')) return { status: 404, body: '<h1>Not found' };
      if (!self.state.access.includes(bearerOf(request) ?? '')) return problem(401, 'Unauthorized', 'Invalid token');
      if (path !== `/api/v2/clients/${clientId}/rotate-secret`) return problem(404, 'Not Found', 'The client does not exist');
      if (method !== 'POST') return problem(405, 'Method Not Allowed', 'Not here');
      if (request.body !== '' && jsonOf(request) === undefined) return problem(400, 'Bad Request', 'Payload validation error');
      const { value } = renew();
      const app = { client_id: clientId, tenant: 'acme', name: 'billing-worker', app_type: 'non_interactive' };
      return { status: 200, body: { ...app, grant_types: ['client_credentials'], client_secret: value } };
    },
  };

  function renew(): FakeToken {
    const ended = self.state.tokens.map((each) => ({ ...each, revokedAt: each.revokedAt ?? world.now() }));
    const made = { ref: clientId, value: `canary-${world.random(57)}`, parts: { clientId }, createdAt: world.now() };
    self.state = { ...self.state, tokens: [...ended, made] };
    return made;
  }

  function giveAccess(request: FakeRequest): FakeAnswer {
    const form = formOf(request) ?? {};
    if (form.grant_type !== 'client_credentials') return { status: 400, body: { error: 'invalid_request' } };
    const isManager = form.client_id === authority.clientId && form.client_secret === authority.clientSecret;
    const isApplication = form.client_id === clientId && self.accepts(form.client_secret ?? '');
    if (!isManager && !isApplication) return denied(401, 'Unauthorized');
    if (form.audience !== (isManager ? `${api}/api/v2/` : audience)) return denied(403, 'Client is not authorized to access it');
    const access = `canary-access-${world.random(24)}`;
    if (isManager) self.state = { ...self.state, access: [access] };
    return { status: 200, body: { access_token: access, expires_in: 86_400, token_type: 'Bearer' } };
  }

  return self;
}) satisfies RotatorFakeFactory;

function denied(status: number, description: string): FakeAnswer {
  return { status, body: { error: 'access_denied', error_description: description } };
}

function problem(statusCode: number, error: string, message: string): FakeAnswer {
  return { status: statusCode, body: { statusCode, error, message, errorCode: 'a_code' } };
}
