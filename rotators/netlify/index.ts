import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  email: z
    .email()
    .describe('The user that the token acts as, by the e-mail address of its Netlify account.')
    .meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

export const netlify: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { email } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/user',
      request: { bearer: value },
      self: z.object({ id: z.string().min(1), email: z.string() }),
      isOurs: (user) => user.email.toLowerCase() === email.toLowerCase(),
    });
  },
};
