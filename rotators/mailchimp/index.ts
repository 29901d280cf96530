import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import type { Secret } from '../../lib/engine/secret.ts';
import { madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .string()
    .regex(/^https:\/\/[a-z]{2,4}\d{1,3}\.api\.mailchimp\.com\/3\.0$/, 'must be like https://us12.api.mailchimp.com/3.0')
    .describe(
      'The API of the data centre of the account, such as `https://us12.api.mailchimp.com/3.0`: keys end in `-us12` there.',
    )
    .meta({ principal: true }),
  accountId: z
    .string()
    .regex(/^\w+$/)
    .describe('The account, by its id, as GET /3.0/?fields=account_id tells it.')
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

const problem = z.object({ title: z.string() });

export const mailchimp: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  // A 403 that is no JSON says that there is too much to do, and not that the key is bad: it is malformed, and asked for again.
  async verify({ http, scope: { apiUrl, accountId } }, { value }) {
    const answer = await http('GET', '/', { bearer: value, query: { fields: 'account_id' }, accept: [401, 403] });
    if (answer.status < 400) {
      if (answer.json(z.object({ account_id: z.string() })).account_id === accountId) return { ok: true };
      return { ok: false, why: 'rejected', detail: 'GET / named another account' };
    }
    if (answer.json(problem).title !== 'API Key Invalid' || answer.status !== 401) throw unexplained(answer.status);
    if (isOfAnother(apiUrl, value)) throw misdirected();
    return { ok: false, why: 'rejected', detail: 'GET / answered 401 API Key Invalid' };
  },
};

/** Every data centre calls the keys of the others invalid. */
function isOfAnother(apiUrl: string, value: Secret): boolean {
  const [, dataCentre] = /-([a-z]{2,4}\d{1,3})$/.exec(value.reveal()) ?? [];
  return dataCentre !== undefined && !apiUrl.startsWith(`https://${dataCentre}.`);
}

function misdirected(): RotationError {
  return new RotationError('mismatch', `${facts.name}: the key is of another data centre than \`apiUrl\` in the catalog`, {
    fix: 'Correct `apiUrl` if the account has moved; otherwise the key is of another account.',
    definite: true,
  });
}

function unexplained(status: number): RotationError {
  return new RotationError('refused', `${facts.name}: GET / answered ${status}, and not that the key is invalid`, {
    fix: 'Sign in to Mailchimp and see whether the account or the user was disabled.',
    definite: true,
  });
}
