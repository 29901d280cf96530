import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Instant, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const accessLevels = { guest: 10, planner: 15, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const;

const scope = z.strictObject({
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://gitlab.com/api/v4')
    .describe('The API of an instance of your own: `https://<host>/api/v4`.')
    .meta({ principal: true }),
  level: z.enum(['project', 'group']).describe('Whether the token opens a project or a group.').meta({ principal: true }),
  id: z
    .union([z.int().positive(), z.string().regex(/^\w[\w.-]*(?:\/[\w.-]+)*$/, 'must be a number or a full path')])
    .describe('The project or group: its number, or its full path such as `acme/web`.')
    .meta({ principal: true }),
  accessLevel: z
    .enum(['guest', 'planner', 'reporter', 'developer', 'maintainer', 'owner'])
    .describe('The role of the token, no higher than that of the authority.'),
  scopes: z.array(z.string().min(1)).min(1).describe('What the token may do, such as `read_api`.'),
  lifetimeDays: z
    .int()
    .min(2)
    .max(facts.expiry.maximumDays)
    .default(facts.expiry.maximumDays)
    .describe('After how many days the token ends by itself, at the beginning of the day (UTC). An instance may allow less.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const shown = z.object({
  id: z.int().positive(),
  name: z.string(),
  active: z.boolean(),
  revoked: z.boolean(),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime({ offset: true }),
  expires_at: z.iso.date().nullable(),
  last_used_at: z.iso.datetime({ offset: true }).nullable().optional(),
});
type Shown = z.infer<typeof shown>;
const issued = z.object({ id: z.int().positive(), token: z.string().min(1) });

export const gitlab: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  // Not `rotate`, which ends the old token in the same call, and all of its family where its answer was lost and it is called again.
  async mint(context, { mark, now }) {
    const { scopes, accessLevel, lifetimeDays } = context.scope;
    const json = { name: mark, scopes, access_level: accessLevels[accessLevel], expires_at: dayAfter(now, lifetimeDays) };
    const { id, token } = (await call(context, 'POST', tokensOf(context.scope), { json })).json(issued);
    return { credential: { value: new Secret(token), parts: {} }, ref: String(id) };
  },

  async verify({ http }, { value }) {
    const answer = await http('GET', self, { bearer: value, accept: [401] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: `GET ${self} answered 401` };
    const { active, revoked, scopes, expires_at } = answer.json(shown);
    if (revoked || !active) return { ok: false, why: 'rejected', detail: `GET ${self} calls it revoked or expired` };
    return { ok: true, scopes, ...endOf(expires_at) };
  },

  async inspect(context, { ref, credential }) {
    const found = await look(context, ref ?? (await idOf(context, credential.value)));
    if (found === undefined) return {};
    const { id, scopes, created_at, expires_at, last_used_at } = found;
    const lastUsedAt = typeof last_used_at === 'string' ? Date.parse(last_used_at) : last_used_at;
    return {
      ref: String(id),
      scopes,
      createdAt: Date.parse(created_at),
      ...endOf(expires_at),
      ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    };
  },

  async revoke(context, { ref }) {
    const path = `${tokensOf(context.scope)}/${encodeURIComponent(ref)}`;
    const answer = await call(context, 'DELETE', path, { idempotent: true, accept: [400] }).catch(absence);
    if (answer?.status !== 400) return;
    // It is also said of a token that was revoked before, for its bot user is gone; only a look tells.
    const found = await look(context, ref);
    if (found === undefined || found.revoked || !found.active) return;
    throw new RotationError('rejected', `${facts.name}: DELETE of an access token answered 400, and it is still active`, {
      fix: 'Check that the authority is still Maintainer of the project or Owner of the group, or revoke the token there by hand.',
      status: 400,
    });
  },

  async find(context) {
    const list = tokensOf(context.scope);
    const tokens = await readPages(`${facts.name}: the list of access tokens`, async (page: string | undefined) => {
      const query = { state: 'active', per_page: 100, page: page ?? '1' };
      const answer = await call(context, 'GET', list, { query });
      return { items: answer.json(z.array(shown)), next: nextPage(answer.header('x-next-page')) };
    });
    // Instances before 17.2 do not know `state`.
    return tokens
      .filter(({ active, revoked }) => active && !revoked)
      .map(({ id, name, created_at }) => ({ ref: String(id), name, createdAt: Date.parse(created_at) }));
  },
};

const self = '/personal_access_tokens/self';

function tokensOf({ level, id }: Scope): string {
  return `/${level}s/${encodeURIComponent(id)}/access_tokens`;
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, bearer: authority.value });
}

/** Undefined for a token that is not, or no longer, one of this project or group. */
async function look(context: Context, id: string | undefined): Promise<Shown | undefined> {
  if (id === undefined) return undefined;
  const answer = await call(context, 'GET', `${tokensOf(context.scope)}/${encodeURIComponent(id)}`, { accept: [404] });
  return answer.status === 404 ? undefined : answer.json(shown);
}

/** The token is asked itself, because no list tells values. */
async function idOf({ http }: Context, value: Secret): Promise<string | undefined> {
  const answer = await http('GET', self, { bearer: value, accept: [401] });
  return answer.status === 401 ? undefined : String(answer.json(shown).id);
}

/** Empty on the last page; and without the header nobody knows whether there is more. */
function nextPage(header: string | undefined): string | undefined {
  if (header === '') return undefined;
  if (header !== undefined && /^\d{1,6}$/.test(header)) return header;
  throw new RotationError('malformed', `${facts.name}: the list of access tokens came without a proper header \`x-next-page\``, {
    fix: 'If a proxy stands before the instance, let it pass that header; half a list is not used.',
    definite: true,
  });
}

/** GitLab counts in days. */
function dayAfter(now: Instant, days: number): string {
  return new Date(now + days * 86_400_000).toISOString().slice(0, 10);
}

function endOf(date: string | null): { expiresAt?: Instant } {
  return date === null ? {} : { expiresAt: Date.parse(date) };
}
