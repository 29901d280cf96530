import * as z from 'zod';
import type { Rotator } from '../engine/contract.ts';
import { absence } from '../engine/errors.ts';
import { can, cannot, type RotatorFacts } from '../engine/facts.ts';
import { Secret } from '../engine/secret.ts';
import { secretText } from '../plugin/schemas.ts';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from './fake.ts';

// Lantern: a provider that does not exist, with everything a provider can have. Dependents are held against its tokens.

export const lanternFacts = {
  name: 'lantern',
  title: 'Lantern key',
  summary: 'Opens one project of Lantern.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://api.lantern.test',
  mark: can({ maximumCharacters: 80 }),
  list: can(),
  revoke: can(),
  expiry: cannot('Lantern keys never expire; the catalog sets the age instead'),
  scopes: cannot('a Lantern key may do everything in its project'),
  lastUsed: cannot('Lantern does not tell'),
  slots: can({ live: 10 }),
  parts: {},
  requiredParts: [],
  valueBytes: 64,
  settleSeconds: 1,
  deathSeconds: 0,
  leastPrivilege: ['Make a service account that may manage the keys of one project, and store its key as {"key": "..."}.'],
  byHand: ['Sign in, open Settings > Keys, and make a key.', 'Store it in the secret.'],
  ifAllElseFails: 'sign in as the owner, open Settings > Keys, and make a key by hand.',
  sources: [{ says: 'POST /keys answers the secret once', url: 'https://docs.lantern.test/keys', checked: '2026-11-21' }],
  unconfirmed: [],
  proven: [{ on: 'fake', date: '2026-11-21' }],
} as const satisfies RotatorFacts;

const scope = z.strictObject({ project: z.string().min(1).describe('The project that the key opens.') });
const authority = z.strictObject({ key: secretText });
const issued = z.object({ id: z.string().min(1), secret: z.string().min(1) });
const listed = z.object({ keys: z.array(z.object({ id: z.string().min(1), name: z.string(), createdAt: z.number() })) });

export const lantern: Rotator<z.infer<typeof scope>, z.infer<typeof authority>> = {
  facts: lanternFacts,
  scope,
  authority,

  async mint({ http, scope: { project }, authority: { key } }, { mark }) {
    const answer = await http('POST', `/projects/${encodeURIComponent(project)}/keys`, { bearer: key, json: { name: mark } });
    const { id, secret } = answer.json(issued);
    return { credential: { value: new Secret(secret), parts: {} }, ref: id };
  },

  async verify({ http }, { value }) {
    const answer = await http('GET', '/me', { bearer: value, accept: [401] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: 'GET /me answered 401' };
    answer.json(z.object({ key: z.string() }));
    return { ok: true };
  },

  async revoke({ http, scope: { project }, authority: { key } }, { ref }) {
    const path = `/projects/${encodeURIComponent(project)}/keys/${encodeURIComponent(ref)}`;
    await http('DELETE', path, { bearer: key, idempotent: true }).catch(absence);
  },

  async find({ http, scope: { project }, authority: { key } }) {
    const { keys } = (await http('GET', `/projects/${encodeURIComponent(project)}/keys`, { bearer: key })).json(listed);
    return keys.map(({ id, name, createdAt }) => ({ ref: id, name, createdAt }));
  },
};

export const lanternFake = ((world: FakeWorld) => {
  const project = 'lighthouse';
  const key = 'canary-lantern-authority';
  const self = {
    api: 'https://api.lantern.test',
    scope: { project },
    authority: { key },
    state: { tokens: [] as readonly FakeToken[] },

    accepts: (value: string) =>
      self.state.tokens.some((token) => token.value === value && isAwake(token) && token.revokedAt === undefined),
    makeByHand: (name: string) => make(name),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = bearerOf(request) ?? '';
      if (method === 'GET' && path === '/me') {
        const token = self.accepts(bearer) ? live().find(({ value }) => value === bearer) : undefined;
        return token === undefined ? { status: 401, body: {} } : { status: 200, body: { key: token.ref } };
      }
      if (bearer !== key) return { status: 401, body: {} };
      const [, id] = new RegExp(`^/projects/${project}/keys(?:/([^/]+))?$`).exec(path) ?? [undefined, null];
      if (id === null) return { status: 404, body: {} };
      if (id === undefined && method === 'GET')
        return { status: 200, body: { keys: live().map(({ ref, name, createdAt }) => ({ id: ref, name, createdAt })) } };
      if (id === undefined && method === 'POST') return mint(jsonOf(request));
      return method === 'DELETE' && id !== undefined ? revoke(id) : { status: 405, body: {} };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);
  const isAwake = ({ createdAt }: FakeToken) => world.now() - createdAt >= lanternFacts.settleSeconds * 1000;

  function make(name: string): FakeToken {
    const token = { ref: world.random(12), value: `canary-lantern-${world.random(24)}`, name, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = z.strictObject({ name: z.string().min(1).max(80) }).safeParse(body);
    if (!parsed.success) return { status: 422, body: {} };
    if (live().length >= lanternFacts.slots.live) return { status: 409, body: {} };
    const { ref, value } = make(parsed.data.name);
    return { status: 201, body: { id: ref, secret: value } };
  }

  function revoke(id: string): FakeAnswer {
    if (!live().some(({ ref }) => ref === id)) return { status: 404, body: {} };
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === id ? { ...token, revokedAt: world.now() } : token)) };
    return { status: 204 };
  }

  return self;
}) satisfies RotatorFakeFactory;
