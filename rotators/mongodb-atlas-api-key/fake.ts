import { createHash } from 'node:crypto';
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

interface Key extends FakeToken {
  readonly name: string;
  readonly parts: { readonly publicKey: string };
  readonly roles: readonly string[];
  readonly accessList: readonly unknown[];
}

const version = 'application/vnd.atlas.2023-01-01+json';
const versioned = { 'content-type': version };
const wanted = z.strictObject({ desc: z.string().min(1).max(250), roles: z.array(z.string().startsWith('ORG_')).min(1) });
const entries = z.array(z.union([z.strictObject({ ipAddress: z.ipv4() }), z.strictObject({ cidrBlock: z.cidrv4() })]));
const realm = 'MMS Public API';

/** One organization: keys are shown by digest alone, its owner by bearer, and the count of a list is only an estimate. */
export const fake = ((world: FakeWorld) => {
  const orgId = '32b6e34b3d91647abb20e7b8';
  const authority = { clientId: 'mdb_sa_id_665f0c0ffee0ddba11c0de00', clientSecret: 'canary-mdb_sa_sk_owner' };
  const access = 'canary-access-of-the-owner';
  const keys = `/api/atlas/v2/orgs/${orgId}/apiKeys`;
  const unknown = atlasProblem(404, 'Not Found', 'RESOURCE_NOT_FOUND');

  const self = {
    api: 'https://cloud.mongodb.com',
    scope: {
      apiUrl: 'https://cloud.mongodb.com',
      orgId,
      roles: ['ORG_READ_ONLY'],
      accessList: ['203.0.113.10', '203.0.113.0/24'],
    },
    authority,
    state: { tokens: [] as readonly Key[] },

    makeByHand: (name: string) => make(name, ['ORG_OWNER']),
    accepts: (value: string) => self.state.tokens.some((each) => each.value === value && isTaken(each, world.now(), facts)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const isOwner = (id: string, secret: string) => id === authority.clientId && secret === authority.clientSecret;
      if (method === 'POST' && path === '/api/oauth/token') return atlasAccess(request, isOwner, access);
      if (request.headers.accept !== version) return atlasProblem(406, 'Not Acceptable', 'INVALID_VERSION_DATE');
      if (method === 'GET' && path === '/api/atlas/v2') return tellWho(request);
      if (bearerOf(request) !== access) return atlasProblem(401, 'Unauthorized', 'NOT_ORGANIZATION_USER');
      if (path === keys) return method === 'POST' ? mint(request) : list(request);
      const [, id, more] = new RegExp(`^${keys}/([0-9a-f]{24})(/accessList)?$`).exec(path) ?? [];
      const found = live().find(({ ref }) => ref === id);
      if (found === undefined) return unknown;
      if (more !== undefined) return method === 'POST' ? letIn(found, request) : unknown;
      if (method === 'GET') return { status: 200, body: shown(found), headers: versioned };
      if (method !== 'DELETE') return unknown;
      change(found, { revokedAt: world.now() });
      return { status: 204 };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change({ ref }: Key, changes: Partial<Key>): void {
    self.state = { tokens: self.state.tokens.map((each) => (each.ref === ref ? { ...each, ...changes } : each)) };
  }

  function make(name: string, roles: readonly string[]): Key {
    const ref = Buffer.from(world.random(12)).toString('hex');
    const parts = { publicKey: world.random(8) };
    const made = { ref, value: `canary-${world.random(29)}`, parts, name, roles, accessList: [], createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function mint(request: FakeRequest): FakeAnswer {
    const parsed = wanted.safeParse(jsonOf(request, version));
    if (!parsed.success) return atlasProblem(400, 'Bad Request', 'INVALID_JSON_ATTRIBUTE');
    const made = make(parsed.data.desc, parsed.data.roles);
    return { status: 200, body: { ...shown(made), privateKey: made.value }, headers: versioned };
  }

  function letIn(found: Key, request: FakeRequest): FakeAnswer {
    const parsed = entries.safeParse(jsonOf(request, version));
    if (!parsed.success) return atlasProblem(400, 'Bad Request', 'INVALID_JSON_ATTRIBUTE');
    change(found, { accessList: parsed.data });
    return { status: 200, body: { results: parsed.data, totalCount: parsed.data.length }, headers: versioned };
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const [size, number] = [Number(query.itemsPerPage ?? 100), Number(query.pageNum ?? 1)];
    const results = [...live()].sort((a, b) => a.ref.localeCompare(b.ref)).slice((number - 1) * size, number * size);
    return { status: 200, body: { results: results.map(shown), totalCount: live().length + 1 }, headers: versioned };
  }

  /** A challenge for whoever shows nothing or something wrong; the nonce holds for all of them. */
  function tellWho({ headers, path }: FakeRequest): FakeAnswer {
    const nonce = 'a-nonce-of-the-fake';
    const challenge = {
      'www-authenticate': `Digest realm="${realm}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=false`,
    };
    const refused = { ...atlasProblem(401, 'Unauthorized', 'NOT_AUTHENTICATED'), headers: challenge };
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)`).exec(headers.authorization ?? '')?.[1] ?? '';
    const found = self.state.tokens.find(({ parts, value }) => parts.publicKey === field('username') && self.accepts(value));
    if (found === undefined || field('nonce') !== nonce || field('uri') !== path) return refused;
    const first = md5(`${field('username')}:${realm}:${found.value}`);
    const second = md5(`GET:${path}`);
    const proof = md5(`${first}:${nonce}:${field('nc')}:${field('cnonce')}:${field('qop')}:${second}`);
    if (field('response') !== proof) return refused;
    const apiKey = { id: found.ref, publicKey: found.parts.publicKey, roles: [], accessList: [] };
    return {
      status: 200,
      body: { apiKey, appName: 'MongoDB Atlas', build: '0'.repeat(40), throttling: false },
      headers: versioned,
    };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, name, parts, value, roles }: Key) {
  const privateKey = `********-****-****-${value.slice(-12)}`;
  return { id: ref, desc: name, publicKey: parts.publicKey, privateKey, roles: roles.map((roleName) => ({ roleName })) };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
