import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  accountId: z
    .string()
    .regex(/^acct_\w+$/, 'must begin with acct_')
    .describe('The account that the key opens, by its id.')
    .meta({ principal: true, identifier: true }),
  mode: z.enum(['live', 'test']).default('live').describe('Whether it moves real money.').meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

const balance = z.object({ object: z.literal('balance'), livemode: z.boolean() });
const account = z.object({ object: z.literal('account'), id: z.string() });
const restricted = z.object({ error: z.object({ type: z.string() }) });

export const stripe: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  // The balance tells the mode, the account whose it is; a restricted key may see either, both or neither.
  async verify({ http, scope: { accountId, mode } }, { value }) {
    const question = { request: { bearer: value }, restricted };
    const isOfMode = ({ livemode }: z.infer<typeof balance>) => livemode === (mode === 'live');
    const verdict = await judgeWhoAmI(http, { ...question, path: '/v1/balance', self: balance, isOurs: isOfMode });
    if (!verdict.ok) return verdict;
    return judgeWhoAmI(http, { ...question, path: '/v1/account', self: account, isOurs: ({ id }) => id === accountId });
  },
};
