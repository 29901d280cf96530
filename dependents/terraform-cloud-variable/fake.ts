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
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly category: 'terraform' | 'env';
  readonly hcl: boolean;
  readonly sensitive: boolean;
  readonly description: string | null;
  readonly version: number;
}

interface State {
  /** By the path of their workspace or set. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
}

const mediaType = 'application/vnd.api+json';
const attributes = z.strictObject({
  key: z.string().min(1),
  value: z.string().max(262_144),
  category: z.enum(['terraform', 'env']),
  hcl: z.boolean(),
  sensitive: z.boolean(),
  description: z.string().max(512).nullable().optional(),
});
const made = z.strictObject({ data: z.strictObject({ type: z.literal('vars'), attributes }) });
const changed = z.strictObject({
  data: z.strictObject({ id: z.string(), type: z.literal('vars'), attributes: attributes.partial() }),
});

const workspace = '/api/v2/workspaces/ws-6fHMCom98SDXSQUv/vars';
const set = '/api/v2/varsets/varset-kjkN545LH2Sfercv/relationships/vars';
const pageSize = 2;

/** A workspace and a variable set: sensitive values are null, and the set is told in short pages. */
export const fake = ((_world: FakeWorld) => {
  const token = 'canary-team-token';
  const key = 'NPM_TOKEN';
  const neighbour: Variable = {
    id: 'var-neighbour',
    key,
    value: 'canary-neighbour',
    category: 'terraform',
    hcl: false,
    sensitive: true,
    description: 'of Terraform, not of the environment',
    version: 1,
  };
  const others = ['A', 'B', 'C'].map((name) => ({ ...neighbour, id: `var-${name}`, key: name }));

  const self = {
    api: 'https://app.terraform.io/api/v2',
    target: { level: 'workspace', workspace: 'ws-6fHMCom98SDXSQUv', variable: key, category: 'env', isSensitive: false },
    authority: { token },
    state: {
      variables: { [workspace]: [neighbour], [set]: [...others, { ...neighbour, id: 'var-set', category: 'env' }] },
    } as State,

    holds: () => ours()?.value,
    tamper: (value: string) => put(workspace, { ...neighbour, ...own, ...ours(), value }),
    neighbours: () => Object.values(self.state.variables).map((all) => all.filter((each) => each !== ours())),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (bearerOf(request) !== token) return problem(401, 'unauthorized');
      const owner = [workspace, set].find((each) => path === each || path.startsWith(`${each}/`));
      const variables = self.state.variables[owner ?? ''];
      // The same is said of what is not there and of what the token may not see.
      if (owner === undefined || variables === undefined) return problem(404, 'not found');
      if (path === owner && method === 'GET') return list(owner, variables, request);
      if (path === owner && method === 'POST') return make(owner, variables, request);
      const found = variables.find(({ id }) => path === `${owner}/${id}`);
      return found !== undefined && method === 'PATCH' ? change(owner, found, request) : problem(404, 'not found');
    },
  };
  const own = { id: 'var-ours', category: 'env', sensitive: false, description: null } as const;

  function ours(): Variable | undefined {
    return self.state.variables[workspace]?.find((each) => each.key === key && each.category === 'env');
  }

  function put(owner: string, variable: Variable): Variable {
    const rest = (self.state.variables[owner] ?? []).filter(({ id }) => id !== variable.id);
    const written = { ...variable, version: variable.version + 1 };
    self.state = { variables: { ...self.state.variables, [owner]: [...rest, written] } };
    return written;
  }

  function make(owner: string, variables: readonly Variable[], request: FakeRequest): FakeAnswer {
    const parsed = made.safeParse(jsonOf(request, mediaType));
    if (!parsed.success) return problem(422, 'invalid attribute');
    const { description = null, ...wanted } = parsed.data.data.attributes;
    if (variables.some((each) => each.key === wanted.key && each.category === wanted.category))
      return problem(422, 'Key has already been taken');
    return answer(201, { data: shown(put(owner, { ...wanted, description, id: `var-${variables.length}-made`, version: 0 })) });
  }

  function change(owner: string, before: Variable, request: FakeRequest): FakeAnswer {
    const parsed = changed.safeParse(jsonOf(request, mediaType));
    if (!parsed.success || parsed.data.data.id !== before.id) return problem(422, 'invalid attribute');
    const { attributes: wanted } = parsed.data.data;
    if (before.sensitive && wanted.sensitive === false) return problem(422, 'a sensitive variable stays so');
    const named = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    return answer(200, { data: shown(put(owner, { ...before, ...named })) });
  }

  return self;
}) satisfies DependentFakeFactory;

function list(owner: string, variables: readonly Variable[], { query }: FakeRequest): FakeAnswer {
  if (owner === workspace) return answer(200, { data: variables.map(shown) });
  const number = Number(query['page[number]'] ?? 1);
  const data = variables.slice((number - 1) * pageSize, number * pageSize).map(shown);
  const next = number * pageSize < variables.length ? number + 1 : null;
  return answer(200, { data, meta: { pagination: { 'current-page': number, 'next-page': next } } });
}

function shown({ id, version, value, ...rest }: Variable) {
  const told = { ...rest, value: rest.sensitive ? null : value, 'version-id': `${id}-${version}`.padEnd(40, '0') };
  return { id, type: 'vars', attributes: told };
}

function answer(status: number, body: object): FakeAnswer {
  return { status, body, headers: { 'content-type': mediaType } };
}

function problem(status: number, title: string): FakeAnswer {
  return answer(status, { errors: [{ status: String(status), title }] });
}
