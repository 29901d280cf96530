import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  accountSid: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hexadecimal digits')
    .describe('The account, or subaccount, that the key is for.')
    .meta({ principal: true, identifier: true }),
  permissions: z
    .array(z.string().startsWith('/twilio/'))
    .min(1)
    .max(100)
    .optional()
    .describe('What it may do, such as `/twilio/messaging/messages/create`; without them it is a Standard key.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ sid: z.string().min(1), secret: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ sid: z.string().min(1), secret: z.string().min(1) });
const moment = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const key = z.object({ sid: z.string().min(1), friendly_name: z.string().nullish(), date_created: moment.nullish() });
const shown = key.extend({ policy: z.object({ allow: z.array(z.string()) }).nullish() });
const page = z.object({ keys: z.array(key), meta: z.object({ next_page_url: z.string().nullish() }) });
const keys = '/v1/Keys';
const pageSize = 100;

/** What Twilio says of credentials that it does not know, and of a key that may not do this. */
const codes = { unknown: 20003, forbidden: 70051 };

export const twilio: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(context, { mark = '' }) {
    const { accountSid, permissions } = context.scope;
    const standard = { AccountSid: accountSid, FriendlyName: mark };
    const restricted = { ...standard, KeyType: 'restricted', Policy: JSON.stringify({ allow: permissions }) };
    const form = permissions === undefined ? standard : restricted;
    const { sid, secret } = (await call(context, 'POST', keys, { form })).json(issued);
    return { credential: { value: new Secret(secret), parts: { keySid: new Secret(sid) } }, ref: sid };
  },

  async verify({ http, scope: { accountSid } }, credential) {
    const messages = `${facts.otherHosts[0]}/2010-04-01/Accounts/${accountSid}/Messages.json`;
    const basic = { user: requiredPart(facts, credential, 'keySid').reveal(), password: credential.value };
    const answer = await http('GET', messages, { basic, query: { PageSize: 1 }, accept: [401, 403] });
    if (answer.status === 200) {
      answer.json(z.object({ messages: z.array(z.unknown()) }));
      return { ok: true };
    }
    const { code } = answer.json(z.object({ code: z.int() }));
    if (code === codes.forbidden) return { ok: true }; // known, but it may not see messages
    if (code === codes.unknown) return { ok: false, why: 'rejected', detail: `GET Messages answered with error ${code}` };
    throw unexplained(`GET Messages answered ${answer.status} with error ${code}, which says nothing of the key`);
  },

  async inspect(context, { ref, credential }) {
    const sid = ref ?? credential.parts.keySid?.reveal();
    if (sid === undefined) return {};
    const answer = await call(context, 'GET', `${keys}/${encodeURIComponent(sid)}`, { accept: [404] });
    if (answer.status === 404) return {};
    const { sid: found, date_created, policy } = answer.json(shown);
    return {
      ref: found,
      ...(date_created ? { createdAt: Date.parse(date_created) } : {}),
      ...(policy ? { scopes: policy.allow } : {}),
    };
  },

  async revoke(context, { ref }) {
    await call(context, 'DELETE', `${keys}/${encodeURIComponent(ref)}`, { idempotent: true }).catch(absence);
  },

  async find(context) {
    const first = { path: keys, query: { AccountSid: context.scope.accountSid, PageSize: pageSize } };
    const found = await readPages(`${facts.name}: the list of keys`, async (next: string | undefined) => {
      const { path, query } = next === undefined ? first : { path: next, query: {} };
      const { keys: items, meta } = (await call(context, 'GET', path, { query })).json(page);
      return { items, next: meta.next_page_url ?? undefined };
    });
    return found.map(({ sid, friendly_name, date_created }) => ({
      ref: sid,
      ...(friendly_name ? { name: friendly_name } : {}),
      ...(date_created ? { createdAt: Date.parse(date_created) } : {}),
    }));
  },
};

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest) {
  return http(method, path, { ...request, basic: { user: authority.sid, password: authority.secret } });
}

function unexplained(what: string): RotationError {
  return new RotationError('refused', `${facts.name}: ${what}`, {
    fix: 'Look the error up at www.twilio.com/docs/api/errors, and check the account in the Twilio Console.',
    definite: true,
  });
}
