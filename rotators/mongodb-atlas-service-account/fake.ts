import * as z from 'zod';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  isTaken,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { atlasAccess, atlasProblem } from '../../lib/vendors/atlas-fake.ts';
import { facts } from './facts.ts';

interface AccountSecret extends FakeToken {
  readonly expiresAt: number;
}

const version = 'application/vnd.atlas.2024-08-05+json';
const wanted = z.strictObject({ secretExpiresAfterHours: z.int().min(8).max(8760) });
const versioned = { 'content-type': version };
const hour = 3_600_000;

/** One service account with two places: versioned media types only, and a new secret cuts the life of the old one to seven days. */
export const fake = ((world: FakeWorld) => {
  const orgId = '32b6e34b3d91647abb20e7b8';
  const clientId = 'mdb_sa_id_665f0c0ffee0ddba11c0de42';
  const authority = { clientId: 'mdb_sa_id_665f0c0ffee0ddba11c0de00', clientSecret: 'canary-mdb_sa_sk_owner' };
  const account = `/api/atlas/v2/orgs/${orgId}/serviceAccounts/${clientId}`;

  const self = {
    api: 'https://cloud.mongodb.com',
    scope: { apiUrl: 'https://cloud.mongodb.com', orgId, clientId, expiresAfterHours: 720 },
    authority,
    state: { tokens: [] as readonly AccountSecret[], access: [] as readonly string[] },

    makeByHand: () => make(720),
    accepts: (value: string) => self.state.tokens.some((each) => each.value === value && isTaken(each, world.now(), facts)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method === 'POST' && path === '/api/oauth/token') return giveAccess(request);
      if (!self.state.access.includes(bearerOf(request) ?? '')) return atlasProblem(401, 'Unauthorized', 'NOT_ORGANIZATION_USER');
      if (request.headers.accept !== version) return atlasProblem(406, 'Not Acceptable', 'INVALID_VERSION_DATE');
      if (method === 'GET' && path === account) return { status: 200, body: shownAccount(), headers: versioned };
      if (method === 'POST' && path === `${account}/secrets`) return mint(request);
      const [, id] = new RegExp(`^${account}/secrets/([0-9a-f]{24})$`).exec(path) ?? [];
      const found = live().find(({ ref }) => ref === id);
      if (method !== 'DELETE' || found === undefined) return atlasProblem(404, 'Not Found', 'RESOURCE_NOT_FOUND');
      change(found, { revokedAt: world.now() });
      return { status: 204 };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt, expiresAt }) => revokedAt === undefined && world.now() < expiresAt);

  function change({ ref }: AccountSecret, changes: Partial<AccountSecret>): void {
    const tokens = self.state.tokens.map((each) => (each.ref === ref ? { ...each, ...changes } : each));
    self.state = { ...self.state, tokens };
  }

  function make(hours: number): AccountSecret {
    const ref = Buffer.from(world.random(12)).toString('hex');
    const value = `canary-mdb_sa_sk_${world.random(36)}`;
    const made = { ref, value, createdAt: world.now(), expiresAt: world.now() + hours * hour };
    self.state = { ...self.state, tokens: [...self.state.tokens, made] };
    return made;
  }

  function mint(request: FakeRequest): FakeAnswer {
    if (request.headers['content-type'] !== version) return atlasProblem(415, 'Unsupported Media Type', 'UNSUPPORTED_MEDIA_TYPE');
    const parsed = wanted.safeParse(jsonOf(request, version));
    if (!parsed.success) return atlasProblem(400, 'Bad Request', 'INVALID_JSON_ATTRIBUTE');
    if (live().length >= facts.slots.live) return atlasProblem(400, 'Bad Request', 'MAX_SECRETS_REACHED');
    for (const old of live()) change(old, { expiresAt: Math.min(old.expiresAt, world.now() + 7 * 24 * hour) });
    const made = make(parsed.data.secretExpiresAfterHours);
    return { status: 201, body: { ...shown(made), secret: made.value }, headers: versioned };
  }

  /** Access that is given lives on for an hour whatever becomes of the secret; here it never ends. */
  function giveAccess(request: FakeRequest): FakeAnswer {
    const access = `canary-access-${world.random(24)}`;
    const isKnown = (id: string, secret: string) => {
      if (id === authority.clientId && secret === authority.clientSecret) {
        self.state = { ...self.state, access: [access] };
        return true;
      }
      const used = self.state.tokens.find(({ value }) => value === secret);
      if (id !== clientId || used === undefined || !self.accepts(secret)) return false;
      change(used, { lastUsedAt: world.now() });
      return true;
    };
    return atlasAccess(request, isKnown, access);
  }

  function shownAccount() {
    const createdAt = new Date(0).toISOString();
    const secrets = live().map(shown);
    return { clientId, name: 'billing', description: 'reads invoices', roles: ['ORG_READ_ONLY'], createdAt, secrets };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, value, createdAt, expiresAt, lastUsedAt }: AccountSecret) {
  return {
    id: ref,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    maskedSecretValue: `mdb_sa_sk_***${value.slice(-4)}`,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: new Date(lastUsedAt - (lastUsedAt % hour)).toISOString() }),
  };
}
