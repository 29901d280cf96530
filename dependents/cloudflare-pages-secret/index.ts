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
  project: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be lower-case letters, digits and hyphens')
    .describe('The name of the Pages project.'),
  secret: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be letters, digits and underscores, and begin with no digit')
    .describe('The name of the variable of production. One that is made becomes a secret; one that exists keeps its type.'),
});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const deployment = z.object({
  id: z.string().min(1),
  environment: z.string(),
  created_on: z.iso.datetime({ offset: true }),
  latest_stage: z.object({ name: z.string(), status: z.string() }),
});
type Deployment = z.infer<typeof deployment>;
const variable = z.object({ type: z.enum(['plain_text', 'secret_text']) });
const project = z.object({
  result: z.object({
    source: z.object({ type: z.string() }).nullish(),
    canonical_deployment: deployment.nullable(),
    latest_deployment: deployment.nullable(),
    deployment_configs: z.object({
      production: z.object({ env_vars: z.record(z.string(), variable.nullable()).nullish() }),
    }),
  }),
});
type Project = z.infer<typeof project>['result'];
const deployments = z.object({ result: z.array(deployment) });
const started = z.object({ result: z.object({ id: z.string().min(1) }) });

export const cloudflarePagesSecret: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const found = await readProject(context);
    if (!found.source) throw unbuildable(context);
    return { readClass: 'none', exists: variableIn(context, found) !== undefined };
  },

  // Only the variable is sent: all others stay. What was deployed last by then does not have it, and is remembered by its time, which is Cloudflare's.
  async apply(context, { value }) {
    const type = variableIn(context, await readProject(context))?.type ?? 'secret_text';
    const env_vars = { [context.target.secret]: { type, value } };
    const json = { deployment_configs: { production: { env_vars } } };
    const { latest_deployment } = (await call(context, 'PATCH', '', { json, idempotent: true })).json(project).result;
    return { version: latest_deployment?.created_on ?? beforeAll };
  },

  async activate(context, _copy, { version = beforeAll }) {
    const { canonical_deployment: live } = await readProject(context);
    if (live === null) return {}; // nothing runs yet; what is deployed first has it
    if (isAfter(live, version)) return { activation: live.id };
    const all = (await call(context, 'GET', '/deployments')).json(deployments).result;
    const latest = all.filter(({ environment }) => environment === 'production');
    const withIt = latest.find((each) => isAfter(each, version) && !isFailed(each));
    if (withIt !== undefined) return { activation: withIt.id };
    // What is deployed last becomes live: over something newer that is still being built, what is live now would be a step back.
    if (latest.some((each) => !isDone(each) && !isFailed(each))) throw busy(context);
    // Of the very commit that is live, so that nothing is released.
    return { activation: (await call(context, 'POST', `/deployments/${live.id}/retry`, { json: {} })).json(started).result.id };
  },

  async inEffect(context, _copy, evidence) {
    const found = await readProject(context);
    if (variableIn(context, found) === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    if (evidence?.version === undefined) return { state: 'not-yet', detail: 'it is not known to have been written' };
    const { canonical_deployment: live } = found;
    if (live !== null && !isAfter(live, evidence.version)) return whyNot(context, evidence.activation);
    return { state: 'in-effect', by: 'receipt' };
  },
};

const beforeAll = '1970-01-01T00:00:00Z';

async function readProject(context: Context): Promise<Project> {
  return (await call(context, 'GET', '')).json(project).result;
}

function variableIn({ target }: Context, { deployment_configs }: Project) {
  return deployment_configs.production.env_vars?.[target.secret] ?? undefined;
}

async function whyNot(context: Context, id: string | undefined) {
  if (id === undefined) return { state: 'not-yet', detail: 'nothing was deployed since it was written' } as const;
  const { result } = (await call(context, 'GET', `/deployments/${encodeURIComponent(id)}`)).json(
    z.object({ result: deployment }),
  );
  const { name, status } = result.latest_stage;
  return { state: isFailed(result) ? 'failed' : 'not-yet', detail: `the deployment is at ${name}: ${status}` } as const;
}

function isAfter({ created_on }: Deployment, version: string): boolean {
  return Date.parse(created_on) > Date.parse(version);
}

function isDone({ latest_stage: { name, status } }: Deployment): boolean {
  return name === 'deploy' && status === 'success';
}

function isFailed({ latest_stage: { status } }: Deployment): boolean {
  return /^(?:failure|canceled|skipped)$/.test(status);
}

async function call(context: Context, method: Method, what: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const { http, target, authority } = context;
  const path = `/accounts/${target.account}/pages/projects/${target.project}${what}`;
  const answer = await http(method, path, { ...request, bearer: authority.token, accept: [400] });
  return assertSuccess(answer, facts.name, `${method} of the project${what === '' ? '' : "'s deployments"}`);
}

function unbuildable({ target }: Context): RotationError {
  return new RotationError('rejected', `${facts.name}: ${target.project} is uploaded by hand, and no call can deploy it again`, {
    fix: `Connect ${target.project} to its repository, or keep the token where its functions read it when they run.`,
    definite: true,
  });
}

function busy({ target }: Context): RotationError {
  return new RotationError('not-yet', `${facts.name}: a deployment of ${target.project} is under way`, {
    fix: 'Nothing to do: what is live after it is deployed again, with the new value.',
    definite: true,
  });
}
