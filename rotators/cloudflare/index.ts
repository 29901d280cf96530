import * as z from 'zod';
import type {
  AuthorityContext,
  HttpAnswer,
  HttpRequest,
  Instant,
  Method,
  Rotator,
  TokenContext,
} from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const identifier = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');
const resource = z
  .string()
  .regex(/^com\.cloudflare\.[A-Za-z0-9.*_-]+$/, 'must begin with com.cloudflare.')
  .meta({ identifier: true });

const policy = z.strictObject({
  effect: z.enum(['allow', 'deny']).default('allow').describe('Whether it gives or takes the permissions.'),
  permissionGroups: z
    .array(identifier.meta({ identifier: true }))
    .min(1)
    .describe('The ids of the permission groups, as `GET /accounts/<id>/tokens/permission_groups` lists them.'),
  resources: z
    .array(
      z
        .union([
          resource,
          z.strictObject({
            within: resource.describe('An account, such as `com.cloudflare.api.account.<id>`.'),
            every: resource.describe('What in it: `com.cloudflare.api.account.zone.*` for every zone.'),
          }),
        ])
        .meta({ identifier: true }),
    )
    .min(1)
    .describe('On what: `com.cloudflare.api.account.zone.<id>` for a zone, `com.cloudflare.api.account.<id>` for an account.'),
});

const shared = {
  policies: z.array(policy).min(1).describe('What the token may do.'),
  allowedAddresses: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .min(1)
    .optional()
    .describe('The only networks from which it works. That of the rotation function must be among them.'),
  lifetimeDays: z.int().min(1).optional().describe('After how many days it ends by itself; without it, it does not.'),
};

const scope = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('account').describe('Tokens of an account, which outlive whoever made them.').meta({ principal: true }),
    accountId: identifier.describe('The account.').meta({ principal: true, identifier: true }),
    ...shared,
  }),
  z.strictObject({
    kind: z.literal('user').describe('Tokens of the user whose the authority is.').meta({ principal: true }),
    ...shared,
  }),
]);
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const moment = z.iso.datetime({ offset: true });
const issued = z.object({ id: z.string().min(1), value: z.string().min(1) });
const verified = z.object({ id: z.string().min(1), status: z.string(), expires_on: moment.nullish() });
const shown = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  issued_on: moment.nullish(),
  expires_on: moment.nullish(),
  last_used_on: moment.nullish(),
  policies: z
    .array(
      z.object({
        effect: z.string(),
        permission_groups: z.array(z.object({ id: z.string(), name: z.string().optional() })),
      }),
    )
    .optional(),
});
const counted = z.object({ result_info: z.object({ page: z.int(), per_page: z.int().positive(), total_count: z.int() }) });
const problems = z.object({ errors: z.array(z.object({ code: z.int() })) });

export const cloudflare: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  // Not `roll`, which ends the old value in the same call.
  async mint(context, { mark, now }) {
    const { policies, allowedAddresses, lifetimeDays } = context.scope;
    const json = {
      name: mark,
      policies: policies.map(written),
      ...(allowedAddresses === undefined ? {} : { condition: { request_ip: { in: allowedAddresses } } }),
      ...(lifetimeDays === undefined ? {} : { expires_on: wholeSeconds(now + lifetimeDays * 86_400_000) }),
    };
    const { id, value } = resultOf(await call(context, 'POST', tokensOf(context.scope), { json }), issued);
    return { credential: { value: new Secret(value), parts: {} }, ref: id };
  },

  async verify(context, { value }) {
    const answer = await askAsToken(context, value);
    if (answer === undefined) return { ok: false, why: 'rejected', detail: 'GET tokens/verify knows no such token' };
    const { status, expires_on } = answer;
    if (status !== 'active') return { ok: false, why: 'rejected', detail: 'GET tokens/verify does not call it active' };
    return { ok: true, ...(expires_on ? { expiresAt: Date.parse(expires_on) } : {}) };
  },

  async inspect(context, { ref, credential }) {
    const id = ref ?? (await askAsToken(context, credential.value))?.id;
    if (id === undefined) return {};
    const answer = await call(context, 'GET', pathOf(context.scope, id), { accept: [404] });
    if (answer.status === 404) return {};
    const { policies, issued_on, expires_on, last_used_on } = resultOf(answer, shown);
    const allowed = policies?.filter(({ effect }) => effect === 'allow').flatMap(({ permission_groups }) => permission_groups);
    return {
      ref: id,
      ...(allowed === undefined ? {} : { scopes: [...new Set(allowed.map((group) => group.name ?? group.id))] }),
      ...(issued_on ? { createdAt: Date.parse(issued_on) } : {}),
      ...(expires_on ? { expiresAt: Date.parse(expires_on) } : {}),
      ...(last_used_on === undefined ? {} : { lastUsedAt: last_used_on === null ? null : Date.parse(last_used_on) }),
    };
  },

  async revoke(context, { ref }) {
    const answer = await call(context, 'DELETE', pathOf(context.scope, ref), { idempotent: true, accept: [404] });
    if (answer.status !== 404) resultOf(answer, z.unknown());
  },

  async find(context) {
    const tokens = await readPages(`${facts.name}: the list of tokens`, async (page: number | undefined) => {
      // The oldest first, so that one that is made meanwhile moves none to a page that was read before.
      const query = { page: page ?? 1, per_page: 50, direction: 'asc' };
      const answer = await call(context, 'GET', tokensOf(context.scope), { query });
      const { result_info: shownPage } = answer.json(counted);
      const isLast = shownPage.page * shownPage.per_page >= shownPage.total_count;
      return { items: resultOf(answer, z.array(shown)), next: isLast ? undefined : shownPage.page + 1 };
    });
    return tokens
      .filter(({ status }) => status !== 'expired')
      .map(({ id, name, issued_on }) => ({ ref: id, name, ...(issued_on ? { createdAt: Date.parse(issued_on) } : {}) }));
  },
};

function tokensOf(owner: Scope): string {
  return owner.kind === 'account' ? `/accounts/${owner.accountId}/tokens` : '/user/tokens';
}

function pathOf(owner: Scope, id: string): string {
  return `${tokensOf(owner)}/${encodeURIComponent(id)}`;
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, bearer: authority.value });
}

/** Every answer comes in the same envelope. */
function resultOf<Result>(answer: HttpAnswer, result: z.ZodType<Result>): Result {
  return answer.json(z.object({ success: z.literal(true), result })).result;
}

/** What the token is told of itself; undefined where Cloudflare does not know it. */
async function askAsToken({ http, scope }: TokenContext<Scope>, value: Secret) {
  const answer = await http('GET', `${tokensOf(scope)}/verify`, { bearer: value, accept: [401, 403] });
  if (answer.status === 401) return undefined;
  if (answer.status !== 403) return resultOf(answer, verified);
  if (answer.json(problems).errors.some(({ code }) => code === unknownToken)) return undefined;
  throw new RotationError('refused', `${facts.name}: GET tokens/verify answered 403 to a token that may well live`, {
    fix: 'Check that the scope names the right account or user, and that `allowedAddresses` lets the rotation function in.',
    status: 403,
    definite: true,
  });
}

const unknownToken = 1000;

function written({ effect, permissionGroups, resources }: Scope['policies'][number]) {
  const names = resources.map((each) => (typeof each === 'string' ? [each, '*'] : [each.within, { [each.every]: '*' }]));
  return { effect, permission_groups: permissionGroups.map((id) => ({ id })), resources: Object.fromEntries(names) };
}

/** Cloudflare takes no fractions of a second. */
function wholeSeconds(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
