import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

type ContextName = 'all' | 'production' | 'deploy-preview' | 'branch-deploy';

interface Variable {
  readonly isSecret: boolean;
  readonly values: Readonly<Partial<Record<ContextName, string>>>;
  readonly updatedAt: number;
}

interface Deploy {
  readonly id: string;
  readonly context: 'production' | 'deploy-preview';
  readonly createdAt: number;
  readonly readyAt: number;
  readonly outcome: 'ready' | 'error';
  /** What was built in: a variable that is written later is not in it. */
  readonly env: Readonly<Record<string, string>>;
}

interface State {
  /** Of the site; those of the team stand beside it. */
  readonly variables: Readonly<Record<string, Variable>>;
  readonly shared: Readonly<Record<string, Variable>>;
  /** The oldest first. */
  readonly deploys: readonly Deploy[];
  readonly isLocked: boolean;
  readonly repository: string | undefined;
}

const context = z.enum(['all', 'production', 'deploy-preview', 'branch-deploy']);
const wanted = z.strictObject({ context, value: z.string().max(4096) });
const made = z
  .array(
    z.strictObject({
      key: z.string().regex(/^[A-Za-z]\w*$/),
      is_secret: z.boolean().optional(),
      values: z.array(wanted).min(1),
    }),
  )
  .length(1);

const home = '/api/v1';
const account = 'acme';
const site = '5b2e9c1f-7d3a-4a54-9f0e-2c7c5d1e8a40';
const buildMilliseconds = 40_000;

/** One site, with a variable of the same name for the whole team, previews that are built beside it, and builds that take their time. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-netlify-token';
  const key = 'API_TOKEN';
  const now = world.now();
  const neighbour: Variable = { isSecret: false, values: { all: 'canary-neighbour' }, updatedAt: now };
  const first = { createdAt: now - 1, readyAt: now, outcome: 'ready', env: {} } as const;

  const self = {
    api: 'https://api.netlify.com/api/v1',
    target: { account, site, variable: key, context: 'all', builds: 'latest-commit' } as Readonly<Record<string, unknown>>,
    authority: { token },
    state: {
      variables: { OTHER: neighbour },
      shared: { [key]: neighbour },
      deploys: [
        { ...first, id: 'deploy-first', context: 'production' },
        { ...first, id: 'deploy-preview', context: 'deploy-preview', createdAt: now + 31_536_000_000 },
      ],
      isLocked: false,
      repository: 'https://git.example/acme/shop',
    } as State,

    holds: () => published()?.env[key],
    written: () => valueIn(self.state.variables[key]),
    tamper(value: string) {
      const isSecret = self.state.variables[key]?.isSecret ?? true;
      write(key, { isSecret, values: { ...self.state.variables[key]?.values, [contextOf()]: value } });
      build(world.now());
    },
    neighbours: () => [self.state.variables.OTHER, self.state.shared],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, query } = request;
      if (bearerOf(request) !== token) return problem(401, 'Access Denied');
      if (!path.startsWith(`${home}/`)) return problem(404, 'Not Found');
      const route = `${method} ${path.slice(home.length)}`;
      if (route === `GET /sites/${site}`) return { status: 200, body: shownSite() };
      if (route === `GET /sites/${site}/builds`) return { status: 200, body: self.state.deploys.map(shownBuild).reverse() };
      if (route === `POST /sites/${site}/builds`) return startBuild(request);
      const deploy = self.state.deploys.find(({ id }) => route === `GET /deploys/${id}`);
      if (deploy !== undefined) return { status: 200, body: shownDeploy(deploy) };
      if (query.site_id !== undefined && query.site_id !== site) return problem(404, 'Not Found');
      if (route === `POST /accounts/${account}/env`) return make(request);
      const [, verb, name] = /^(GET|PATCH) \/accounts\/acme\/env\/(\w+)$/.exec(route) ?? [];
      const stored = name === undefined ? undefined : variablesFor(query)[name];
      if (name === undefined || stored === undefined) return problem(404, 'Not Found');
      return verb === 'GET' ? { status: 200, body: shown(name, stored) } : change(name, stored, request);
    },
  };

  function contextOf(): ContextName {
    return context.default('production').parse(self.target.context);
  }

  function variablesFor({ site_id }: FakeRequest['query']) {
    return site_id === undefined ? self.state.shared : self.state.variables;
  }

  function valueIn(variable: Variable | undefined): string | undefined {
    return variable?.values.production ?? variable?.values.all;
  }

  function stateOf({ readyAt, outcome }: Deploy): string {
    return readyAt > world.now() ? 'building' : outcome;
  }

  function published(): Deploy | undefined {
    return self.state.deploys.findLast((each) => each.context === 'production' && stateOf(each) === 'ready');
  }

  function write(name: string, { isSecret, values }: Omit<Variable, 'updatedAt'>): Variable {
    const updatedAt = Math.max(world.now(), (self.state.variables[name]?.updatedAt ?? 0) + 1);
    const variable = { isSecret, values, updatedAt };
    self.state = { ...self.state, variables: { ...self.state.variables, [name]: variable } };
    return variable;
  }

  function make(request: FakeRequest): FakeAnswer {
    const parsed = made.safeParse(jsonOf(request));
    const [one] = parsed.data ?? [];
    if (one === undefined || request.query.site_id !== site) return problem(422, 'Invalid variables');
    const values = Object.fromEntries(one.values.map((each) => [each.context, each.value]));
    const isSecret = one.is_secret ?? false;
    if (self.state.variables[one.key] !== undefined) return problem(422, 'The variable exists');
    if (isSecret && values.all !== undefined) return problem(422, 'A secret needs contexts of its own');
    return { status: 201, body: [shown(one.key, write(one.key, { isSecret, values }))] };
  }

  function change(name: string, stored: Variable, request: FakeRequest): FakeAnswer {
    const parsed = wanted.safeParse(jsonOf(request));
    if (!parsed.success || request.query.site_id !== site) return problem(422, 'Invalid value');
    const { context: where, value } = parsed.data;
    if (stored.isSecret && where === 'all') return problem(422, 'A secret needs contexts of its own');
    return { status: 201, body: shown(name, write(name, { ...stored, values: { ...stored.values, [where]: value } })) };
  }

  function startBuild({ query, body }: FakeRequest): FakeAnswer {
    const isKnown = Object.keys(query).every((name) => ['branch', 'clear_cache', 'title'].includes(name));
    if (!isKnown || body !== '') return problem(422, 'Invalid build');
    if (self.state.repository === undefined) return problem(404, 'Not Found');
    return { status: 200, body: shownBuild(build(world.now() + buildMilliseconds)) };
  }

  function build(readyAt: number): Deploy {
    const entries = Object.entries(self.state.variables).map(([name, variable]) => [name, valueIn(variable)] as const);
    const newest = Math.max(world.now(), ...entries.map(([name]) => self.state.variables[name]?.updatedAt ?? 0));
    const env = Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    const id = `deploy-${self.state.deploys.length}`;
    const deploy: Deploy = { id, context: 'production', createdAt: newest + 1, readyAt, outcome: 'ready', env };
    self.state = { ...self.state, deploys: [...self.state.deploys, deploy] };
    return deploy;
  }

  function shown(name: string, { isSecret, values, updatedAt }: Variable) {
    const mask = (value: string) => (isSecret ? '****' : value);
    return {
      key: name,
      scopes: ['builds', 'functions', 'runtime'],
      is_secret: isSecret,
      values: Object.entries(values).map(([where, value]) => ({ id: `value-${where}`, context: where, value: mask(value) })),
      updated_at: timeOf(updatedAt),
    };
  }

  function shownBuild(deploy: Deploy) {
    const state = stateOf(deploy);
    const created_at = timeOf(deploy.createdAt);
    return { id: `build-of-${deploy.id}`, deploy_id: deploy.id, sha: 'c0ffee', done: state !== 'building', created_at };
  }

  function shownDeploy(deploy: Deploy) {
    const { id, context: where, createdAt } = deploy;
    const locked = self.state.isLocked && deploy === published();
    return { id, site_id: site, state: stateOf(deploy), context: where, branch: 'main', locked, created_at: timeOf(createdAt) };
  }

  function shownSite() {
    const live = published();
    const { repository } = self.state;
    return {
      id: site,
      name: 'shop',
      account_slug: account,
      build_settings: repository === undefined ? {} : { repo_url: repository },
      ...(live === undefined ? {} : { published_deploy: shownDeploy(live) }),
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function problem(code: number, message: string): FakeAnswer {
  return { status: code, body: { code, message } };
}
