import { bearerOf, type FakeAnswer, type FakeRequest, type FakeWorld, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One user, and the two forms in which Airtable says no. */
export const fake = ((world: FakeWorld) => {
  const userId = 'usrACME0123456789';
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-pat${world.random(14)}.${world.random(64)}`));

  return Object.assign(tokens, {
    api: facts.api,
    scope: { userId },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (tokens.taken(bearerOf(request)) === undefined)
        return { status: 401, body: { error: { type: 'AUTHENTICATION_REQUIRED', message: 'Authentication required' } } };
      if (method === 'GET' && path === '/v0/meta/whoami') return { status: 200, body: { id: userId } };
      return { status: 404, body: { error: 'NOT_FOUND' } };
    },
  });
}) satisfies RotatorFakeFactory;
