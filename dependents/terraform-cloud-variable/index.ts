import * as z from 'zod';
import type { Dependent, DependentContext, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const workspaceId = z.string().regex(/^ws-\w+$/, 'must be an id that begins with ws-');
const variableSetId = z.string().regex(/^varset-\w+$/, 'must be an id that begins with varset-');

const shared = {
  variable: z.string().min(1).max(255).describe('The name of the variable.'),
  category: z.enum(['terraform', 'env']).describe('Whether it is a variable of Terraform or of the environment.'),
  isSensitive: z
    .boolean()
    .default(true)
    .describe('Whether it is never shown again, if it has to be made; one that exists stays as it is.'),
  api: z
    .url({ protocol: /^https?$/ })
    .default('https://app.terraform.io/api/v2')
    .describe('The API of another region or of a Terraform Enterprise: `https://<host>/api/v2`.'),
};

const target = z.discriminatedUnion('level', [
  z.strictObject({
    level: z.literal('workspace'),
    workspace: workspaceId.meta({ identifier: true }).describe('The id of the workspace (`ws-...`).'),
    lookAlsoIn: z
      .array(variableSetId)
      .min(1)
      .optional()
      .describe(
        'The ids of priority variable sets of this workspace, whose variable of the same name goes before it: looks tell of it. Needs rights to them.',
      ),
    ...shared,
  }),
  z.strictObject({
    level: z.literal('variable-set'),
    variableSet: variableSetId.meta({ identifier: true }).describe('The id of the variable set (`varset-...`).'),
    lookAlsoIn: z
      .array(workspaceId)
      .min(1)
      .optional()
      .describe(
        'The ids of workspaces of a set without priority, whose own variable of the same name goes before it: looks tell of it. Needs rights to them.',
      ),
    ...shared,
  }),
]);
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const variable = z.object({
  id: z.string().min(1),
  attributes: z.object({
    key: z.string(),
    value: z.string().nullish(),
    category: z.string(),
    sensitive: z.boolean(),
    hcl: z.boolean(),
    'version-id': z.string().min(1),
  }),
});
type Variable = z.infer<typeof variable>;
const one = z.object({ data: variable });
const page = z.object({
  data: z.array(variable),
  meta: z.object({ pagination: z.object({ 'next-page': z.int().nullish() }).optional() }).optional(),
});

export const terraformCloudVariable: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const found = await find(context);
    if (found === undefined) return { readClass: 'value', exists: false };
    const value = shownValue(found);
    const version = found.attributes['version-id'];
    if (value === undefined) return { readClass: 'metadata', exists: true, version };
    return { readClass: 'value', exists: true, matches: (candidate) => candidate.equals(value), version };
  },

  async apply(context, { value }) {
    const { variable: key, category, isSensitive } = context.target;
    const found = await find(context);
    const path = keeper(context.target);
    // What is not sent stays: description, category, and whether it is sensitive.
    const written =
      found === undefined
        ? await call(context, 'POST', path, { attributes: { key, value, category, hcl: false, sensitive: isSensitive } })
        : await call(context, 'PATCH', `${path}/${found.id}`, { id: found.id, attributes: { value } });
    return { version: written.json(one).data.attributes['version-id'] };
  },

  async inEffect(context, copy, evidence) {
    const found = await find(context);
    if (found === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    const value = shownValue(found);
    if (value !== undefined && copy.value.equals(value)) return { state: 'in-effect', by: 'reading' };
    const isLastOurs = value === undefined && evidence?.version === found.attributes['version-id'];
    return isLastOurs
      ? { state: 'in-effect', by: 'receipt' }
      : { state: 'not-yet', detail: 'the variable was not written last by us' };
  },

  async shadows(context, { value }) {
    const { variable: key, category } = context.target;
    const found: string[] = [];
    for (const [title, target] of strongerOf(context.target)) {
      const theirs = (await readAll({ ...context, target })).find(
        ({ attributes }) => attributes.key === key && attributes.category === category,
      );
      if (theirs !== undefined && !value.equals(shownValue(theirs))) found.push(title);
    }
    return found;
  },
};

/** The places that go before this one, as far as the catalog has us look, each with what to call it. */
function strongerOf(target: Target): readonly (readonly [string, Target])[] {
  const { variable, category, isSensitive, api, lookAlsoIn = [] } = target;
  const same = { variable, category, isSensitive, api };
  return lookAlsoIn.map((id) =>
    target.level === 'workspace'
      ? [`the variable set ${id}`, { level: 'variable-set', variableSet: id, ...same }]
      : [`the workspace ${id}`, { level: 'workspace', workspace: id, ...same }],
  );
}

const mostPages = 100;

/** By name and category: both may have the same name. */
async function find(context: Context): Promise<Variable | undefined> {
  const { variable: key, category } = context.target;
  const found = (await readAll(context)).find(({ attributes }) => attributes.key === key && attributes.category === category);
  if (found?.attributes.hcl !== true) return found;
  throw new RotationError('rejected', `${facts.name}: ${key} is written in HCL, and a token is no expression of it`, {
    fix: `In HCP Terraform, take "HCL" off ${key}, or name another variable.`,
    definite: true,
  });
}

async function readAll(context: Context): Promise<readonly Variable[]> {
  const all: Variable[] = [];
  for (let number = 1; number <= mostPages; ) {
    const { data, meta } = (await get(context, number)).json(page);
    all.push(...data);
    const next = meta?.pagination?.['next-page'] ?? undefined;
    if (next === undefined) return all;
    if (next <= number) break;
    number = next;
  }
  throw new RotationError('malformed', `${facts.name}: the list of variables does not come to its end`, {
    fix: 'Nothing to do: the next attempt reads it again, and nothing was written.',
    definite: true,
  });
}

/** Undefined where it is sensitive. */
function shownValue({ attributes }: Variable): Secret | undefined {
  const { value, sensitive } = attributes;
  return sensitive || value === null || value === undefined ? undefined : new Secret(value);
}

function get({ http, target, authority }: Context, number: number) {
  const query: Record<string, number> = number === 1 ? {} : { 'page[number]': number };
  return http('GET', keeper(target), { bearer: authority.token, headers: jsonApi, query });
}

/** Twice the same is once, but for what is made: a second one of the name is refused. */
function call({ http, authority }: Context, method: Method, path: string, data: object) {
  const request: HttpRequest = { json: { data: { type: 'vars', ...data } }, headers: { ...jsonApi, 'content-type': mediaType } };
  return http(method, path, { ...request, bearer: authority.token, idempotent: method === 'PATCH' });
}

const mediaType = 'application/vnd.api+json';
const jsonApi = { accept: mediaType };

function keeper(target: Target): string {
  return target.level === 'workspace'
    ? `/workspaces/${target.workspace}/vars`
    : `/varsets/${target.variableSet}/relationships/vars`;
}
