import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import type { Secret } from '../../lib/engine/secret.ts';
import { judgeWhoAmI, madeByAPerson } from '../../lib/plugin/handmade.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  workspaceId: z
    .string()
    .regex(/^wrkspc_\w+$/, 'must begin with wrkspc_')
    .optional()
    .describe('The workspace that the key is for, by its id; without it the default one.')
    .meta({ principal: true, identifier: true }),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ value: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const key = z.object({
  id: z.string().min(1),
  status: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  workspace_id: z.string().nullish(),
  partial_key_hint: z.string().nullish(),
});
const page = z.object({ data: z.array(key), has_more: z.boolean(), last_id: z.string().min(1).nullish() });
const keys = '/v1/organizations/api_keys';
const headers = { 'anthropic-version': '2023-06-01' };

export const anthropic: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  mint: madeByAPerson(facts),

  async verify({ http }, { value }) {
    return judgeWhoAmI(http, {
      path: '/v1/models',
      request: { headers: { ...headers, 'x-api-key': value }, query: { limit: 1 } },
      self: z.object({ data: z.array(z.object({ type: z.literal('model') })) }),
      unknown: z.object({ error: z.object({ type: z.literal('authentication_error') }) }),
    });
  },

  // By its value a key is known where exactly one live key of the workspace begins and ends as it does.
  async inspect(context, { ref, credential: { value } }) {
    const isMeant = (each: z.infer<typeof key>) => (ref === undefined ? isHintOf(each.partial_key_hint, value) : each.id === ref);
    const [found, ...others] = (await list(context)).filter(isMeant);
    if (found === undefined || others.length > 0) return {};
    return { ref: found.id, createdAt: Date.parse(found.created_at) };
  },

  // Deactivated, and not archived, so that a person can take it back.
  async revoke(context, { ref }) {
    const request = { json: { status: 'inactive' }, idempotent: true };
    const answer = await call(context, 'POST', `${keys}/${encodeURIComponent(ref)}`, request).catch(absence);
    if (answer === undefined || answer.json(z.object({ status: z.string() })).status !== 'active') return;
    throw new RotationError('rejected', `${facts.name}: POST of a status was answered, and the key is still active`, {
      fix: 'Disable the key by hand in the Claude Console.',
    });
  },
};

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest) {
  return http(method, path, { ...request, headers: { ...headers, 'x-api-key': authority.value } });
}

/** Those that work, of the workspace. The default one has no id, and its keys have none either. */
async function list(context: Context) {
  const { workspaceId } = context.scope;
  const all = await readPages(`${facts.name}: the list of keys`, async (after: string | undefined) => {
    const query = {
      status: 'active',
      limit: 100,
      ...(workspaceId === undefined ? {} : { workspace_id: workspaceId }),
      ...(after === undefined ? {} : { after_id: after }),
    };
    const { data, has_more, last_id } = (await call(context, 'GET', keys, { query })).json(page);
    if (has_more && !last_id) throw halfAList();
    return { items: data, next: has_more ? (last_id ?? undefined) : undefined };
  });
  return all.filter(({ status, workspace_id }) => status === 'active' && (workspace_id ?? undefined) === workspaceId);
}

/** `sk-ant-api03-R2D...igAA`: how the key begins and ends. */
function isHintOf(hint: string | null | undefined, value: Secret): boolean {
  const [beginning = '', end = '', ...more] = (hint ?? '').split('...');
  if (beginning === '' || end === '' || more.length > 0) return false;
  const text = value.reveal();
  return text.length > beginning.length + end.length && text.startsWith(beginning) && text.endsWith(end);
}

function halfAList(): RotationError {
  return new RotationError('malformed', `${facts.name}: the list of keys goes on, and does not say where`, {
    fix: 'Nothing to do: half a list is not used, and the next attempt asks again.',
    definite: true,
  });
}
