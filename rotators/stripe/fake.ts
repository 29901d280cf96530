import { bearerOf, type FakeAnswer, type FakeRequest, type FakeWorld, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One live account, whose restricted keys may see the balance or not, and never the account. */
export const fake = ((world: FakeWorld) => {
  const tokens = handmadeTokens(world, facts, () => {
    const sort = tokens.state.tokens.length % 2 === 0 ? 'rk_narrow' : 'sk_live';
    return namedByValue(`canary-${sort}_${world.random(90)}`);
  });

  return Object.assign(tokens, {
    api: facts.api,
    scope: { accountId: 'acct_1Acme', mode: 'live' },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const token = tokens.taken(bearerOf(request));
      if (token === undefined) return problem(401, 'invalid_request_error', 'Invalid API Key provided');
      if (method !== 'GET') return problem(404, 'invalid_request_error', 'Unrecognized request URL');
      if (path !== '/v1/balance' && path !== '/v1/account')
        return problem(404, 'invalid_request_error', 'Unrecognized request URL');
      if (token.value.includes('rk_narrow'))
        return problem(403, 'invalid_request_error', 'The provided key does not have the required permissions');
      const body =
        path === '/v1/balance' ? { object: 'balance', livemode: true, available: [] } : { id: 'acct_1Acme', object: 'account' };
      return { status: 200, body };
    },
  });
}) satisfies RotatorFakeFactory;

function problem(status: number, type: string, message: string): FakeAnswer {
  return { status, body: { error: { type, message } } };
}
