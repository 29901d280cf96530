import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const rights = z.string().describe('A regular expression of names; empty for none.');
const scope = z.strictObject({
  managementUrl: z
    .url({ protocol: /^https?$/ })
    .describe('The address of the management plug-in, such as `https://rabbit.example.com:15671`.')
    .meta({ principal: true }),
  user: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be up to 40 letters, digits, hyphens and underscores')
    .describe('What the name of each user begins with.')
    .meta({ principal: true }),
  virtualHost: z.string().min(1).default('/').describe('Where it may connect to.'),
  permissions: z.strictObject({ configure: rights, write: rights, read: rights }).describe('What it may do there.'),
  tags: z
    .array(z.string().regex(/^[\w-]+$/))
    .default([])
    .describe('Tags such as `monitoring`; most users need none.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ user: z.string().min(1), password: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const users = z.array(z.object({ name: z.string() }));
const refusal = z.object({ reason: z.string() });
const passwordBytes = 32;

export const rabbitmqUser: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint({ scope }, { mark, random }) {
    const name = `${scope.user}-${mark}`;
    const value = new Secret(Buffer.from(random(passwordBytes)).toString('base64url'));
    return { credential: { value, parts: { user: new Secret(name) } }, ref: name };
  },

  // Twice is the same as once: the same password, and the same rights.
  async install(context, { credential, ref }) {
    const { virtualHost, permissions, tags } = context.scope;
    await put(context, userPath(ref), { password: credential.value, tags: tags.join(',') });
    await put(context, `/api/permissions/${encodeURIComponent(virtualHost)}/${encodeURIComponent(ref)}`, permissions);
  },

  async verify({ http }, credential) {
    const user = requiredPart(facts, credential, 'user').reveal();
    const answer = await http('GET', '/api/whoami', { basic: { user, password: credential.value }, accept: [401] });
    if (answer.status !== 401) {
      if (answer.json(z.object({ name: z.string() })).name === user) return { ok: true };
      return { ok: false, why: 'rejected', detail: 'GET /api/whoami named another user' };
    }
    const { reason } = answer.json(refusal);
    if (reason === 'Not management user') return { ok: true }; // known, and without a tag that would let it ask
    if (reason === 'Login failed')
      return { ok: false, why: 'rejected', detail: 'GET /api/whoami answered that the login failed' };
    throw malformed('GET /api/whoami answered 401 for a reason that says nothing of the password');
  },

  async inspect(context, { ref, credential }) {
    const name = ref ?? credential.parts.user?.reveal();
    return (await list(context)).some((each) => each.name === name) && name !== undefined ? { ref: name } : {};
  },

  async revoke(context, { ref }) {
    await call(context, 'DELETE', userPath(ref), { idempotent: true }).catch(absence);
  },

  async find(context) {
    const prefix = `${context.scope.user}-`;
    const ours = (await list(context)).filter(({ name }) => name.startsWith(prefix));
    return ours.map(({ name }) => ({ ref: name, name: name.slice(prefix.length) }));
  },
};

function userPath(name: string): string {
  return `/api/users/${encodeURIComponent(name)}`;
}

async function list(context: Context) {
  return (await call(context, 'GET', '/api/users')).json(users);
}

/** RabbitMQ says no more than 201 or 204 to what it has put; anything else comes from somebody else. */
async function put(context: Context, path: string, json: object): Promise<void> {
  const { status } = await call(context, 'PUT', path, { json, idempotent: true });
  if (status !== 201 && status !== 204) throw malformed(`a PUT was answered with ${status}, which RabbitMQ does not say`);
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, basic: authority });
}

function malformed(what: string): RotationError {
  return new RotationError('malformed', `${facts.name}: ${what}`, {
    fix: 'Check that `managementUrl` is the management plug-in of the broker, and look at the user there.',
  });
}
