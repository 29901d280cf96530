import * as z from 'zod';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const toRevoke = z.strictObject({ credentials: z.array(z.string()).min(1).max(1000) });

/** One account with classic tokens: revocations without a credential only, and always the same yes to them. */
export const fake = ((world: FakeWorld) => {
  const login = 'acme-bot';
  const year = 365 * 86_400_000;
  const tokens = handmadeTokens(world, facts, () => ({
    ...namedByValue(`canary-ghp-${world.random(36)}`),
    expiresAt: Math.floor(world.now() / 1000) * 1000 + year,
  }));

  return Object.assign(tokens, {
    api: 'https://api.github.com',
    scope: { apiUrl: 'https://api.github.com', login },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (headers.accept !== 'application/vnd.github+json') return problem(415, 'Unsupported accept header');
      if (headers['x-github-api-version'] !== '2022-11-28') return problem(400, 'Not a supported version');
      if (method === 'POST' && path === '/credentials/revoke') return revoke(request);
      const token = tokens.taken(bearerOf(request));
      if (token === undefined) return problem(401, 'Bad credentials');
      if (method === 'GET' && path === '/user')
        return { status: 200, headers: headersOf(token), body: { login, id: 4711, type: 'User' } };
      return problem(404, 'Not Found');
    },
  });

  function revoke(request: FakeRequest): FakeAnswer {
    if (request.headers.authorization !== undefined) return problem(403, 'Forbidden');
    const parsed = toRevoke.safeParse(jsonOf(request));
    if (!parsed.success) return problem(422, 'Validation Failed');
    for (const value of parsed.data.credentials) tokens.end(tokens.live().find((token) => token.value === value));
    return { status: 202, body: {} };
  }
}) satisfies RotatorFakeFactory;

function headersOf({ expiresAt = 0 }: FakeToken): Readonly<Record<string, string>> {
  const end = new Date(expiresAt).toISOString().replace(/^(.{10})T(.{8}).*$/, '$1 $2 UTC');
  return { 'x-oauth-scopes': 'repo, workflow', 'github-authentication-token-expiration': end };
}

function problem(status: number, message: string): FakeAnswer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } };
}
