import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  orgUrl: z
    .url({ protocol: /^https$/ })
    .describe('The address of the organization, such as `https://acme.okta.com`; not the one with `-admin`.')
    .meta({ principal: true }),
  userId: z
    .string()
    .regex(/^\w+$/)
    .describe('The administrator that the token acts as, by its id (`00u...`).')
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

const unknown = z.object({ errorCode: z.literal('E0000011') });

export const oktaApiToken: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { userId } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/api/v1/users/me',
      request: { headers: shownAs(value) },
      self: z.object({ id: z.string() }),
      isOurs: ({ id }) => id === userId,
      unknown,
    });
  },

  // It ends itself: by its value Okta does not tell which of the listed ones it is.
  async revoke({ http }, { ref }) {
    const request = { headers: shownAs(new Secret(ref)), idempotent: true, accept: [401] };
    const answer = await http('DELETE', '/api/v1/api-tokens/current', request);
    if (answer.status === 401) answer.json(unknown); // gone already
  },
};

function shownAs(token: Secret) {
  return { authorization: new Secret(`SSWS ${token.reveal()}`) };
}
