import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .describe('The API of the Grafana: `https://<host>/api`, with the path before `/api` where it has one.')
    .meta({ principal: true }),
  serviceAccountId: z
    .int()
    .positive()
    .describe('The number of the service account, as its page has it.')
    .meta({ principal: true }),
  lifetimeDays: z
    .int()
    .min(1)
    .optional()
    .describe('After how many days the token ends by itself; without it, it does not, which a Grafana may forbid.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const moment = z.iso.datetime({ offset: true });
const issued = z.object({ id: z.int().positive(), key: z.string().min(1) });
const listed = z.array(
  z.object({
    id: z.int().positive(),
    name: z.string(),
    created: moment,
    expiration: moment.nullish(),
    lastUsedAt: moment.nullish(),
    hasExpired: z.boolean(),
    isRevoked: z.boolean().nullish(),
  }),
);

export const grafana: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(context, { mark }) {
    const { lifetimeDays } = context.scope;
    const json = { name: mark, ...(lifetimeDays === undefined ? {} : { secondsToLive: lifetimeDays * 86_400 }) };
    const { id, key } = (await call(context, 'POST', tokensOf(context.scope), { json })).json(issued);
    return { credential: { value: new Secret(key), parts: {} }, ref: String(id) };
  },

  // Not /org, where a Grafana that lets guests in greets an unknown token as one of them.
  async verify({ http }, { value }) {
    const answer = await http('GET', '/user', { bearer: value, accept: [401, 403] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: 'GET /user answered 401' };
    if (answer.status !== 403) {
      answer.json(z.object({ login: z.string() }));
      return { ok: true };
    }
    // Some versions tell a service account nothing of itself; whom they do not know they never tell why.
    if (answer.json(z.object({ message: z.string() })).message === 'Endpoint only available for users') return { ok: true };
    throw new RotationError('refused', `${facts.name}: GET /user answered 403, and not as it does to a service account`, {
      fix: 'Check what stands between the rotation function and this Grafana.',
      status: 403,
      definite: true,
    });
  },

  async inspect(context, { ref }) {
    const found = (await list(context)).find(({ id }) => String(id) === ref);
    if (found === undefined) return {};
    const { id, created, expiration, lastUsedAt } = found;
    return {
      ref: String(id),
      createdAt: Date.parse(created),
      ...(expiration ? { expiresAt: Date.parse(expiration) } : {}),
      ...(lastUsedAt === undefined ? {} : { lastUsedAt: lastUsedAt === null ? null : Date.parse(lastUsedAt) }),
    };
  },

  async revoke(context, { ref }) {
    // Some versions answer 500 to whoever deletes what is gone, which says nothing; so it is looked for before.
    const live = await list(context).catch(absence);
    if (live === undefined || !live.some(({ id }) => String(id) === ref)) return;
    await call(context, 'DELETE', `${tokensOf(context.scope)}/${encodeURIComponent(ref)}`, { idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await list(context))
      .filter(({ hasExpired, isRevoked }) => !hasExpired && isRevoked !== true)
      .map(({ id, name, created }) => ({ ref: String(id), name, createdAt: Date.parse(created) }));
  },
};

function tokensOf({ serviceAccountId }: Scope): string {
  return `/serviceaccounts/${serviceAccountId}/tokens`;
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, bearer: authority.value });
}

/** All of them, those that have ended by themselves too. */
async function list(context: Context) {
  return (await call(context, 'GET', tokensOf(context.scope))).json(listed);
}
