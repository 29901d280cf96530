import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  portalId: z.int().positive().describe('The account, by its number (Hub ID).').meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

export const hubspot: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { portalId } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/account-info/2026-03/details',
      request: { bearer: value },
      self: z.object({ portalId: z.int() }),
      isOurs: (details) => details.portalId === portalId,
      restricted: z.object({ category: z.string() }),
    });
  },

  // What is not known there is no private app's, and may work all the same.
  async inspect({ http }, { credential: { value } }) {
    const request = { bearer: value, json: { tokenKey: value }, asks: true, accept: [401, 404] };
    const answer = await http('POST', '/oauth/v2/private-apps/get/access-token-info', request);
    return answer.status >= 400 ? {} : { scopes: answer.json(z.object({ scopes: z.array(z.string()) })).scopes };
  },
};
