import { bearerOf, type FakeAnswer, type FakeRequest, type FakeWorld, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One user, whose address is written in another way than in the catalog. */
export const fake = ((world: FakeWorld) => {
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-nfp_${world.random(36)}`));

  return Object.assign(tokens, {
    api: facts.api,
    scope: { email: 'deploy@acme.example' },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if ((headers['user-agent'] ?? '') === '') return { status: 400, body: { code: 400, message: 'User-Agent is missing' } };
      if (tokens.taken(bearerOf(request)) === undefined) return { status: 401, body: { code: 401, message: 'Access Denied' } };
      if (method !== 'GET' || path !== '/api/v1/user') return { status: 404, body: { code: 404, message: 'Not Found' } };
      return { status: 200, body: { id: '5f3c1e', full_name: 'Deploy', email: 'Deploy@acme.example', site_count: 3 } };
    },
  });
}) satisfies RotatorFakeFactory;
