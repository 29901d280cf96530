import { bearerOf, type FakeAnswer, type FakeRequest, type FakeWorld, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One account in one data centre, which shows no more than the fields that were asked for. */
export const fake = ((world: FakeWorld) => {
  const account = { account_id: '8d3a3db4d97663a9074efcc16', account_name: 'Acme', role: 'manager' };
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-${world.random(32)}-us12`));

  return Object.assign(tokens, {
    api: 'https://us12.api.mailchimp.com/3.0',
    scope: { apiUrl: 'https://us12.api.mailchimp.com/3.0', accountId: account.account_id },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, query } = request;
      if (tokens.taken(bearerOf(request)) === undefined) return problem(401, 'API Key Invalid');
      if (method !== 'GET' || path !== '/3.0/') return problem(404, 'Resource Not Found');
      const fields = query.fields?.split(',');
      const shown = Object.entries(account).filter(([name]) => fields === undefined || fields.includes(name));
      return { status: 200, body: Object.fromEntries(shown) };
    },
  });
}) satisfies RotatorFakeFactory;

function problem(status: number, title: string): FakeAnswer {
  const type = 'https://mailchimp.com/developer/marketing/docs/errors/';
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { type, title, status, detail: 'no', instance: 'i-1' },
  };
}
