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
  readonly accessLevel: number;
  readonly expiresAt: number;
}

const day = 86_400_000;
const botScopes = ['api', 'read_api', 'read_repository', 'write_repository', 'read_registry', 'self_rotate'];
const wanted = z.strictObject({
  name: z.string().min(1).max(255),
  description: z.string().optional(),
  scopes: z.array(z.enum(botScopes)).min(1),
  access_level: z.literal([10, 15, 20, 30, 40, 50]).default(40),
  expires_at: z.iso.date(),
});
const listed = z.strictObject({
  state: z.enum(['active', 'inactive']).optional(),
  page: z.string().regex(/^\d+$/).default('1'),
  per_page: z.string().regex(/^\d+$/).default('20'),
});

/**
 * One project, asked by its Maintainer: pages in headers, revoked tokens that stay in the list, a last use that is only noted every ten
 * minutes, and 400 to whoever revokes twice.
 */
export const fake = ((world: FakeWorld) => {
  const id = 'acme/web';
  const maintainer = 'canary-glpat-maintainer';
  const places = [`/api/v4/projects/${encodeURIComponent(id)}/access_tokens`, '/api/v4/projects/4711/access_tokens'];
  const unauthorized: FakeAnswer = { status: 401, body: { message: '401 Unauthorized' } };
  const noProject: FakeAnswer = { status: 404, body: { message: '404 Project Not Found' } };
  const noToken: FakeAnswer = { status: 404, body: { message: '404 project Access Token Not Found' } };

  const self = {
    api: 'https://gitlab.acme.test/api/v4',
    scope: { apiUrl: 'https://gitlab.acme.test/api/v4', level: 'project', id, accessLevel: 'developer', scopes: ['read_api'] },
    authority: { value: maintainer },
    state: { tokens: [] as readonly Token[] },

    makeByHand: (name: string) => make({ name, scopes: ['api'], access_level: 40, expires_at: dateOf(world.now() + 30 * day) }),
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && works(token)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = bearerOf(request);
      const caller = self.state.tokens.find((token) => token.value === bearer);
      if (bearer !== maintainer && !(caller && works(caller))) return refusal(caller);
      if (caller) change(caller, { lastUsedAt: seen(caller) });
      if (path === '/api/v4/personal_access_tokens/self' && method === 'GET') {
        // Where a revoked token is still taken, its end is not known there yet; the maintainer's own is asked by nobody.
        return caller ? { status: 200, body: withoutLevel({ ...current(caller), revokedAt: undefined }) } : unauthorized;
      }
      const [, place = '', ref] = /^(.*\/access_tokens)(?:\/([^/]+))?$/.exec(path) ?? [];
      // What one may not see is not there: a token of the project is no Maintainer.
      if (!places.includes(place)) return noProject;
      if (caller) return unauthorized;
      if (ref === undefined && method === 'GET') return list(request);
      if (ref === undefined && method === 'POST') return mint(jsonOf(request));
      const found = self.state.tokens.find((token) => token.ref === ref && isKept(token));
      if (found === undefined) return noToken;
      if (method === 'GET') return { status: 200, body: shown(found) };
      if (method === 'DELETE') return revoke(found);
      return { status: 405, body: { error: '405 Not Allowed' } };
    },
  };

  const works = (token: Token) => isTaken(token, world.now(), facts);
  const isActive = ({ revokedAt, expiresAt }: Token) => revokedAt === undefined && world.now() < expiresAt;
  // The record goes with the bot user, which is removed some time after the token.
  const isKept = ({ revokedAt }: Token) => revokedAt === undefined || world.now() < revokedAt + day;
  const current = ({ ref }: Token) => self.state.tokens.find((token) => token.ref === ref) as Token;
  const seen = ({ lastUsedAt }: Token) =>
    lastUsedAt !== undefined && world.now() < lastUsedAt + facts.lastUsed.granularityMinutes * 60_000 ? lastUsedAt : world.now();

  function change({ ref }: Token, changes: Partial<Token>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make({ name, scopes, access_level, expires_at }: z.infer<typeof wanted>): Token {
    const ref = String(1000 + self.state.tokens.length * 7);
    const value = `canary-glpat-${world.random(27)}.01.${world.random(9)}`;
    const token = {
      ref,
      value,
      name,
      scopes,
      accessLevel: access_level,
      createdAt: world.now(),
      expiresAt: Date.parse(expires_at),
    };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return { status: 400, body: { error: `${String(parsed.error.issues[0]?.path[0])} is invalid` } };
    const { access_level, expires_at } = parsed.data;
    if (access_level > 40) return problem('User does not have permission to create project access token');
    const isTooLate = Date.parse(expires_at) > world.now() + 365 * day;
    if (isTooLate || expires_at <= dateOf(world.now())) return problem('Expiration date is not in range');
    const token = make(parsed.data);
    return { status: 201, body: { ...shown(token), token: token.value } };
  }

  function revoke(token: Token): FakeAnswer {
    if (token.revokedAt !== undefined) return problem('Failed to find bot user');
    change(token, { revokedAt: world.now() });
    return { status: 204 };
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return { status: 400, body: { error: 'state does not have a valid value' } };
    const { state, page, per_page } = parsed.data;
    const kept = self.state.tokens.filter(
      (token) => isKept(token) && (state === undefined || isActive(token) === (state === 'active')),
    );
    const size = Math.min(Number(per_page), 100);
    const start = (Number(page) - 1) * size;
    const hasMore = start + size < kept.length;
    const headers = { 'x-page': page, 'x-per-page': String(size), 'x-next-page': hasMore ? String(Number(page) + 1) : '' };
    return {
      status: 200,
      headers,
      body: [...kept]
        .reverse()
        .slice(start, start + size)
        .map(shown),
    };
  }

  function shown(token: Token) {
    return { ...withoutLevel(token), access_level: token.accessLevel };
  }

  function withoutLevel(token: Token) {
    const { ref, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = token;
    return {
      id: Number(ref),
      user_id: 90_000 + Number(ref),
      name,
      description: null,
      scopes,
      active: isActive(token),
      revoked: revokedAt !== undefined,
      created_at: new Date(createdAt).toISOString(),
      expires_at: dateOf(expiresAt),
      last_used_at: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
    };
  }

  function refusal(token: Token | undefined): FakeAnswer {
    if (token?.revokedAt === undefined) return unauthorized;
    const error_description = 'Token was revoked. You have to re-authorize from the user.';
    return { status: 401, body: { error: 'invalid_token', error_description } };
  }

  return self;
}) satisfies RotatorFakeFactory;

function dateOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

function problem(message: string): FakeAnswer {
  return { status: 400, body: { message: `400 Bad request - ${message}` } };
}
