import * as z from 'zod';
import type { Dependent, DependentContext, Effect, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const id = z.string().regex(/^[\w.-]+$/, 'must be letters, digits, dots, hyphens and underscores');

const target = z.strictObject({
  account: id.describe('The slug or id of the team.'),
  site: id.meta({ identifier: true }).describe('The id of the site.'),
  variable: z
    .string()
    .regex(/^[A-Za-z]\w*$/, 'must be letters, digits and underscores, and begin with a letter')
    .describe('The name of the variable.'),
  context: z
    .enum(['production', 'all'])
    .default('production')
    .describe('The deploy context of the value. One for `production` is made as a secret, which is never shown again.'),
  builds: z
    .literal('latest-commit')
    .describe('Your yes to this: a new value needs a build, and Netlify builds the newest commit, released before or not.'),
});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const variable = z.object({
  is_secret: z.boolean().default(false),
  values: z.array(z.object({ context: z.string(), value: z.string().optional() })),
  updated_at: time,
});
type Variable = z.infer<typeof variable>;
const deploy = z.object({
  id: z.string().min(1),
  state: z.string(),
  context: z.string().optional(),
  locked: z.boolean().nullish(),
  created_at: time,
});
const site = z.object({
  build_settings: z.object({ repo_url: z.string().nullish() }).nullish(),
  published_deploy: deploy.nullish(),
});
const build = z.object({ deploy_id: z.string().min(1), created_at: time });

export const netlifyEnv: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    await readSite(context);
    const found = await find(context);
    if (found === undefined || !isSet(context, found)) return { readClass: 'value', exists: false };
    const { updated_at: version } = found;
    const value = shownValue(context, found);
    if (value === undefined) return { readClass: 'metadata', exists: true, version };
    return { readClass: 'value', exists: true, matches: (candidate) => candidate.equals(value), version };
  },

  async apply(context, { value }) {
    const { variable: key, context: name } = context.target;
    if ((await find(context)) === undefined) {
      const json = [{ key, is_secret: name === 'production', values: [{ context: name, value }] }];
      const made = (await ofVariables(context, 'POST', '', { json })).json(z.array(variable).length(1));
      return { version: made[0]?.updated_at ?? '' };
    }
    // One context's value is sent, and the others stay.
    const written = await ofVariables(context, 'PATCH', `/${key}`, { json: { context: name, value }, idempotent: true });
    return { version: written.json(variable).updated_at };
  },

  async activate(context) {
    const found = await find(context);
    if (found === undefined) return {};
    const started = await buildSince(context, found.updated_at);
    if (started !== undefined) return { activation: started };
    const made = await call(context, 'POST', `/sites/${context.target.site}/builds`, { query: { title: 'A new token' } });
    return { activation: made.json(build).deploy_id };
  },

  async inEffect(context, copy, evidence) {
    const found = await find(context);
    if (found === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    const value = shownValue(context, found);
    const isOurs = value === undefined ? evidence?.version === found.updated_at : copy.value.equals(value);
    if (!isOurs) return { state: 'not-yet', detail: 'the variable was not written last by us' };
    const { published_deploy: published } = await readSite(context);
    // Where nothing is published, what is built first has it.
    if (!published || isSince(published.created_at, found.updated_at))
      return { state: 'in-effect', by: value === undefined ? 'receipt' : 'reading' };
    return whyNot(context, evidence?.activation);
  },

  async shadows(context, { value }) {
    // A value for production stands beside those of other contexts, and not behind them.
    if (context.target.context !== 'all') return [];
    const others = (await find(context))?.values.filter((each) => each.context !== 'all') ?? [];
    const differing = others.filter((each) => each.value === undefined || !value.equals(new Secret(each.value)));
    return differing.map((each) => `the value for the context ${each.context}`);
  },
};

/** Where a build cannot be started, or would not be published, nothing that is written here would come into effect. */
async function readSite(context: Context): Promise<z.infer<typeof site>> {
  const found = (await call(context, 'GET', `/sites/${context.target.site}`)).json(site);
  if (!found.build_settings?.repo_url)
    throw unfit(
      `the site ${context.target.site} has no repository to be built from`,
      'Deploy this copy by hand, or connect one.',
    );
  if (found.published_deploy?.locked === true)
    throw unfit(`new deploys of the site ${context.target.site} are not published`, 'In Netlify choose "Start auto publishing".');
  return found;
}

/** A value for all contexts and one for production stand for each other's deploys, so that only the one that the catalog names may be there. */
async function find(context: Context): Promise<Variable | undefined> {
  const { variable: key, context: name } = context.target;
  const answer = await ofVariables(context, 'GET', `/${key}`, { accept: [404] });
  if (answer.status === 404) return undefined;
  const found = answer.json(variable);
  const other = found.values.find((each) => each.context !== name && ['all', 'production'].includes(each.context));
  if (other === undefined) return found;
  throw unfit(`${key} has a value for the context ${other.context}`, `Name the context that holds it, or delete it in Netlify.`);
}

function isSet({ target }: Context, { values }: Variable): boolean {
  return values.some((each) => each.context === target.context);
}

/** Undefined where it is a secret: what is shown then is a mask. */
function shownValue({ target }: Context, { is_secret: isSecret, values }: Variable): Secret | undefined {
  const value = values.find((each) => each.context === target.context)?.value;
  return isSecret || value === undefined ? undefined : new Secret(value);
}

/** The deploy of a build for production that was started since, by an earlier attempt or by somebody, and has not failed. */
async function buildSince(context: Context, since: string): Promise<string | undefined> {
  const all = (await call(context, 'GET', `/sites/${context.target.site}/builds`)).json(z.array(build));
  for (const { deploy_id: deployId } of all.filter(({ created_at: at }) => isSince(at, since))) {
    const { state, context: name } = await readDeploy(context, deployId);
    if (state !== 'error' && name === 'production') return deployId;
  }
  return undefined;
}

async function whyNot(context: Context, deployId: string | undefined): Promise<Effect> {
  if (deployId === undefined) return { state: 'not-yet', detail: 'nothing was built since it was written' };
  const { state } = await readDeploy(context, deployId);
  return { state: state === 'error' ? 'failed' : 'not-yet', detail: `the deploy is ${state}` };
}

async function readDeploy(context: Context, deployId: string): Promise<z.infer<typeof deploy>> {
  return (await call(context, 'GET', `/deploys/${encodeURIComponent(deployId)}`)).json(deploy);
}

function isSince(one: string, other: string): boolean {
  return Date.parse(one) > Date.parse(other);
}

/** Without the site in the query it would be the team's variable of that name. */
function ofVariables(context: Context, method: Method, path: string, request: HttpRequest) {
  const { account, site: site_id } = context.target;
  return call(context, method, `/accounts/${account}/env${path}`, { ...request, query: { site_id } });
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, bearer: authority.token });
}

function unfit(why: string, fix: string): RotationError {
  return new RotationError('rejected', `${facts.name}: ${why}`, { fix, definite: true });
}
