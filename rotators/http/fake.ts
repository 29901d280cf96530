import * as z from 'zod';
import {
  basicOf,
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

// Three services that do not exist, each unlike the others in what long tails are made of: how one proves oneself, how a no is said, how a
// list goes on. Their scopes stand in docs/examples/without-code too.

interface Habits {
  readonly api: string;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly authority: Readonly<Record<string, string>>;
  readonly settleSeconds: number;
  readonly deathSeconds: number;
  readonly lifetimeDays?: number;
  /** What it calls a new token, and what it issues with it. */
  issue(world: FakeWorld, count: number): Pick<FakeToken, 'ref' | 'value' | 'parts'>;
  answer(request: FakeRequest, keeper: Keeper): FakeAnswer;
}

/** What every such service does with tokens, whatever its API looks like. */
interface Keeper {
  readonly now: number;
  live(): readonly FakeToken[];
  all(): readonly FakeToken[];
  make(name: string | undefined): FakeToken;
  /** A token that works now. Asking is a use. */
  use(value: string | undefined): FakeToken | undefined;
  /** Whether there was one to end. */
  end(ref: string): boolean;
}

function createFake(habits: Habits): RotatorFakeFactory {
  return (world) => {
    const { api, scope, authority, lifetimeDays } = habits;
    const self = {
      api,
      scope,
      authority,
      state: { tokens: [] as readonly FakeToken[] },
      accepts: (value: string) => find(value) !== undefined,
      makeByHand: (name: string) => make(name),
      handle: (request: FakeRequest) => habits.answer(request, keeper()),
    };
    const find = (value: string | undefined) =>
      self.state.tokens.find((token) => token.value === value && isTaken(token, world.now(), habits));
    const change = (ref: string, changes: Partial<FakeToken>) => {
      self.state = { tokens: self.state.tokens.map((each) => (each.ref === ref ? { ...each, ...changes } : each)) };
    };
    const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

    function make(name: string | undefined): FakeToken {
      const createdAt = world.now();
      const expiresAt = lifetimeDays === undefined ? {} : { expiresAt: createdAt + lifetimeDays * 86_400_000 };
      const issued = habits.issue(world, self.state.tokens.length);
      const token = { ...issued, ...(name === undefined ? {} : { name }), createdAt, ...expiresAt };
      self.state = { tokens: [...self.state.tokens, token] };
      return token;
    }

    function keeper(): Keeper {
      return {
        now: world.now(),
        live,
        all: () => self.state.tokens,
        make,
        use(value) {
          const found = find(value);
          if (found !== undefined) change(found.ref, { lastUsedAt: world.now() });
          return found;
        },
        end(ref) {
          if (!live().some((each) => each.ref === ref)) return false;
          change(ref, { revokedAt: world.now() });
          return true;
        },
      };
    }

    return self;
  };
}

// ---------------------------------------------------------------------------------------------------------------- Foghorn

const foghornDays = 90;
const foghornSlots = 60;
const foghornPage = 20;
const foghornWish = z.strictObject({
  label: z.string().min(1).max(80),
  permissions: z.tuple([z.literal('lamps:read'), z.literal('lamps:switch')]),
  expires_at: z.iso.datetime(),
});

/** Bearer tokens, JSON, a Link header; ended keys stay in the list, and last uses are told to ten minutes. */
export const fake = createFake({
  api: 'https://api.foghorn.example',
  scope: {
    service: 'Foghorn',
    api: 'https://api.foghorn.example/v1',
    variables: { station: 'cape-north' },
    lifetimeDays: foghornDays,
    markCharacters: 80,
    slots: foghornSlots,
    valueBytes: 64,
    settleSeconds: 5,
    deathSeconds: 20,
    lastUsed: { granularityMinutes: 10, lagMinutes: 0 },
    mint: {
      url: '/stations/{{variables.station}}/keys',
      headers: { authorization: 'Bearer {{authority.token}}' },
      json: { label: '{{mark}}', permissions: ['lamps:read', 'lamps:switch'], expires_at: '{{expiresAt}}' },
      answers: [{ status: 409, where: { '/error/code': 'too_many_keys' }, means: 'key-limit' }],
      out: { value: '/key', ref: '/id' },
    },
    verify: {
      url: '/me',
      headers: { authorization: 'Bearer {{value}}' },
      answers: [{ status: 200, where: { '/station': 'cape-north' }, means: 'alive' }],
      out: { scopes: '/permissions', expiresAt: '/expires_at' },
    },
    inspect: {
      url: '/stations/{{variables.station}}/keys/{{ref}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
      out: { createdAt: '/created_at', expiresAt: '/expires_at', lastUsedAt: '/last_used_at', lastUsedBy: '/last_used_from' },
    },
    revoke: {
      url: '/stations/{{variables.station}}/keys/{{ref}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
    },
    find: {
      url: '/stations/{{variables.station}}/keys',
      headers: { authorization: 'Bearer {{authority.token}}' },
      query: { per_page: '20' },
      paging: { link: 'header' },
      out: { items: '', ref: '/id', name: '/label', createdAt: '/created_at' },
      only: { '/revoked_at': null },
    },
  },
  authority: { token: 'canary-foghorn-management-token' },
  settleSeconds: 5,
  deathSeconds: 20,
  lifetimeDays: foghornDays,
  issue: (world) => ({ ref: `key_${world.random(12)}`, value: `canary-foghorn-${world.random(32)}` }),

  answer(request, keeper) {
    const { method, path, query } = request;
    const bearer = bearerOf(request);
    if (method === 'GET' && path === '/v1/me') {
      const token = keeper.use(bearer);
      if (token === undefined) return unauthorized;
      const body = { station: 'cape-north', permissions: ['lamps:read', 'lamps:switch'], expires_at: iso(token.expiresAt) };
      return { status: 200, body };
    }
    if (bearer !== 'canary-foghorn-management-token') return unauthorized;
    const [, ref] = /^\/v1\/stations\/cape-north\/keys(?:\/([^/]+))?$/.exec(path) ?? [undefined, ''];
    if (ref === '') return missing;
    if (ref === undefined && method === 'GET') {
      if (Object.keys(query).some((name) => !['per_page', 'after'].includes(name)) || query.per_page !== '20')
        return unknownField;
      return foghornList(keeper.all(), query.after);
    }
    if (ref === undefined && method === 'POST') {
      const wish = foghornWish.safeParse(jsonOf(request));
      if (!wish.success) return unknownField;
      if (Math.abs(Date.parse(wish.data.expires_at) - keeper.now - foghornDays * 86_400_000) > 60_000) return unknownField;
      if (keeper.live().length >= foghornSlots) return { status: 409, body: { error: { code: 'too_many_keys' } } };
      const token = keeper.make(wish.data.label);
      return { status: 201, body: { id: token.ref, key: token.value } };
    }
    const found = keeper.live().find((each) => each.ref === ref);
    if (ref === undefined || found === undefined) return missing;
    if (method === 'GET') return { status: 200, body: foghornShown(found) };
    if (method !== 'DELETE') return { status: 405, body: {} };
    keeper.end(ref);
    return { status: 204 };
  },
});

/** In pages, by ids that have no order; the next one by a header that names the whole address. */
function foghornList(tokens: readonly FakeToken[], after: string | undefined): FakeAnswer {
  const sorted = [...tokens].sort((a, b) => a.ref.localeCompare(b.ref));
  const start = after === undefined ? 0 : sorted.findIndex(({ ref }) => ref === after) + 1;
  const shown = sorted.slice(start, start + foghornPage);
  const last = shown.at(-1);
  const list = 'https://api.foghorn.example/v1/stations/cape-north/keys';
  const first = `<${list}?per_page=${foghornPage}>; rel="first"`;
  const isMore = last !== undefined && start + foghornPage < sorted.length;
  const link = isMore ? `${first}, <${list}?per_page=${foghornPage}&after=${last.ref}>; rel="next"` : first;
  return { status: 200, body: shown.map(foghornShown), headers: { link } };
}

function foghornShown({ ref, name, createdAt, revokedAt, expiresAt, lastUsedAt }: FakeToken) {
  return {
    id: ref,
    label: name,
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
    revoked_at: iso(revokedAt),
    last_used_at: iso(lastUsedAt === undefined ? undefined : Math.floor(lastUsedAt / 600_000) * 600_000),
    last_used_from: lastUsedAt === undefined ? null : '192.0.2.7',
  };
}

// ---------------------------------------------------------------------------------------------------------------- Tidewater

const tidewaterSlots = 40;
const tidewaterPage = 15;
const tidewaterUser = 'canary-tidewater-clerk';
const tidewaterPassword = 'canary-tidewater-clerks-password';

/** Forms, basic authentication, ids that are numbers, no names; nearly every no is a 200 with `ok: false`. */
const tidewater = createFake({
  api: 'https://tidewater.example',
  scope: {
    service: 'Tidewater',
    api: 'https://tidewater.example/api',
    variables: { role: 'gauge-reader' },
    slots: tidewaterSlots,
    valueBytes: 64,
    settleSeconds: 0,
    deathSeconds: 0,
    mint: {
      url: '/keys',
      basic: { user: '{{authority.user}}', password: '{{authority.password}}' },
      form: { role: '{{variables.role}}' },
      answers: [{ status: 400, where: { '/ok': false, '/error': 'limit' }, means: 'key-limit' }],
      out: { value: '/key/secret', ref: '/key/number', parts: { keyName: '/key/name' } },
    },
    verify: {
      method: 'POST',
      url: '/session',
      basic: { user: '{{parts.keyName}}', password: '{{value}}' },
      form: { dry_run: 'yes' },
      answers: [
        { status: 200, where: { '/ok': false, '/error': 'bad_key' }, means: 'dead' },
        { status: 200, where: { '/ok': true }, has: ['/account'], means: 'alive' },
      ],
    },
    revoke: {
      method: 'POST',
      url: '/keys/revoke',
      basic: { user: '{{authority.user}}', password: '{{authority.password}}' },
      form: { number: '{{ref}}' },
      answers: [
        { status: 200, where: { '/ok': true }, means: 'ok' },
        { status: 200, where: { '/error': 'no_such_key' }, means: 'absent' },
        { status: 200, means: 'rejected' },
      ],
    },
    find: {
      url: '/keys',
      basic: { user: '{{authority.user}}', password: '{{authority.password}}' },
      paging: { cursor: '/next', query: 'from' },
      out: { items: '/keys', ref: '/number', createdAt: '/made' },
    },
  },
  authority: { user: tidewaterUser, password: tidewaterPassword },
  settleSeconds: 0,
  deathSeconds: 0,
  issue: (world, count) => ({
    ref: String(1041 + count),
    value: `canary-tidewater-${world.random(24)}`,
    parts: { keyName: `tw-${1041 + count}` },
  }),

  answer(request, keeper) {
    const { method, path, query } = request;
    const basic = basicOf(request);
    const form = formOf(request);
    if (method === 'POST' && path === '/api/session') {
      if (form?.dry_run !== 'yes') return { status: 422, body: { ok: false, error: 'what?' } };
      const token = keeper.all().find(({ parts }) => parts?.keyName === basic?.user);
      const isKnown = token !== undefined && token.value === basic?.password && keeper.use(token.value) !== undefined;
      return { status: 200, body: isKnown ? { ok: true, account: 'harbour' } : { ok: false, error: 'bad_key' } };
    }
    if (basic?.user !== tidewaterUser || basic.password !== tidewaterPassword) return unauthorized;
    if (method === 'GET' && path === '/api/keys') return tidewaterList(keeper.live(), query.from);
    if (method !== 'POST' || form === undefined) return missing;
    if (path === '/api/keys') {
      if (Object.keys(form).join() !== 'role' || form.role !== 'gauge-reader') return unknownField;
      if (keeper.live().length >= tidewaterSlots) return { status: 400, body: { ok: false, error: 'limit' } };
      const { ref, value, parts } = keeper.make(undefined);
      return { status: 200, body: { ok: true, key: { number: Number(ref), name: parts?.keyName, secret: value } } };
    }
    if (path !== '/api/keys/revoke' || Object.keys(form).join() !== 'number') return missing;
    return { status: 200, body: keeper.end(form.number ?? '') ? { ok: true } : { ok: false, error: 'no_such_key' } };
  },
});

/** The cursor of the last page is an empty text. */
function tidewaterList(live: readonly FakeToken[], from = '0'): FakeAnswer {
  const start = live.findIndex(({ ref }) => Number(ref) >= Number(from));
  const shown = start < 0 ? [] : live.slice(start, start + tidewaterPage);
  const next = start < 0 ? undefined : live[start + tidewaterPage]?.ref;
  const keys = shown.map(({ ref, createdAt }) => ({ number: Number(ref), made: Math.floor(createdAt / 1000) }));
  return { status: 200, body: { ok: true, keys, next: next ?? '' } };
}

// ---------------------------------------------------------------------------------------------------------------- Lanyard

const lanyardWish = z.strictObject({ crane: z.literal(7), ttl_seconds: z.literal(30 * 86_400) });

/** No ids and no list: a token is ended by showing it. */
const lanyard = createFake({
  api: 'https://lanyard.example',
  scope: {
    service: 'Lanyard',
    api: 'https://lanyard.example',
    variables: { crane: '7' },
    lifetimeDays: 30,
    valueBytes: 64,
    settleSeconds: 0,
    deathSeconds: 30,
    mint: {
      method: 'PUT',
      url: '/tokens/new',
      headers: { 'x-lanyard-key': '{{authority.value}}' },
      json: { crane: '{{variables.crane.number}}', ttl_seconds: '{{lifetimeSeconds}}' },
      out: { value: '/granted/0/token' },
    },
    verify: {
      url: '/tokens/self',
      headers: { 'x-lanyard-token': '{{value}}' },
      answers: [
        { status: 200, where: { '/crane': 7, '/state': 'good' }, means: 'alive' },
        { status: 200, where: { '/state': 'ended' }, means: 'dead' },
        { status: [401, 403], where: { '/state': 'unknown' }, means: 'dead' },
      ],
      out: { expiresAt: '/until' },
    },
    revoke: {
      method: 'POST',
      url: '/tokens/end',
      headers: { 'x-lanyard-key': '{{authority.value}}' },
      json: { tokens: ['{{ref}}'] },
    },
  },
  authority: { value: 'canary-lanyard-foreman-key' },
  settleSeconds: 0,
  deathSeconds: 30,
  lifetimeDays: 30,
  issue(world) {
    const value = `canary-lanyard-${world.random(32)}`;
    return { ref: value, value };
  },

  answer(request, keeper) {
    const { method, path, headers } = request;
    if (method === 'GET' && path === '/tokens/self') {
      const shown = headers['x-lanyard-token'];
      const token = keeper.use(shown);
      if (token !== undefined)
        return { status: 200, body: { crane: 7, state: 'good', until: Math.floor((token.expiresAt ?? 0) / 1000) } };
      const isKnown = keeper.all().some(({ value }) => value === shown);
      return isKnown ? { status: 200, body: { state: 'ended' } } : { status: 403, body: { state: 'unknown' } };
    }
    if (headers['x-lanyard-key'] !== 'canary-lanyard-foreman-key') return unauthorized;
    if (method === 'PUT' && path === '/tokens/new') {
      if (!lanyardWish.safeParse(jsonOf(request)).success) return unknownField;
      return { status: 200, body: { granted: [{ token: keeper.make(undefined).value }] } };
    }
    if (method !== 'POST' || path !== '/tokens/end') return missing;
    const wish = z.strictObject({ tokens: z.tuple([z.string()]) }).safeParse(jsonOf(request));
    if (!wish.success) return unknownField;
    // As RFC 7009 has it: what it does not know is ended already.
    keeper.end(wish.data.tokens[0]);
    return { status: 200, body: {} };
  },
});

/** The others, by name. */
export const examples: Readonly<Record<string, RotatorFakeFactory>> = { tidewater, lanyard };

const unauthorized: FakeAnswer = { status: 401, body: { error: { code: 'who_are_you' } } };
const missing: FakeAnswer = { status: 404, body: { error: { code: 'not_here' } } };
const unknownField: FakeAnswer = { status: 422, body: { error: { code: 'what_is_that' } } };

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
