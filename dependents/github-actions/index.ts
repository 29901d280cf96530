import * as z from 'zod';
import type { Dependent, DependentContext, HttpRequest, Method, WorkflowRun, Workflows } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { headers } from '../../lib/vendors/github.ts';
import { facts } from './facts.ts';

const shared = {
  secret: z
    .string()
    .regex(
      /^(?![Gg][Ii][Tt][Hh][Uu][Bb]_)[A-Za-z_][A-Za-z0-9_]*$/,
      'must be letters, digits and underscores, and begin neither with a digit nor with GITHUB_',
    )
    .describe('The name of the secret.'),
  api: z
    .url({ protocol: /^https?$/ })
    .default('https://api.github.com')
    .describe('The API of an Enterprise Server: `https://<host>/api/v3`.'),
};
const repository = z
  .string()
  .regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'must be an owner, a slash and a repository')
  .describe('The repository, as `owner/name`.');
const product = z.enum(['actions', 'dependabot', 'codespaces']).default('actions').describe('Who uses it.');

const environment = z.string().min(1).max(255);

const target = z.discriminatedUnion('level', [
  z
    .strictObject({
      level: z.literal('repository'),
      repository,
      product,
      lookAlsoIn: z
        .array(environment)
        .min(1)
        .optional()
        .describe(
          'Environments of this repository whose secret of the same name goes before it: looks tell of it. Needs more rights.',
        ),
      ...shared,
    })
    .refine(({ product, lookAlsoIn }) => product === 'actions' || lookAlsoIn === undefined, {
      path: ['lookAlsoIn'],
      error: 'is only for Actions: nobody else has environments',
    }),
  z.strictObject({
    level: z.literal('environment'),
    repository,
    environment: environment.describe('The environment, which must exist.'),
    ...shared,
  }),
  z.strictObject({
    level: z.literal('organization'),
    organization: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens')
      .describe('The organization.'),
    visibility: z
      .enum(['all', 'private', 'selected'])
      .default('selected')
      .describe('Which repositories see it if it has to be made; `selected` begins with none. One that exists keeps its own.'),
    product,
    lookAlsoIn: z
      .array(repository)
      .min(1)
      .optional()
      .describe('Repositories whose own secret of the same name goes before it: looks tell of it. Needs more rights.'),
    ...shared,
  }),
]);
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const publicKey = z.object({ key_id: z.string().min(1), key: z.base64().length(44) });
const metadata = z.object({ updated_at: z.iso.datetime({ offset: true }) });
const sharedMetadata = metadata.extend({ visibility: z.enum(['all', 'private', 'selected']) });
const selection = z.object({ total_count: z.int(), repositories: z.array(z.object({ id: z.int() })) });

const workflow = z.object({ state: z.string() });
const run = z.object({
  id: z.int(),
  display_title: z.string(),
  status: z.string().nullable(),
  created_at: z.iso.datetime({ offset: true }),
});
const runs = z.object({ workflow_runs: z.array(run) });
const jobs = z.object({ jobs: z.array(z.object({ name: z.string(), conclusion: z.string().nullable() })) });

/** The run bears the nonce in its name, and its last job the answer: docs/canary.md. */
const workflows: Workflows<Target, Authority> = {
  async assertReady(context, file) {
    const { state } = (await call(context, 'GET', workflowOf(context.target, file))).json(workflow);
    if (state === 'active') return;
    throw new RotationError('rejected', `${facts.name}: the workflow ${file} is turned off`, {
      fix: 'On GitHub open Actions, choose the workflow and enable it.',
      definite: true,
    });
  },

  async latest(context, { workflow: file, about }) {
    // Not more: each is shown with its whole repository, and the door lets only so much in.
    const query = { event: 'workflow_dispatch', per_page: 20 };
    const answer = await call(context, 'GET', `${workflowOf(context.target, file)}/runs`, { query });
    const [newest] = answer
      .json(runs)
      .workflow_runs.filter(({ display_title }) => nonceIn(display_title)?.startsWith(about))
      .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.id - a.id);
    return newest && shown(context, newest);
  },

  async start(context, { workflow: file, ref, nonce }) {
    await call(context, 'POST', `${workflowOf(context.target, file)}/dispatches`, { json: { ref, inputs: { nonce } } });
  },
};

export const githubActions: Dependent<Target, Authority> = {
  facts,
  target,
  authority,
  workflows,

  /** A workflow that is asked for reads secrets of Actions, in its own repository; an organization's repository is not known here. */
  forTarget(of) {
    if (of.level === 'environment' || (of.level === 'repository' && of.product === 'actions')) return githubActions;
    const { workflows: _none, forTarget: _own, ...others } = githubActions;
    return others;
  },

  async read(context) {
    const found = await look(context, metadata);
    // 404 is also said of what the authority may not see; who may write gets the public key.
    if (found === undefined) await readPublicKey(context);
    return {
      readClass: 'metadata',
      exists: found !== undefined,
      ...(found === undefined ? {} : { version: found.updated_at }),
    };
  },

  async apply(context, copy, seen) {
    const access = await accessToKeep(context);
    const { key_id, key } = await readPublicKey(context);
    const sealed = await context.crypto.seal(copy.value, Buffer.from(key, 'base64'));
    const json = { encrypted_value: Buffer.from(sealed).toString('base64'), key_id, ...access };
    const written = await call(context, 'PUT', pathOf(context.target), { json, idempotent: true });
    // What becomes of looking says nothing of the write any more, and must not call it refused.
    const found = await look(context, metadata).catch(() => undefined);
    // A time that is not that of our write is another's, or of a reading that lags (perhaps of an attempt of ours a moment ago): taken for
    // this one's, it would accuse a stranger later.
    const isNews = found !== undefined && found.updated_at !== seen.version;
    const isOurs = isNews && isJustBefore(found.updated_at, written.header('date'));
    return isOurs ? { version: found.updated_at } : {};
  },

  async inEffect(context, _copy, evidence) {
    if (evidence === undefined) return { state: 'not-yet', detail: 'it is not known to have been written' };
    const found = await look(context, metadata);
    if (found === undefined) return { state: 'not-yet', detail: 'the secret is not there' };
    if (evidence.version === undefined || evidence.version === found.updated_at) return { state: 'in-effect', by: 'receipt' };
    return { state: 'not-yet', detail: 'the secret was not written last by us' };
  },

  async shadows(context) {
    const found: string[] = [];
    for (const [title, target] of strongerOf(context.target)) {
      const there = { ...context, target };
      if ((await look(there, metadata)) !== undefined) found.push(title);
      else await readPublicKey(there); // 404 is also said of what the authority may not see
    }
    return found;
  },
};

/** The places whose secret of the same name goes before this one, as far as the catalog has us look, each with what to call it. */
function strongerOf(target: Target): readonly (readonly [string, Target])[] {
  const { secret, api } = target;
  if (target.level === 'environment') return [];
  const names = target.lookAlsoIn ?? [];
  if (target.level === 'organization') {
    const { product } = target;
    return names.map((name) => [`the repository ${name}`, { level: 'repository', repository: name, product, secret, api }]);
  }
  const { repository } = target;
  return names.map((name) => [`the environment ${name}`, { level: 'environment', repository, environment: name, secret, api }]);
}

/** Of a list; no secret is seen by 5,000 repositories one by one. */
const mostPages = 100;

function keeper(target: Target): string {
  switch (target.level) {
    case 'repository':
      return `/repos/${target.repository}/${target.product}/secrets`;
    case 'environment':
      return `/repos/${target.repository}/environments/${encodeURIComponent(target.environment)}/secrets`;
    case 'organization':
      return `/orgs/${target.organization}/${target.product}/secrets`;
  }
}

/** Where runs are. `forTarget` leaves no other place with workflows. */
function actionsOf(target: Target): string {
  if (target.level !== 'organization') return `/repos/${target.repository}/actions`;
  throw new RotationError('catalog', `${facts.name}: no workflow can be asked about a secret of an organization`, {
    fix: 'Run `keyturn check` on the catalog: it names the line.',
    definite: true,
  });
}

function workflowOf(target: Target, file: string): string {
  return `${actionsOf(target)}/workflows/${file}`;
}

function nonceIn(title: string): string | undefined {
  return /^keyturn probe ([0-9a-f]{32})$/.exec(title)?.[1];
}

async function shown(context: Context, { id, display_title, status, created_at }: z.infer<typeof run>): Promise<WorkflowRun> {
  const common = { nonce: nonceIn(display_title) ?? '', startedAt: Date.parse(created_at) };
  if (status !== 'completed') return { ...common, state: 'running' };
  const answer = await call(context, 'GET', `${actionsOf(context.target)}/runs/${id}/jobs`);
  const [told] = answer.json(jobs).jobs.flatMap(({ name, conclusion }) => {
    const [, told] = /^keyturn answer ([0-9a-f]{64})$/.exec(name) ?? [];
    return told === undefined || conclusion !== 'success' ? [] : [told];
  });
  return { ...common, state: 'ended', ...(told === undefined ? {} : { answer: told }) };
}

function pathOf(target: Target): string {
  return `${keeper(target)}/${target.secret}`;
}

/** Each place has a key of its own, and GitHub has been seen to take what was sealed with another's. */
async function readPublicKey(context: Context) {
  return (await call(context, 'GET', `${keeper(context.target)}/public-key`)).json(publicKey);
}

async function look<Shown>(context: Context, shape: z.ZodType<Shown>): Promise<Shown | undefined> {
  const answer = await call(context, 'GET', pathOf(context.target), { accept: [404] });
  return answer.status === 404 ? undefined : answer.json(shape);
}

/** Who sees an organization's secret has to be sent with every value: what is left out is lost. */
async function accessToKeep(context: Context): Promise<object> {
  if (context.target.level !== 'organization') return {};
  const found = await look(context, sharedMetadata);
  const visibility = found?.visibility ?? context.target.visibility;
  if (visibility !== 'selected') return { visibility };
  return { visibility, selected_repository_ids: found?.visibility === 'selected' ? await readSelection(context) : [] };
}

async function readSelection(context: Context): Promise<readonly number[]> {
  const ids = new Set<number>();
  for (let page = 1; ; page += 1) {
    // Not 100: so many repositories with long names would be more than the door lets in.
    const query = { per_page: 50, page };
    const answer = await call(context, 'GET', `${pathOf(context.target)}/repositories`, { query });
    const { total_count, repositories } = answer.json(selection);
    const known = ids.size;
    for (const { id } of repositories) ids.add(id);
    if (ids.size >= total_count) return [...ids];
    // A page that tells nothing new would be followed by others like it.
    if (ids.size > known && page < mostPages) continue;
    throw new RotationError(
      'conflict',
      `${facts.name}: the repositories that see ${context.target.secret} could not all be read`,
      {
        fix: 'Nothing to do: the next attempt reads them again, and nothing was written.',
        definite: true,
      },
    );
  }
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, headers, bearer: authority.token });
}

/** No answer takes longer than ten seconds, and both times are cut to whole ones. */
function isJustBefore(time: string, date: string | undefined): boolean {
  const lag = Date.parse(date ?? '') - Date.parse(time);
  return lag >= -1000 && lag <= 10_000;
}
