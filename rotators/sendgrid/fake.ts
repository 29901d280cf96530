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
import { facts } from './facts.ts';

interface Token extends FakeToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** The subuser that it belongs to; the parent account's own is undefined. */
  readonly account: string | undefined;
}

const wanted = z.strictObject({ name: z.string().min(1).max(64), scopes: z.array(z.string()).optional() });

const rights: Readonly<Record<string, string>> = {
  'GET keys': 'api_keys.read',
  'POST keys': 'api_keys.create',
  'GET key': 'api_keys.read',
  'DELETE key': 'api_keys.delete',
};

/** An account with one subuser: answers 403 for a full account as for a missing right, and adds scopes that nobody asked for. */
export const fake = ((world: FakeWorld) => {
  const subuser = 'mailer';
  const admin: Token = {
    ref: 'canaryadminkeyid000000',
    value: 'canary-SG.canaryadminkeyid000000.admin',
    name: 'keyturn authority',
    scopes: ['api_keys.create', 'api_keys.read', 'api_keys.delete', 'mail.send', 'templates.read'],
    createdAt: world.now(),
    account: undefined,
  };
  const addedScopes = ['2fa_required', 'sender_verification_eligible'];
  const knownScopes = [...admin.scopes, ...addedScopes, 'billing.read', 'teammates.create'];
  const unauthorized = problem(401, 'authorization required');
  const forbidden = problem(403, 'access forbidden');
  const unknown = problem(404, 'unable to find API Key');

  const self = {
    api: facts.api,
    scope: { scopes: ['mail.send'], onBehalfOf: subuser },
    authority: { value: admin.value },
    state: { tokens: [] as readonly Token[] },

    makeByHand: (name: string) => make(name, ['mail.send'], subuser),
    accepts: (value: string) => keyOf(value) !== undefined,

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const caller = keyOf(bearerOf(request));
      if (caller === undefined) return unauthorized;
      if (path === '/v3/scopes' && method === 'GET') return { status: 200, body: { scopes: caller.scopes } };

      const [place, id] = /^\/v3\/api_keys(?:\/([^/]+))?$/.exec(path) ?? [];
      if (place === undefined) return problem(404, 'not found');
      const right = rights[`${method} ${id === undefined ? 'keys' : 'key'}`];
      if (right === undefined) return problem(405, 'method not allowed');
      const account = request.headers['on-behalf-of'];
      const mayActFor = account === caller.account || (account === subuser && caller.account === undefined);
      if (!caller.scopes.includes(right) || !mayActFor) return forbidden;
      if (method === 'POST') return mint(jsonOf(request), caller, account);
      const live = keysOf(account);
      if (id === undefined) return { status: 200, body: { result: live.map(shown).slice(0, limitIn(request)) } };
      const found = live.find(({ ref }) => ref === decodeURIComponent(id));
      if (found === undefined) return unknown;
      if (method === 'GET') return { status: 200, body: { result: [{ ...shown(found), scopes: found.scopes }] } };
      self.state = { tokens: self.state.tokens.map((each) => (each === found ? { ...each, revokedAt: world.now() } : each)) };
      return { status: 204 };
    },
  };

  function make(name: string, scopes: readonly string[], account: string | undefined): Token {
    const ref = world.random(22);
    const value = `canary-SG.${ref}.${world.random(36)}`;
    const token = { ref, value, name, scopes: [...scopes, ...addedScopes], createdAt: world.now(), account };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function mint(body: unknown, caller: Token, account: string | undefined): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return problem(400, 'invalid request', String(parsed.error.issues[0]?.path[0] ?? 'name'));
    const { name, scopes = knownScopes } = parsed.data; // none asked for is all of them
    if (scopes.some((scope) => !knownScopes.includes(scope))) return problem(400, 'invalid scope', 'scopes');
    if (!scopes.every((scope) => caller.scopes.includes(scope) || addedScopes.includes(scope))) return forbidden;
    if (keysOf(account).length >= facts.slots.live) return problem(403, 'Cannot create more than 100 API Keys');
    const token = make(name, scopes, account);
    return { status: 201, body: { api_key: token.value, ...shown(token), scopes: token.scopes } };
  }

  /** A key that works now: a new one not at once, a deleted one a little longer. */
  function keyOf(value: string | undefined): Token | undefined {
    const found = self.state.tokens.find((token) => token.value === value && isTaken(token, world.now(), facts));
    return value === admin.value ? admin : found;
  }

  /** In no order that means anything. */
  function keysOf(account: string | undefined): readonly Token[] {
    const all = account === undefined ? [admin, ...self.state.tokens] : self.state.tokens;
    const live = all.filter((token) => token.account === account && token.revokedAt === undefined);
    return [...live].sort((a, b) => a.ref.localeCompare(b.ref));
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, name }: Token) {
  return { api_key_id: ref, name };
}

function limitIn({ query }: FakeRequest): number {
  return query.limit === undefined ? facts.slots.live : Number(query.limit);
}

function problem(status: number, message: string, field: string | null = null): FakeAnswer {
  return { status, body: { errors: [{ field, message }] } };
}
