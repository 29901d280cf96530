import * as z from 'zod';
import type { Dependent, DependentContext, HttpAnswer, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const shared = {
  variable: z
    .string()
    .regex(/^\w{1,255}$/, 'must be letters, digits and underscores')
    .describe('The name of the variable.'),
  environmentScope: z.string().min(1).default('*').describe('Its environment scope, to the letter; `*` is all environments.'),
  isProtected: z
    .boolean()
    .default(true)
    .describe('Whether only protected branches and tags see it if it has to be made; one that exists stays as it is.'),
  isHidden: z
    .boolean()
    .default(false)
    .describe('Whether it is never shown again if it has to be made. Then only receipts tell what is there.'),
  api: z
    .url({ protocol: /^https?$/ })
    .default('https://gitlab.com/api/v4')
    .describe('The API of a GitLab of your own: `https://<host>/api/v4`.'),
};
const place = z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a path such as `acme/web`, or a number');

const target = z.discriminatedUnion('level', [
  z.strictObject({ level: z.literal('project'), project: place.describe('The path or the number of the project.'), ...shared }),
  z.strictObject({
    level: z.literal('group'),
    group: place.describe('The path or the number of the group.'),
    lookAlsoIn: z
      .array(z.union([z.strictObject({ project: place }), z.strictObject({ group: place })]))
      .min(1)
      .optional()
      .describe(
        'Projects and groups inside this group whose own variable of the same name goes before it: looks tell of it. Needs the same rights there.',
      ),
    ...shared,
  }),
]);
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const variable = z.object({
  value: z.string().nullable(),
  hidden: z.boolean().default(false), // not told before GitLab 17.4
  masked: z.boolean(),
  raw: z.boolean(),
  environment_scope: z.string(),
});
type Variable = z.infer<typeof variable>;
const list = z.array(variable.extend({ key: z.string() }));

export const gitlabCiVariable: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const found = await find(context);
    if (found === undefined) {
      // 404 is also said of a project that the authority may not see; who may list the variables may write them.
      await call(context, 'GET', keeper(context.target), { query: { per_page: 1 } });
      return { readClass: 'value', exists: false };
    }
    const value = shownValue(found);
    if (value === undefined) return { readClass: 'none', exists: true };
    return { readClass: 'value', exists: true, matches: (candidate) => candidate.equals(value) };
  },

  async apply(context, { value }) {
    const { variable: key, environmentScope, isProtected, isHidden } = context.target;
    const found = await find(context);
    if (found !== undefined) {
      assertLiteral(key, found, value);
      // What is not sent stays: whether it is masked, protected, raw, and who sees it.
      assertTaken(key, await callOne(context, 'PUT', { json: { value }, idempotent: true, accept: [400] }));
      return {};
    }
    const seen = isHidden ? { masked_and_hidden: true } : { masked: true };
    const json = { key, value, ...seen, protected: isProtected, raw: true, environment_scope: environmentScope };
    assertTaken(key, await call(context, 'POST', keeper(context.target), { json, accept: [400] }));
    return {};
  },

  async inEffect(context, copy, evidence) {
    const found = await find(context);
    if (found === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    const value = shownValue(found);
    if (copy.value.equals(value)) return { state: 'in-effect', by: 'reading' };
    if (value === undefined && evidence !== undefined) return { state: 'in-effect', by: 'receipt' };
    const detail = value === undefined ? 'it is not known to have been written' : 'the variable holds another value';
    return { state: 'not-yet', detail };
  },

  async shadows(context, { value }) {
    const { variable: key, environmentScope } = context.target;
    const narrower = (await readAll(context)).filter(
      (each) => each.key === key && isNarrower(each.environment_scope, environmentScope) && !value.equals(shownValue(each)),
    );
    const found = narrower.map((each) => `the variable for the environment scope ${each.environment_scope}`);
    for (const [title, target] of strongerOf(context.target)) {
      const theirs = (await readAll({ ...context, target })).filter(
        (each) => each.key === key && isShared(each.environment_scope, environmentScope) && !value.equals(shownValue(each)),
      );
      found.push(...theirs.map((each) => `the variable of ${title} for the environment scope ${each.environment_scope}`));
    }
    return found;
  },
};

/** The places inside this group, as far as the catalog has us look, each with what to call it: what is nearer to a job goes first. */
function strongerOf(target: Target): readonly (readonly [string, Target])[] {
  if (target.level === 'project') return [];
  const { level: _level, group: _group, lookAlsoIn = [], ...same } = target;
  return lookAlsoIn.map((inside) =>
    'project' in inside
      ? [`the project ${inside.project}`, { level: 'project', project: inside.project, ...same }]
      : [`the group ${inside.group}`, { level: 'group', group: inside.group, ...same }],
  );
}

const pageSize = 100;

async function readAll(context: Context) {
  return readPages(`${facts.name}: the list of variables`, async (page: number | undefined = 1) => {
    const query = { per_page: pageSize, page };
    const items = (await call(context, 'GET', keeper(context.target), { query })).json(list);
    return { items, next: items.length < pageSize ? undefined : page + 1 };
  });
}

/** Whether all that a scope is for, or part of it, is what the other one is for too: the narrower one goes before the wider one. */
function isNarrower(scope: string, wider: string): boolean {
  const pattern = wider.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return scope !== wider && new RegExp(`^${pattern.join('.*')}$`).test(scope);
}

/** Whether there is an environment that both scopes are for. Where each of the two is read from is a place; no place is looked at twice. */
function isShared(one: string, other: string): boolean {
  const places: [number, number][] = [[0, 0]];
  const seen = new Set<string>();
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const [i, j] = place;
    if (seen.has(`${i} ${j}`)) continue;
    seen.add(`${i} ${j}`);
    const [a, b] = [one[i], other[j]];
    if (a === undefined && b === undefined) return true;
    if (a === '*') places.push([i + 1, j]);
    if (b === '*') places.push([i, j + 1]);
    if (a === '*' && b !== undefined) places.push([i, j + 1]);
    if (b === '*' && a !== undefined) places.push([i + 1, j]);
    if (a === b && a !== '*') places.push([i + 1, j + 1]);
  }
  return false;
}

async function find(context: Context): Promise<Variable | undefined> {
  const answer = await callOne(context, 'GET', { accept: [404] });
  return answer.status === 404 ? undefined : answer.json(variable);
}

/** Undefined where it is hidden. */
function shownValue({ value, hidden }: Variable): Secret | undefined {
  return value === null || hidden ? undefined : new Secret(value);
}

/** Where a variable is not raw, what follows a dollar sign is taken for the name of another one. */
function assertLiteral(key: string, { raw }: Variable, value: Secret): void {
  if (raw || !value.reveal().includes('$')) return;
  throw new RotationError('rejected', `${facts.name}: ${key} is expanded by GitLab, and the token has a dollar sign`, {
    fix: `In GitLab, take "Expand variable reference" off ${key}.`,
    definite: true,
  });
}

function assertTaken(key: string, answer: HttpAnswer): void {
  if (answer.status !== 400) return;
  throw new RotationError('rejected', `${facts.name}: GitLab does not take the token as the value of ${key}`, {
    fix: 'A masked variable takes one line of 8 characters or more without spaces, and another scope may have the name already: compare with GitLab.',
    status: 400,
    definite: true,
  });
}

/** Without the scope, GitLab does not know which of several variables is meant. */
function callOne(context: Context, method: Method, request: HttpRequest): Promise<HttpAnswer> {
  const { variable: key, environmentScope } = context.target;
  const query = { 'filter[environment_scope]': environmentScope };
  return call(context, method, `${keeper(context.target)}/${key}`, { ...request, query });
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest): Promise<HttpAnswer> {
  return http(method, path, { ...request, bearer: authority.token });
}

function keeper(target: Target): string {
  const [kind, id] = target.level === 'project' ? ['projects', target.project] : ['groups', target.group];
  return `/${kind}/${encodeURIComponent(id)}/variables`;
}
