import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .enum(['https://production.plaid.com', 'https://sandbox.plaid.com'])
    .default('https://production.plaid.com')
    .describe('The environment: each has secrets of its own.')
    .meta({ principal: true }),
  clientId: z
    .string()
    .regex(/^\w+$/)
    .describe('The client, by its id; it is the same in every environment.')
    .meta({ principal: true, identifier: true }),
  countryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters')
    .default('US')
    .describe('A country in which the client may look at institutions.'),
});
type Scope = z.infer<typeof scope>;

const refused = z.object({ error_type: z.string(), error_code: z.string() });

export const plaid: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  // Plaid answers 400 to whatever it refuses: only the code says why.
  async verify({ http, scope: { clientId, countryCode } }, { value }) {
    const json = { client_id: clientId, secret: value, count: 1, offset: 0, country_codes: [countryCode] };
    const request = { json, headers: { 'plaid-version': '2020-09-14' }, asks: true, accept: [400] };
    const answer = await http('POST', '/institutions/get', request);
    if (answer.status !== 400) {
      answer.json(z.object({ institutions: z.array(z.unknown()), total: z.number() }));
      return { ok: true };
    }
    const { error_type, error_code } = answer.json(refused);
    if (error_code === 'INVALID_API_KEYS')
      return { ok: false, why: 'rejected', detail: 'POST /institutions/get answered INVALID_API_KEYS' };
    throw unexplained(error_type === 'RATE_LIMIT_EXCEEDED');
  },
};

function unexplained(isLimited: boolean): RotationError {
  if (isLimited)
    return new RotationError('limited', `${facts.name}: POST /institutions/get asked for a pause`, {
      fix: 'Nothing to do: it is tried again.',
      definite: true,
    });
  return new RotationError('refused', `${facts.name}: POST /institutions/get was refused, and not because of the secret`, {
    fix: 'Check `clientId` and `countryCode` in the catalog, and in the Plaid Dashboard that the team may use this environment.',
    definite: true,
  });
}
