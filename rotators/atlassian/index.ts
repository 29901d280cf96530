import * as z from 'zod';
import type { AuthorityContext, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { judgeWhoAmI, madeByAPerson } from '../../lib/plugin/handmade.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .url({ protocol: /^https$/ })
    .describe(
      'Where it is used: of a token with scopes `https://api.atlassian.com/ex/jira/<cloud id>`, of one without `https://<site>.atlassian.net`.',
    )
    .meta({ principal: true, identifier: true }),
  accountId: z
    .string()
    .regex(/^[\w:-]+$/)
    .describe('The account that the token acts as, by its id.')
    .meta({ principal: true, identifier: true }),
  email: z.email().optional().describe('The e-mail address of the account. A service account needs none.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const moment = z.iso.datetime({ offset: true });
const listed = z.object({
  id: z.string().min(1),
  label: z.string(),
  createdAt: moment,
  lastAccess: moment.nullish(),
  expiry: moment.nullish(),
});

export const atlassian: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { accountId, email } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/rest/api/3/myself',
      request: email === undefined ? { bearer: value } : { basic: { user: email, password: value } },
      self: z.object({ accountId: z.string() }),
      isOurs: (myself) => myself.accountId === accountId,
    });
  },

  // The list says nothing of values: whoever made the token says what they called it, and two of one name are none.
  async inspect(context, { ref, credential }) {
    const label = ref === undefined ? requiredPart(facts, credential, 'label').reveal() : undefined;
    const [found, ...others] = (await list(context)).filter((each) =>
      ref === undefined ? each.label === label : each.id === ref,
    );
    if (found === undefined || others.length > 0) return {};
    const { id, createdAt, lastAccess, expiry } = found;
    return {
      ref: id,
      createdAt: Date.parse(createdAt),
      lastUsedAt: lastAccess ? Date.parse(lastAccess) : null,
      ...(expiry ? { expiresAt: Date.parse(expiry) } : {}),
    };
  },

  async revoke(context, { ref }) {
    const path = `${tokensOf(context.scope)}/${encodeURIComponent(ref)}`;
    await context.http('DELETE', path, { bearer: context.authority.value, idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await list(context)).map(({ id, label, createdAt }) => ({ ref: id, name: label, createdAt: Date.parse(createdAt) }));
  },
};

async function list({ http, scope, authority }: Context) {
  return (await http('GET', tokensOf(scope), { bearer: authority.value })).json(z.array(listed));
}

/** Of this one account. There is a call without one, which ends the tokens of everybody: it is named nowhere in here. */
function tokensOf({ accountId }: Scope): string {
  return `${facts.otherHosts[0]}/users/${encodeURIComponent(accountId)}/manage/api-tokens`;
}
