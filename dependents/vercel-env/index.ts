import * as z from 'zod';
import type { Dependent, DependentContext, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const environment = z.enum(['production', 'preview', 'development']);

const target = z.strictObject({
  team: z
    .string()
    .min(1)
    .optional()
    .meta({ identifier: true })
    .describe('The id of the team (`team_...`) that the project is of.'),
  project: z.string().min(1).describe('The name or id of the project.'),
  variable: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be letters, digits and underscores, and begin with no digit')
    .describe('The name of the variable.'),
  environments: z
    .array(environment)
    .min(1)
    .default(['production'])
    .describe('The environments that share this one value; exactly those of the variable, where it exists.'),
  type: z
    .enum(['sensitive', 'encrypted'])
    .default('sensitive')
    .describe('How it is kept if it has to be made; one that exists keeps its type. `development` cannot be sensitive.'),
  redeploys: z
    .enum(['released', 'latest-commit'])
    .default('released')
    .describe(
      'What is deployed to production: again what is live there, or the newest commit, which may not have been released.',
    ),
});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const row = z.object({
  id: z.string().min(1),
  key: z.string(),
  type: z.enum(['plain', 'encrypted', 'sensitive', 'secret', 'system']),
  target: z.union([environment.or(z.string()), z.array(environment.or(z.string()))]).optional(),
  gitBranch: z.string().nullish(),
  customEnvironmentIds: z.array(z.string()).nullish(),
  updatedAt: z.number(),
});
type Row = z.infer<typeof row>;
const rows = z.object({ envs: z.array(row), pagination: z.object({ next: z.number().nullable() }).optional() });
const shown = row.extend({ value: z.string().optional(), decrypted: z.boolean().optional() });
const created = z.object({ created: row, failed: z.array(z.unknown()) });
const project = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  autoAssignCustomDomains: z.boolean().optional(),
  targets: z.object({ production: z.object({ id: z.string().min(1), createdAt: z.number() }).nullish() }).nullish(),
});
const state = z.enum(['QUEUED', 'BUILDING', 'INITIALIZING', 'READY', 'ERROR', 'CANCELED']);
const deployments = z.object({ deployments: z.array(z.object({ uid: z.string().min(1), created: z.number(), state })) });
const deployment = z.object({ id: z.string().min(1), readyState: state });

export const vercelEnv: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    if (isForProduction(context)) await readProject(context);
    const found = await find(context);
    if (found === undefined) return { readClass: 'value', exists: false };
    const value = await readValue(context, found);
    const version = String(found.updatedAt);
    if (value === undefined) return { readClass: 'metadata', exists: true, version };
    return { readClass: 'value', exists: true, matches: (candidate) => candidate.equals(value), version };
  },

  async apply(context, { value }) {
    const found = await find(context);
    if (found !== undefined) {
      const changed = await call(context, 'PATCH', `${variablesOf(context, 9)}/${found.id}`, {
        json: { value },
        idempotent: true,
      });
      return { version: String(changed.json(row).updatedAt) };
    }
    const { variable: key, type, environments } = context.target;
    const made = await call(context, 'POST', variablesOf(context, 10), {
      query: { upsert: 'true' },
      json: { key, value, type, target: environments },
      idempotent: true,
    });
    const answer = made.json(created);
    if (answer.failed.length > 0) throw unfit(`${key} was not made, and the answer says so in spite of its status`, conflictFix);
    return { version: String(answer.created.updatedAt) };
  },

  async activate(context) {
    const found = await find(context);
    if (!isForProduction(context) || found === undefined) return {};
    const { id, name, targets } = await readProject(context);
    const live = targets?.production ?? undefined;
    if (live === undefined) return {}; // nothing runs yet; what is deployed first has it
    const latest = await latestDeployments(context, id);
    const withIt = latest.find((each) => each.created > found.updatedAt && !isFailed(each.state));
    if (withIt !== undefined) return { activation: withIt.uid };
    // What is deployed last becomes live: over something newer that is still being built, the released code would be a step back.
    if (latest.some((each) => each.state !== 'READY' && !isFailed(each.state))) throw busy(context.target.project);
    const started = await call(context, 'POST', '/v13/deployments', {
      query: { forceNew: '1' },
      json: {
        name,
        project: id,
        deploymentId: live.id,
        target: 'production',
        ...(context.target.redeploys === 'latest-commit' ? { withLatestCommit: true } : {}),
      },
    });
    return { activation: started.json(deployment).id };
  },

  async inEffect(context, copy, evidence) {
    const found = await find(context);
    if (found === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    const value = await readValue(context, found);
    const isOurs = value === undefined ? evidence?.version === String(found.updatedAt) : copy.value.equals(value);
    if (!isOurs) return { state: 'not-yet', detail: 'the variable was not written last by us' };
    const live = isForProduction(context) ? (await readProject(context)).targets?.production : undefined;
    if (live && live.createdAt <= found.updatedAt) return whyNot(context, evidence?.activation);
    return { state: 'in-effect', by: value === undefined ? 'receipt' : 'reading' };
  },

  async shadows(context, { value }) {
    const shadows: string[] = [];
    for (const each of (await readNamed(context)).filter((one) => one.gitBranch && isForOurs(context, one))) {
      if (!value.equals(await readValue(context, each))) shadows.push(`the variable for the branch ${each.gitBranch}`);
    }
    return shadows;
  },
};

function isForProduction({ target }: Context): boolean {
  return target.environments.includes('production');
}

/** The one variable of this name for exactly these environments. */
async function find(context: Context): Promise<Row | undefined> {
  const { variable, environments, project: name } = context.target;
  const named = (await readNamed(context)).filter((each) => !each.gitBranch && !each.customEnvironmentIds?.length);
  const found = named.find((each) => isSame(environmentsOf(each), environments));
  if (found === undefined && named.some((each) => isForOurs(context, each))) {
    throw unfit(`${variable} of ${name} is shared with other environments than the catalog names`, conflictFix);
  }
  if (found?.type === 'secret' || found?.type === 'system') throw unfit(`${variable} is of the type ${found.type}`, conflictFix);
  return found;
}

/** All of this name, for whichever environments and branches. */
async function readNamed(context: Context): Promise<readonly Row[]> {
  const { variable, project: name } = context.target;
  const { envs, pagination } = (await call(context, 'GET', variablesOf(context, 10))).json(rows);
  if (pagination?.next) throw unfit(`the variables of ${name} could not all be read`, 'Use a project with fewer variables.');
  return envs.filter((each) => each.key === variable);
}

function isForOurs({ target }: Context, each: Row): boolean {
  return environmentsOf(each).some((one) => target.environments.some((ours) => ours === one));
}

/** Undefined where it is only shown masked: sensitive, or still as ciphertext. */
async function readValue(context: Context, { id, type }: Row): Promise<Secret | undefined> {
  if (type === 'sensitive') return undefined;
  const { value, decrypted } = (await call(context, 'GET', `${variablesOf(context, 1)}/${id}`)).json(shown);
  return value === undefined || (type === 'encrypted' && decrypted !== true) ? undefined : new Secret(value);
}

/** Where new deployments do not go live, nothing that is started here ever would. */
async function readProject(context: Context): Promise<z.infer<typeof project>> {
  const path = `/v9/projects/${encodeURIComponent(context.target.project)}`;
  const found = (await call(context, 'GET', path)).json(project);
  if (found.autoAssignCustomDomains !== false) return found;
  throw unfit(
    `new deployments of ${context.target.project} do not go live by themselves`,
    'In Vercel, promote the deployment that is to be live (undo the rollback), or let production domains be assigned again.',
  );
}

/** The newest first; more of them would not change what is to be done. */
async function latestDeployments(context: Context, projectId: string) {
  const query = { projectId, target: 'production', limit: 20 };
  return (await call(context, 'GET', '/v6/deployments', { query })).json(deployments).deployments;
}

async function whyNot(context: Context, id: string | undefined) {
  if (id === undefined) return { state: 'not-yet', detail: 'nothing was deployed since it was written' } as const;
  const { readyState } = (await call(context, 'GET', `/v13/deployments/${encodeURIComponent(id)}`)).json(deployment);
  return { state: isFailed(readyState) ? 'failed' : 'not-yet', detail: `the deployment is ${readyState}` } as const;
}

function call({ http, target, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  const team: Record<string, string> = target.team === undefined ? {} : { teamId: target.team };
  return http(method, path, { ...request, query: { ...request.query, ...team }, bearer: authority.token });
}

/** Each of Vercel's calls has a version of its own. */
function variablesOf({ target }: Context, version: number): string {
  return `/v${version}/projects/${encodeURIComponent(target.project)}/env`;
}

function environmentsOf({ target = [] }: Row): readonly string[] {
  return typeof target === 'string' ? [target] : target;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).size === new Set(others).size && some.every((one) => others.includes(one));
}

function isFailed(one: z.infer<typeof state>): boolean {
  return one === 'ERROR' || one === 'CANCELED';
}

const conflictFix = 'Compare name, environments and type in the catalog with the variable in Vercel.';

function unfit(why: string, fix: string): RotationError {
  return new RotationError('rejected', `${facts.name}: ${why}`, { fix, definite: true });
}

function busy(name: string): RotationError {
  return new RotationError('not-yet', `${facts.name}: a deployment of ${name} is under way`, {
    fix: 'Nothing to do: what is live after it is deployed again, with the new value.',
    definite: true,
  });
}
