import * as z from 'zod';
import type { HttpAnswer, Rotator } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { judgeWhoAmI, madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { headers } from '../../lib/vendors/github.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .url({ protocol: /^https$/ })
    .default('https://api.github.com')
    .describe('The API: of your own GitHub Enterprise Server `https://<host>/api/v3`.')
    .meta({ principal: true }),
  login: z
    .string()
    .regex(/^[\w-]+$/)
    .describe('The account that the token acts as, by its login.')
    .meta({ principal: true }),
});
type Scope = z.infer<typeof scope>;

export const githubPat: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { login } }, { value }) {
    return judgeWhoAmI(http, {
      path: '/user',
      request: { bearer: value, headers },
      self: z.object({ login: z.string() }),
      isOurs: (user) => user.login.toLowerCase() === login.toLowerCase(),
      tells: (answer) => ({ ...scopesIn(answer), ...expiryIn(answer) }),
    });
  },

  async inspect(context, { credential }) {
    const verdict = await githubPat.verify(context, credential);
    if (!verdict.ok) return {};
    const { ok: _ok, ...told } = verdict;
    return told;
  },

  // Without any credential: with one, GitHub refuses. It says yes to whatever it is told, so that only the proof of death counts.
  async revoke({ http }, { ref }) {
    await http('POST', '/credentials/revoke', { headers, json: { credentials: [new Secret(ref)] }, idempotent: true });
  },
};

/** Fine-grained tokens have no such header: what they may do is not told. */
function scopesIn(answer: HttpAnswer) {
  const scopes = answer.header('x-oauth-scopes');
  return scopes === undefined ? {} : { scopes: scopes.split(/, */).filter((each) => each !== '') };
}

/** `2026-12-25 12:00:00 UTC`, or with an offset in place of the zone. A token without an end has no such header. */
function expiryIn(answer: HttpAnswer) {
  const [, date, time, offset = ''] =
    /^(\S+) (\S+) (?:UTC|([+-]\d{4}))$/.exec(answer.header('github-authentication-token-expiration') ?? '') ?? [];
  const expiresAt = Date.parse(`${date}T${time}${offset === '' ? 'Z' : offset.replace(/(..)$/, ':$1')}`);
  return Number.isNaN(expiresAt) ? {} : { expiresAt };
}
