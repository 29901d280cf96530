import * as z from 'zod';
import type { Rotator, TokenContext } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  registryUrl: z
    .url({ protocol: /^https?$/ })
    .describe('The address of the registry.')
    .meta({ principal: true }),
  user: z.string().min(1).describe('The user that the token stands for.').meta({ principal: true }),
  readOnly: z.boolean().default(false).describe('Whether the token may only install.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ user: z.string().min(1), password: secretText });
type Authority = z.infer<typeof authority>;

const issued = z.object({ token: z.string().min(1), key: z.string().min(1) });
const listed = z.object({
  objects: z.array(z.object({ key: z.string().min(1), created: z.iso.datetime().optional(), readonly: z.boolean().optional() })),
});
const tokens = '/-/npm/v1/tokens';

export const npmRegistry: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint({ http, scope: { readOnly }, authority }) {
    const json = { password: authority.password, readonly: readOnly, cidr_whitelist: [] };
    const { token, key } = (await http('POST', tokens, { basic: authority, json })).json(issued);
    return { credential: { value: new Secret(token), parts: {} }, ref: key };
  },

  async verify({ http, scope: { user } }, { value }) {
    const answer = await http('GET', '/-/whoami', { bearer: value, accept: [401, 403] });
    if (answer.status !== 200) return { ok: false, why: 'rejected', detail: `GET /-/whoami answered ${answer.status}` };
    // A token that the registry does not know is a guest to it, and a guest gets 200 and no name.
    const { username } = answer.json(z.object({ username: z.string().optional() }));
    if (username === user) return { ok: true };
    return { ok: false, why: 'rejected', detail: `GET /-/whoami named ${username === undefined ? 'nobody' : 'another user'}` };
  },

  async inspect(context, { ref, credential }) {
    const key = ref ?? keyIn(credential.value);
    const found = (await list(context)).find((each) => each.key === key);
    const expiresAt = expiryIn(credential.value);
    return {
      ...(found === undefined ? {} : { ref: found.key, scopes: found.readonly ? ['read'] : ['read', 'publish'] }),
      ...(found?.created === undefined ? {} : { createdAt: Date.parse(found.created) }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  },

  async revoke({ http, authority }, { ref }) {
    await http('DELETE', `${tokens}/token/${encodeURIComponent(ref)}`, { basic: authority, idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await list(context)).map(({ key, created }) => ({
      ref: key,
      ...(created === undefined ? {} : { createdAt: Date.parse(created) }),
    }));
  },
};

async function list({ http, authority }: TokenContext<Scope> & { authority: Authority }) {
  return (await http('GET', tokens, { basic: authority })).json(listed).objects;
}

// Verdaccio's tokens are JSON web tokens that tell their key and expiry; another registry's may not be.
function keyIn(value: Secret): string | undefined {
  return payloadOf(value)?.token?.key;
}

function expiryIn(value: Secret): number | undefined {
  const exp = payloadOf(value)?.exp;
  return exp === undefined ? undefined : exp * 1000;
}

const payload = z.object({ exp: z.number().optional(), token: z.object({ key: z.string() }).optional() });

function payloadOf(value: Secret): z.infer<typeof payload> | undefined {
  try {
    const [, middle = ''] = value.reveal().split('.');
    return payload.safeParse(JSON.parse(Buffer.from(middle, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
