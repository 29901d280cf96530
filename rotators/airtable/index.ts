import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  userId: z
    .string()
    .regex(/^usr\w+$/, 'must begin with usr')
    .describe(
      'The user or service account that the token acts as, by its id, as GET https://api.airtable.com/v0/meta/whoami tells it.',
    )
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

export const airtable: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { userId } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/v0/meta/whoami',
      request: { bearer: value },
      self: z.object({ id: z.string() }),
      isOurs: ({ id }) => id === userId,
    });
  },
};
