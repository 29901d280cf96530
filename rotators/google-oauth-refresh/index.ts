import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  account: z.email().describe('The Google account that consents.').meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

const granted = z.object({ access_token: z.string().min(1), scope: z.string(), id_token: z.string().optional() });
const refused = z.object({ error: z.string(), error_subtype: z.string().optional() });

/** What is said of a grant that is over, or of a client that is gone, is not itself, or is not the one it was given to. */
const dead = ['invalid_grant', 'invalid_client', 'deleted_client', 'unauthorized_client'];

export const googleOauthRefresh: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  // Refreshing changes nothing: the access token that comes is left to end by itself.
  async verify({ http, scope: { account } }, credential) {
    const form = {
      grant_type: 'refresh_token',
      client_id: requiredPart(facts, credential, 'clientId'),
      client_secret: requiredPart(facts, credential, 'clientSecret'),
      refresh_token: credential.value,
    };
    const answer = await http('POST', '/token', { form, asks: true, accept: [400, 401] });
    if (answer.status < 400) {
      const { scope: scopes, id_token } = answer.json(granted);
      const email = emailIn(id_token);
      if (email === undefined || email.toLowerCase() === account.toLowerCase()) return { ok: true, scopes: scopes.split(' ') };
      return { ok: false, why: 'rejected', detail: 'POST /token named another account' };
    }
    const { error, error_subtype } = answer.json(refused);
    if (!dead.includes(error) || error_subtype === 'invalid_rapt') throw unexplained(answer.status);
    return { ok: false, why: 'rejected', detail: `POST /token answered ${error}` };
  },
};

/** Whom an id_token names. It came from Google itself just now, so that nobody has to look at its signature. */
function emailIn(idToken: string | undefined): string | undefined {
  const [, payload = ''] = idToken?.split('.') ?? [];
  try {
    return z.object({ email: z.string() }).safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data?.email;
  } catch {
    return undefined; // there is none, or it is written in another way
  }
}

function unexplained(status: number): RotationError {
  return new RotationError(
    'refused',
    `${facts.name}: POST /token answered ${status}, and not that the grant or the client is gone`,
    {
      fix: 'Sign in as the account and see what Google or the administrator of the domain asks for: a new sign-in, or leave for the application.',
      definite: true,
    },
  );
}
