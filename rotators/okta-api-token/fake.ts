import type { FakeAnswer, FakeRequest, FakeWorld, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One administrator, whose tokens may end themselves. */
export const fake = ((world: FakeWorld) => {
  const userId = '00u1acme';
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-00${world.random(40)}`));

  return Object.assign(tokens, {
    api: 'https://acme.okta.com',
    scope: { orgUrl: 'https://acme.okta.com', userId },
    authority: {},

    handle({ method, path, headers }: FakeRequest): FakeAnswer {
      const [, value] = /^SSWS (\S+)$/.exec(headers.authorization ?? '') ?? [];
      const token = tokens.taken(value);
      if (token === undefined) return problem(401, 'E0000011', 'Invalid token provided');
      if (method === 'GET' && path === '/api/v1/users/me')
        return { status: 200, body: { id: userId, status: 'ACTIVE', profile: { login: 'robot@acme.example' } } };
      if (method !== 'DELETE' || path !== '/api/v1/api-tokens/current')
        return problem(404, 'E0000007', 'Not found: Resource not found');
      tokens.end(token);
      return { status: 204 };
    },
  });
}) satisfies RotatorFakeFactory;

function problem(status: number, errorCode: string, errorSummary: string): FakeAnswer {
  return { status, body: { errorCode, errorSummary, errorLink: errorCode, errorId: 'oae1', errorCauses: [] } };
}
