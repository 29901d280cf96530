import * as z from 'zod';
import type { Dependent, DependentContext, HttpAnswer, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { assertSuccess } from '../../lib/vendors/cloudflare.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  account: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
    .meta({ identifier: true })
    .describe('The id of the account.'),
  worker: z
    .string()
    .regex(/^[\w-]+$/, 'must be letters, digits, hyphens and underscores')
    .describe('The name of the Worker. An environment of Wrangler is a Worker of its own: `app-production`.'),
  secret: z
    .string()
    .regex(/^[A-Za-z_$][\w$]*$/, 'must be a name such as API_TOKEN')
    .describe('The name of the secret.'),
});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const secrets = z.object({ result: z.array(z.object({ name: z.string() })) });
const deployments = z.object({
  result: z.object({ deployments: z.array(z.object({ versions: z.array(z.object({ version_id: z.string() })) })) }),
});
const versions = z.object({ result: z.object({ items: z.array(z.object({ id: z.string() })) }) });

export const cloudflareWorkerSecret: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    await assertDeployed(context);
    return { readClass: 'none', exists: await isThere(context) };
  },

  async apply(context, { value }) {
    const json = { name: context.target.secret, text: value, type: 'secret_text' };
    await call(context, 'PUT', 'secrets', { json, idempotent: true });
    return {};
  },

  async inEffect(context, _copy, evidence) {
    if (evidence === undefined) return { state: 'not-yet', detail: 'it is not known to have been written' };
    if (await isThere(context)) return { state: 'in-effect', by: 'receipt' };
    return { state: 'not-yet', detail: 'the Worker has no secret of this name' };
  },
};

async function isThere(context: Context): Promise<boolean> {
  const { result } = (await call(context, 'GET', 'secrets')).json(secrets);
  return result.some(({ name }) => name === context.target.secret);
}

/** A write deploys the newest version to all: it is refused, and must be, where that is not what all get already. */
async function assertDeployed(context: Context): Promise<void> {
  const [current] = (await call(context, 'GET', 'deployments')).json(deployments).result.deployments;
  const [newest] = (await call(context, 'GET', 'versions')).json(versions).result.items;
  if (current?.versions.length === 1 && current.versions[0]?.version_id === newest?.id) return;
  throw undeployed(context);
}

async function call(context: Context, method: Method, what: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const { http, target, authority } = context;
  const path = `/accounts/${target.account}/workers/scripts/${target.worker}/${what}`;
  const answer = await http(method, path, { ...request, bearer: authority.token, accept: [400] });
  return assertSuccess(answer, facts.name, `${method} ${what}`, (codes) =>
    codes.includes(10215) ? undeployed(context) : undefined,
  );
}

function undeployed({ target }: Context): RotationError {
  return new RotationError('rejected', `${facts.name}: the newest version of ${target.worker} is not what all of its users get`, {
    fix: `In Cloudflare, deploy the newest version of ${target.worker} to all, or end its gradual deployment; then rotate again.`,
    definite: true,
  });
}
