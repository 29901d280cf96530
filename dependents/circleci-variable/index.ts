import * as z from 'zod';
import type { Dependent, DependentContext, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const shared = {
  variable: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be letters, digits and underscores, and begin with no digit')
    .describe('The name of the variable.'),
};

const target = z.discriminatedUnion('level', [
  z.strictObject({
    level: z.literal('context'),
    context: z.uuid().meta({ identifier: true }).describe('The id of the context.'),
    ...shared,
  }),
  z.strictObject({
    level: z.literal('project'),
    project: z
      .string()
      .regex(/^(gh|bb|circleci)(\/[\w.-]+){2}$/, 'must be a slug such as gh/acme/web')
      .meta({ identifier: true })
      .describe('The slug of the project: `gh/<organization>/<repository>`, or `circleci/<id>/<id>`.'),
    lookAlsoIn: z
      .array(z.uuid())
      .min(1)
      .optional()
      .describe(
        'The ids of contexts that its jobs use, whose variable of the same name goes before it: looks tell of it. Needs rights to them.',
      ),
    ...shared,
  }),
]);
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

/** What is told of a variable, by either of the two lists. */
const ofContext = z
  .object({ variable: z.string(), truncated_value: z.string().default(''), updated_at: z.string().min(1) })
  .transform(({ variable, truncated_value, updated_at }) => ({ name: variable, tail: truncated_value, version: updated_at }));
const ofProject = z
  .object({ name: z.string(), value: z.string() })
  .transform(({ name, value }) => ({ name, tail: value.replace(/^x{4}/, ''), version: undefined }));
type Shown = { readonly name: string; readonly tail: string; readonly version?: string | undefined };

export const circleciVariable: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const found = await find(context);
    if (found === undefined) return { readClass: 'tail', exists: false };
    const { tail, version } = found;
    const seen = { exists: true, ...(version === undefined ? {} : { version }) };
    // Where no characters are shown, every value would end with them.
    if (tail === '') return { readClass: version === undefined ? 'none' : 'metadata', ...seen };
    return { readClass: 'tail', ...seen, matches: (candidate) => candidate.reveal().endsWith(tail) };
  },

  async apply(context, { value }) {
    const { target } = context;
    const [method, path, json] =
      target.level === 'context'
        ? (['PUT', `${listOf(target)}/${target.variable}`, { value }] as const)
        : (['POST', listOf(target), { name: target.variable, value }] as const);
    const { version } = (await call(context, method, path, { json, idempotent: true })).json(shapeOf(target));
    return version === undefined ? {} : { version };
  },

  async inEffect(context, copy, evidence) {
    const found = await find(context);
    if (found === undefined) return { state: 'not-yet', detail: 'the variable is not there' };
    const isLike = copy.value.reveal().endsWith(found.tail);
    const isLastOurs = evidence !== undefined && evidence.version === found.version;
    return isLike && isLastOurs
      ? { state: 'in-effect', by: 'receipt' }
      : { state: 'not-yet', detail: 'the variable was not written last by us' };
  },

  // Which contexts a job uses stands in its repository, and no call tells.
  async shadows(context) {
    const { target } = context;
    const found: string[] = [];
    for (const id of target.level === 'project' ? (target.lookAlsoIn ?? []) : []) {
      const there = { ...context, target: { level: 'context' as const, context: id, variable: target.variable } };
      if ((await find(there)) !== undefined) found.push(`the context ${id}`);
    }
    return found;
  },
};

const mostPages = 100;

async function find(context: Context): Promise<Shown | undefined> {
  const page = z.object({ items: z.array(shapeOf(context.target)), next_page_token: z.string().nullable() });
  let token: string | undefined;
  for (let number = 1; number <= mostPages; number += 1) {
    const query: Record<string, string> = token === undefined ? {} : { 'page-token': token };
    const { items, next_page_token } = (await call(context, 'GET', listOf(context.target), { query })).json(page);
    const found = items.find(({ name }) => name === context.target.variable);
    if (found !== undefined || next_page_token === null) return found;
    if (next_page_token === token) break;
    token = next_page_token;
  }
  throw new RotationError('malformed', `${facts.name}: the list of variables does not come to its end`, {
    fix: 'Nothing to do: the next attempt reads it again, and nothing was written.',
    definite: true,
  });
}

function shapeOf({ level }: Target): z.ZodType<Shown> {
  return level === 'context' ? ofContext : ofProject;
}

function listOf(target: Target): string {
  return target.level === 'context' ? `/context/${target.context}/environment-variable` : `/project/${target.project}/envvar`;
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest) {
  return http(method, path, { ...request, headers: { 'circle-token': authority.token } });
}
