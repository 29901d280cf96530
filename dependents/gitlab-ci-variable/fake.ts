import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

interface Variable {
  readonly variable_type: 'env_var' | 'file';
  readonly key: string;
  readonly value: string;
  readonly protected: boolean;
  readonly masked: boolean;
  readonly hidden: boolean;
  readonly raw: boolean;
  readonly environment_scope: string;
  readonly description: string | null;
}

interface State {
  /** By the path of their project or group. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
}

const changed = z.strictObject({
  value: z.string().optional(),
  description: z.string().max(255).optional(),
  environment_scope: z.string().optional(),
  masked: z.boolean().optional(),
  protected: z.boolean().optional(),
  raw: z.boolean().optional(),
  variable_type: z.enum(['env_var', 'file']).optional(),
});
const made = changed.extend({
  key: z.string().regex(/^\w{1,255}$/),
  value: z.string(),
  masked_and_hidden: z.boolean().optional(),
});

/** One project and its group; the same name stands there for other environments too. */
export const fake = ((_world: FakeWorld) => {
  const token = 'canary-glpat-maintainer';
  const key = 'NPM_TOKEN';
  const scope = 'production';
  const project = '/projects/acme%2Fweb';
  const neighbour: Variable = {
    variable_type: 'env_var',
    key,
    value: 'canary-neighbour',
    protected: false,
    masked: true,
    hidden: false,
    raw: true,
    environment_scope: 'staging',
    description: null,
  };

  const self = {
    api: 'https://gitlab.com/api/v4',
    target: { level: 'project', project: 'acme/web', variable: key, environmentScope: scope },
    authority: { token },
    state: {
      variables: {
        [project]: [neighbour, { ...neighbour, key: 'OTHER', environment_scope: '*', hidden: true }],
        '/groups/acme': [{ ...neighbour, environment_scope: '*', protected: true }],
      },
    } as State,

    holds: () => self.state.variables[project]?.find(isOurs)?.value,
    tamper(value: string) {
      const before = self.state.variables[project]?.find(isOurs);
      put(project, { ...neighbour, environment_scope: scope, ...before, value });
    },
    neighbours: () => Object.values(self.state.variables).map((all) => all.filter((each) => !isOurs(each))),

    handle(request: FakeRequest): FakeAnswer {
      if (bearerOf(request) !== token) return problem(401, '401 Unauthorized');
      const [, owner = '', name] = /^\/api\/v4(\/(?:projects|groups)\/[^/]+)\/variables(?:\/(\w+))?$/.exec(request.path) ?? [];
      const variables = self.state.variables[owner];
      // The same is said of what is not there and of what the token may not see.
      if (variables === undefined) return problem(404, '404 Project Not Found');
      if (name === undefined) return request.method === 'POST' ? make(owner, variables, request) : list(variables, request);
      const wanted = request.query['filter[environment_scope]'];
      const found = variables.filter((each) => each.key === name && [undefined, each.environment_scope].includes(wanted));
      const [one, another] = found;
      if (one === undefined) return problem(404, '404 Variable Not Found');
      if (another !== undefined)
        return problem(409, "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'");
      if (request.method === 'GET') return { status: 200, body: shown(one) };
      return request.method === 'PUT' ? change(owner, one, request) : problem(405, '405 Method Not Allowed');
    },
  };

  function isOurs(one: Variable): boolean {
    return one.key === key && one.environment_scope === scope;
  }

  function put(owner: string, variable: Variable): void {
    const isSame = (one: Variable) => one.key === variable.key && one.environment_scope === variable.environment_scope;
    const others = (self.state.variables[owner] ?? []).filter((one) => !isSame(one));
    self.state = { variables: { ...self.state.variables, [owner]: [...others, variable] } };
  }

  function change(owner: string, before: Variable, request: FakeRequest): FakeAnswer {
    const parsed = changed.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 'the body is not one of a variable');
    return keep(owner, { ...before, ...without(parsed.data) }, 200);
  }

  function make(owner: string, variables: readonly Variable[], request: FakeRequest): FakeAnswer {
    const parsed = made.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 'the body is not one of a variable');
    const { masked_and_hidden: isHidden = false, ...rest } = parsed.data;
    const fresh = { ...neighbour, raw: false, masked: isHidden, environment_scope: '*', hidden: isHidden, ...without(rest) };
    const isTaken = variables.some((each) => each.key === fresh.key && each.environment_scope === fresh.environment_scope);
    return isTaken ? problem(400, { key: [`(${fresh.key}) has already been taken`] }) : keep(owner, fresh, 201);
  }

  function keep(owner: string, variable: Variable, status: number): FakeAnswer {
    if (variable.masked && !/^\S{8,}$/.test(variable.value)) return problem(400, { value: ['is invalid'] });
    put(owner, variable);
    return { status, body: shown(variable) };
  }

  return self;
}) satisfies DependentFakeFactory;

function list(variables: readonly Variable[], { query }: FakeRequest): FakeAnswer {
  const size = Math.min(Number(query.per_page ?? 20), 100);
  const start = (Number(query.page ?? 1) - 1) * size;
  return { status: 200, body: variables.slice(start, start + size).map(shown) };
}

function shown(variable: Variable) {
  return { ...variable, value: variable.hidden ? null : variable.value };
}

function without<Fields extends object>(fields: Fields): Partial<Variable> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function problem(status: number, message: unknown): FakeAnswer {
  return { status, body: { message } };
}
