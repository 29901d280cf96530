import * as z from 'zod';
import type { Http, Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .enum(['https://slack.com/api', 'https://slack-gov.com/api'])
    .default('https://slack.com/api')
    .describe('The API; GovSlack has its own.')
    .meta({ principal: true }),
  teamId: z
    .string()
    .regex(/^[TE]\w+$/, 'must begin with T or E')
    .describe('The workspace (or the organization of an org-wide app), by its id.')
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

// Slack answers 200 whatever it says.
const answered = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    team_id: z.string().optional(),
    expires_in: z.number().optional(),
    revoked: z.boolean().optional(),
  }),
  z.object({ ok: z.literal(false), error: z.string() }),
]);

/** What is said of a token that does not work and never will again. */
const dead = ['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive'];

export const slack: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { teamId } }, { value }) {
    const { answer, header } = await call(http, 'auth.test', value);
    if (!answer.ok) return { ok: false, why: 'rejected', detail: `auth.test answered ${answer.error}` };
    if (answer.team_id !== teamId) return { ok: false, why: 'rejected', detail: 'auth.test named another workspace' };
    if (answer.expires_in !== undefined) throw refreshed();
    const scopes = header('x-oauth-scopes');
    return { ok: true, ...(scopes === undefined ? {} : { scopes: scopes.split(/, */).filter((each) => each !== '') }) };
  },

  async revoke({ http }, { ref }) {
    const { answer } = await call(http, 'auth.revoke', new Secret(ref));
    if (!answer.ok || answer.revoked === true) return;
    throw new RotationError('rejected', `${facts.name}: auth.revoke was answered, and the token was not revoked`, {
      fix: 'Revoke it at api.slack.com/apps, under OAuth & Permissions of its app.',
    });
  },
};

/** The answer, where it is yes or that the token is dead; every other no says nothing of the token. */
async function call(http: Http, method: 'auth.test' | 'auth.revoke', token: Secret) {
  const response = await http('POST', `/${method}`, { bearer: token, form: {}, asks: method === 'auth.test', idempotent: true });
  const answer = response.json(answered);
  if (answer.ok || dead.includes(answer.error)) return { answer, header: (name: string) => response.header(name) };
  const isLimited = answer.error === 'ratelimited';
  throw new RotationError(
    isLimited ? 'limited' : 'unavailable',
    `${facts.name}: ${method} was refused, and not because of the token`,
    {
      fix: `Nothing to do: it is tried again. If it goes on, look at the errors of ${method} in Slack's documentation.`,
    },
  );
}

function refreshed(): RotationError {
  return new RotationError(
    'mismatch',
    `${facts.name}: auth.test named a token that ends within hours and that its app refreshes`,
    {
      fix: 'Submit the token of an app without token rotation; where it is turned on, the app renews its tokens itself.',
      definite: true,
    },
  );
}
