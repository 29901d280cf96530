import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  workspace: z.string().min(1).describe('The workspace, by its name as Notion shows it.').meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

export const notion: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { workspace } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/v1/users/me',
      request: { bearer: value, headers: { 'notion-version': '2022-06-28' } },
      self: z.object({ object: z.literal('user'), bot: z.object({ workspace_name: z.string().nullish() }) }),
      isOurs: ({ bot }) => (bot.workspace_name ?? workspace) === workspace,
      unknown: z.object({ code: z.literal('unauthorized') }),
      restricted: z.object({ code: z.literal('restricted_resource') }),
    });
  },
};
