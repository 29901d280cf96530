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
  readonly type: 'plain_text' | 'secret_text';
  readonly value: string;
}
type Variables = Readonly<Record<string, Variable>>;

interface Deployment {
  readonly id: string;
  readonly environment: 'production' | 'preview';
  readonly createdAt: number;
  readonly readyAt: number;
  readonly commit: string;
  /** What was built in: a variable that is written later is not in it. */
  readonly variables: Variables;
  readonly outcome: 'success' | 'failure';
}

interface State {
  readonly production: Variables;
  readonly preview: Variables;
  /** The oldest first. */
  readonly deployments: readonly Deployment[];
  /** False where files are uploaded: nothing can be built again. */
  readonly isConnected: boolean;
}

const wanted = z.strictObject({
  deployment_configs: z.strictObject({
    production: z.strictObject({
      env_vars: z.record(
        z.string(),
        z.strictObject({ type: z.enum(['plain_text', 'secret_text']), value: z.string().max(5120) }).nullable(),
      ),
    }),
  }),
});

const buildMilliseconds = 45_000;

/** One project with previews beside production, whose variables come into effect with the next deployment, and whose builds take their time. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-editor-of-the-shop';
  const account = '0123456789abcdef0123456789abcdef';
  const name = 'API_TOKEN';
  const home = `/client/v4/accounts/${account}/pages/projects/shop`;
  const now = world.now();
  const first = {
    createdAt: now - 120_000,
    readyAt: now - 60_000,
    commit: 'released',
    variables: {},
    outcome: 'success' as const,
  };

  const self = {
    api: 'https://api.cloudflare.com/client/v4',
    target: { account, project: 'shop', secret: name },
    authority: { token },
    state: {
      production: { OTHER: { type: 'secret_text', value: 'canary-neighbour' } },
      preview: { [name]: { type: 'secret_text', value: 'canary-of-previews' } },
      deployments: [
        { ...first, id: 'd-first', environment: 'production' },
        { ...first, id: 'd-preview', environment: 'preview', createdAt: now - 90_000, commit: 'unreleased' },
      ],
      isConnected: true,
    } as State,

    holds: () => live()?.variables[name]?.value,
    written: () => self.state.production[name]?.value,
    tamper(value: string) {
      write({ [name]: { type: 'secret_text', ...self.state.production[name], value } });
      deploy(live()?.commit ?? '', world.now());
    },
    neighbours: () => [{ ...self.state.production, [name]: undefined }, self.state.preview, live()?.commit],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (bearerOf(request) !== token) return problem(403, 10_000, 'Authentication error');
      if (path !== home && !path.startsWith(`${home}/`)) return problem(404, 8_000_007, 'Project not found.');
      const route = `${method} ${path.slice(home.length)}`;
      if (route === 'GET ') return done(project());
      if (route === 'PATCH ') return change(request);
      if (route === 'GET /deployments') return done([...self.state.deployments].reverse().slice(0, 25).map(shown));
      const [, id, retry] = /^\/deployments\/([^/]+)(\/retry)?$/.exec(path.slice(home.length)) ?? [];
      const found = self.state.deployments.find((each) => each.id === id);
      if (found === undefined) return problem(404, 8_000_009, 'Deployment not found.');
      if (method === 'GET' && retry === undefined) return done(shown(found));
      if (method === 'POST' && retry !== undefined) return again(found, request);
      return problem(405, 10_405, 'Method not allowed for this authentication scheme');
    },
  };

  const isReady = ({ readyAt, outcome }: Deployment) => outcome === 'success' && readyAt <= world.now();

  function live(): Deployment | undefined {
    return self.state.deployments.findLast((each) => each.environment === 'production' && isReady(each));
  }

  function write(variables: Variables): void {
    self.state = { ...self.state, production: { ...self.state.production, ...variables } };
  }

  function deploy(commit: string, readyAt: number): Deployment {
    const started: Deployment = {
      id: `d-${self.state.deployments.length}`,
      environment: 'production',
      createdAt: world.now() + 1,
      readyAt,
      commit,
      variables: self.state.production,
      outcome: 'success',
    };
    self.state = { ...self.state, deployments: [...self.state.deployments, started] };
    return started;
  }

  function change(request: FakeRequest): FakeAnswer {
    const parsed = wanted.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 8_000_022, 'Invalid request');
    const { env_vars } = parsed.data.deployment_configs.production;
    const merged = Object.entries({ ...self.state.production, ...env_vars });
    const production = Object.fromEntries(merged.flatMap(([each, variable]) => (variable === null ? [] : [[each, variable]])));
    self.state = { ...self.state, production };
    return done(project());
  }

  function again(found: Deployment, request: FakeRequest): FakeAnswer {
    if (!self.state.isConnected) return problem(400, 8_000_055, 'A direct upload cannot be retried.');
    if (jsonOf(request) === undefined) return problem(400, 8_000_022, 'Invalid request');
    return done(shown(deploy(found.commit, world.now() + buildMilliseconds)));
  }

  function project() {
    const latest = self.state.deployments.at(-1);
    const current = live();
    const { isConnected, production, preview } = self.state;
    return {
      ...{ id: 'p-shop', name: 'shop', subdomain: 'shop.pages.dev', production_branch: 'main' },
      ...(isConnected
        ? { source: { type: 'github', config: { owner: 'acme', repo_name: 'shop', production_branch: 'main' } } }
        : {}),
      canonical_deployment: current === undefined ? null : shown(current),
      latest_deployment: latest === undefined ? null : shown(latest),
      deployment_configs: { production: { env_vars: masked(production) }, preview: { env_vars: masked(preview) } },
    };
  }

  function shown({ id, environment, createdAt, readyAt, commit, outcome }: Deployment) {
    const isOver = readyAt <= world.now();
    const latest_stage = isOver ? { name: 'deploy', status: outcome } : { name: 'build', status: 'active' };
    return {
      ...{ id, environment, created_on: new Date(createdAt).toISOString(), latest_stage, project_name: 'shop' },
      deployment_trigger: { type: 'ad_hoc', metadata: { branch: 'main', commit_hash: commit } },
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function masked(variables: Variables) {
  const hide = ({ type, value }: Variable) => ({ type, value: type === 'secret_text' ? '' : value });
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, hide(variable)]));
}

function done(result: unknown): FakeAnswer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}

function problem(status: number, code: number, message: string): FakeAnswer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}
