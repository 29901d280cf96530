import * as z from 'zod';
import {
  basicOf,
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

interface ClientSecret extends FakeToken {
  /** Deactivated, and still in its place. */
  readonly inactiveAt?: number;
}

const wanted = z.strictObject({
  client_secret: z.string().min(14).optional(),
  status: z.enum(['ACTIVE', 'INACTIVE']).optional(),
});

/**
 * One application with two places: only what is inactive can be deleted, and lists show every secret. It also has a key, so that the last secret
 * may go, which Okta refuses to others.
 */
export const fake = ((world: FakeWorld) => {
  const appId = '0oacanaryapp1';
  const token = 'canary-00okta-api-token';
  const secrets = `/api/v1/apps/${appId}/credentials/secrets`;

  const self = {
    api: 'https://acme.okta.com',
    scope: { orgUrl: 'https://acme.okta.com', appId },
    authority: { value: token },
    state: { tokens: [] as readonly ClientSecret[] },

    makeByHand: () => make(),
    accepts: (value: string) => self.state.tokens.some((each) => each.value === value && works(each)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method === 'POST' && path === '/oauth2/v1/introspect') return introspect(request);
      if (request.headers.authorization !== `SSWS ${token}`) return problem(401, 'E0000011', 'Invalid token provided');
      const [place, id, action] = new RegExp(`^${secrets}(?:/([^/]+)(/lifecycle/deactivate)?)?$`).exec(path) ?? [];
      if (place === undefined) return missing(path);
      if (id === undefined && method === 'GET') return { status: 200, body: kept().map(shown) };
      if (id === undefined) return method === 'POST' ? mint(jsonOf(request)) : problem(405, 'E0000022', 'Not supported');
      const found = kept().find(({ ref }) => ref === id);
      if (found === undefined) return missing(id);
      if (action !== undefined) return method === 'POST' ? deactivate(found) : problem(405, 'E0000022', 'Not supported');
      if (method === 'GET') return { status: 200, body: shown(found) };
      if (method !== 'DELETE') return problem(405, 'E0000022', 'Not supported');
      if (found.inactiveAt === undefined)
        return problem(400, 'E0000001', 'Api validation failed: cannot delete an active secret');
      change(found, { revokedAt: world.now() });
      return { status: 204 };
    },
  };

  const kept = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  /** Whoever deactivates a secret ends it; who deletes it makes room. */
  function works({ inactiveAt, ...secret }: ClientSecret): boolean {
    return isTaken(inactiveAt === undefined ? secret : { ...secret, revokedAt: inactiveAt }, world.now(), facts);
  }

  function change({ ref }: ClientSecret, changes: Partial<ClientSecret>): void {
    self.state = { tokens: self.state.tokens.map((each) => (each.ref === ref ? { ...each, ...changes } : each)) };
  }

  function make(): ClientSecret {
    const made = { ref: `ocs${world.random(17)}`, value: `canary-${world.random(33)}`, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function mint(body: unknown): FakeAnswer {
    if (!wanted.safeParse(body).success) return problem(400, 'E0000001', 'Api validation failed');
    if (kept().length >= facts.slots.live) return problem(400, 'E0000001', 'Api validation failed: at most two secrets');
    return { status: 201, body: shown(make()) };
  }

  function deactivate(secret: ClientSecret): FakeAnswer {
    const inactiveAt = secret.inactiveAt ?? world.now();
    change(secret, { inactiveAt });
    return { status: 200, body: shown({ ...secret, inactiveAt }) };
  }

  function introspect(request: FakeRequest): FakeAnswer {
    const { user, password = '' } = basicOf(request) ?? {};
    if (user !== appId || !self.accepts(password))
      return { status: 401, body: { error: 'invalid_client', error_description: 'The client secret supplied is invalid.' } };
    if (formOf(request)?.token === undefined) return { status: 400, body: { error: 'invalid_request' } };
    return { status: 200, body: { active: false } };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, value, createdAt, inactiveAt }: ClientSecret) {
  const status = inactiveAt === undefined ? 'ACTIVE' : 'INACTIVE';
  const created = new Date(createdAt).toISOString();
  return { id: ref, status, client_secret: value, secret_hash: `hash-of-${ref}`, created, lastUpdated: created, _links: {} };
}

function missing(what: string): FakeAnswer {
  return problem(404, 'E0000007', `Not found: Resource not found: ${what}`);
}

function problem(status: number, errorCode: string, errorSummary: string): FakeAnswer {
  return { status, body: { errorCode, errorSummary, errorLink: errorCode, errorId: 'oae1', errorCauses: [] } };
}
