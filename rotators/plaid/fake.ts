import * as z from 'zod';
import { type FakeAnswer, type FakeRequest, type FakeWorld, jsonOf, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const clientId = '5f3c1e9a4f2b8d0013aacafe';
const question = z.strictObject({
  client_id: z.string(),
  secret: z.string(),
  count: z.int().min(1).max(500),
  offset: z.int().min(0),
  country_codes: z.array(z.string().regex(/^[A-Z]{2}$/)).min(1),
});

/** One client in its sandbox: JSON and POST only, and 400 for whatever is wrong. */
export const fake = ((world: FakeWorld) => {
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-${world.random(30)}`));

  return Object.assign(tokens, {
    api: 'https://sandbox.plaid.com',
    scope: { apiUrl: 'https://sandbox.plaid.com', clientId, countryCode: 'US' },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (method !== 'POST' || path !== '/institutions/get')
        return { status: 404, body: refusal('INVALID_REQUEST', 'NOT_FOUND') };
      if (headers['plaid-version'] !== '2020-09-14') return { status: 400, body: refusal('INVALID_REQUEST', 'INVALID_HEADERS') };
      const parsed = question.safeParse(jsonOf(request));
      if (!parsed.success) return { status: 400, body: refusal('INVALID_REQUEST', 'UNKNOWN_FIELDS') };
      const { client_id, secret } = parsed.data;
      if (client_id !== clientId || tokens.taken(secret) === undefined)
        return { status: 400, body: refusal('INVALID_INPUT', 'INVALID_API_KEYS') };
      const institutions = [{ institution_id: 'ins_1', name: 'A bank', country_codes: ['US'] }];
      return { status: 200, body: { institutions, total: 11_000, request_id: 'r1' } };
    },
  });
}) satisfies RotatorFakeFactory;

function refusal(error_type: string, error_code: string) {
  return { error_type, error_code, error_message: 'no', display_message: null, request_id: 'r1' };
}
