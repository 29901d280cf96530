import * as z from 'zod';
import { type DependentFakeFactory, type FakeAnswer, type FakeRequest, type FakeWorld, jsonOf } from '../../lib/testing/fake.ts';

interface Variable {
  readonly value: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

interface State {
  /** By the path of their list, a space, and their name. */
  readonly variables: Readonly<Record<string, Variable>>;
}

const contextId = 'f31d7249-b7b1-4729-b3a4-ec0ba07b4686';
const contextList = `/api/v2/context/${contextId}/environment-variable`;
const projectList = '/api/v2/project/gh/acme/web/envvar';
const valued = z.strictObject({ value: z.string().min(1).max(32_000) });
const named = valued.extend({ name: z.string().regex(/^[A-Za-z_]\w*$/) });
const pageSize = 2;

/** One context and one project: values are shown by their last four characters, in short pages. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-circleci-personal-token';
  const name = 'NPM_TOKEN';
  const neighbour: Variable = { value: 'canary-neighbour', createdAt: world.now(), updatedAt: world.now() };
  const names = ['A', 'B', 'C'];

  const self = {
    api: 'https://circleci.com/api/v2',
    target: { level: 'context', context: contextId, variable: name },
    authority: { token },
    state: {
      variables: Object.fromEntries(
        [contextList, projectList].flatMap((list) => names.map((other) => [`${list} ${other}`, neighbour])),
      ),
    } as State,

    holds: () => self.state.variables[`${contextList} ${name}`]?.value,
    tamper: (value: string) => void put(contextList, name, value),
    neighbours: () => Object.entries(self.state.variables).filter(([id]) => id !== `${contextList} ${name}`),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (headers['circle-token'] !== token) return problem(401, 'You must log in first.');
      const list = [contextList, projectList].find((each) => path === each || path.startsWith(`${each}/`));
      if (list === undefined) return problem(404, 'Not found.');
      if (path === list && method === 'GET') return page(list, request);
      if (path === list && method === 'POST' && list === projectList) return post(request);
      const wanted = path.slice(list.length + 1);
      if (method !== 'PUT' || list !== contextList || !/^[A-Za-z_]\w*$/.test(wanted)) return problem(404, 'Not found.');
      const parsed = valued.safeParse(jsonOf(request));
      if (!parsed.success) return problem(400, 'Invalid value.');
      return { status: 200, body: shown(list, wanted, put(list, wanted, parsed.data.value)) };
    },
  };

  function put(list: string, variable: string, value: string): Variable {
    const id = `${list} ${variable}`;
    const written = { value, createdAt: self.state.variables[id]?.createdAt ?? world.now(), updatedAt: world.now() };
    self.state = { variables: { ...self.state.variables, [id]: written } };
    return written;
  }

  function post(request: FakeRequest): FakeAnswer {
    const parsed = named.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 'Invalid variable.');
    const { name: variable, value } = parsed.data;
    return { status: 201, body: shown(projectList, variable, put(projectList, variable, value)) };
  }

  function page(list: string, { query }: FakeRequest): FakeAnswer {
    const all = Object.entries(self.state.variables).filter(([id]) => id.startsWith(`${list} `));
    const start = Number(query['page-token']?.replace('page-', '') ?? 0);
    const end = start + pageSize;
    const items = all.slice(start, end).map(([id, variable]) => shown(list, id.slice(list.length + 1), variable));
    return { status: 200, body: { items, next_page_token: end < all.length ? `page-${end}` : null } };
  }

  return self;
}) satisfies DependentFakeFactory;

function shown(list: string, name: string, { value, createdAt, updatedAt }: Variable) {
  const tail = value.slice(-4);
  const [created_at, updated_at] = [createdAt, updatedAt].map((time) => new Date(time).toISOString());
  if (list === projectList) return { name, value: `xxxx${tail}`, created_at };
  return { variable: name, truncated_value: tail, context_id: contextId, created_at, updated_at };
}

function problem(status: number, message: string): FakeAnswer {
  return { status, body: { message } };
}
