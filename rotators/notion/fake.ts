import { bearerOf, type FakeAnswer, type FakeRequest, type FakeWorld, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One workspace: a version with every call, and connections that may not ask for anybody, themselves included. */
export const fake = ((world: FakeWorld) => {
  const workspace = 'Acme';
  const tokens = handmadeTokens(world, facts, () => {
    const sort = tokens.state.tokens.length % 2 === 0 ? 'ntn' : 'ntn_nobody';
    return namedByValue(`canary-${sort}_${world.random(46)}`);
  });

  return Object.assign(tokens, {
    api: facts.api,
    scope: { workspace },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      const token = tokens.taken(bearerOf(request));
      if (token === undefined) return problem(401, 'unauthorized', 'API token is invalid.');
      if (!/^\d{4}-\d\d-\d\d$/.test(headers['notion-version'] ?? ''))
        return problem(400, 'missing_version', 'Notion-Version header is missing');
      if (method !== 'GET' || path !== '/v1/users/me') return problem(404, 'object_not_found', 'Not found');
      if (token.value.includes('ntn_nobody'))
        return problem(403, 'restricted_resource', 'Insufficient permissions for this endpoint.');
      const bot = { owner: { type: 'workspace', workspace: true }, workspace_name: workspace };
      return {
        status: 200,
        body: { object: 'user', id: '3e9f0b7c-0d53-4a7e-9a53-0a7f1f0c1d22', type: 'bot', name: 'sync', bot },
      };
    },
  });
}) satisfies RotatorFakeFactory;

function problem(status: number, code: string, message: string): FakeAnswer {
  return { status, body: { object: 'error', status, code, message, request_id: 'b1f6' } };
}
