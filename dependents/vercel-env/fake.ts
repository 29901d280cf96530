import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

type Environment = 'production' | 'preview' | 'development';

interface Row {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly type: 'plain' | 'encrypted' | 'sensitive';
  readonly target: readonly Environment[];
  readonly gitBranch?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

interface Deployment {
  readonly id: string;
  readonly createdAt: number;
  readonly readyAt: number;
  readonly commit: string;
  /** What was built in: a variable that is written later is not in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly outcome: 'READY' | 'ERROR';
}

interface State {
  readonly rows: readonly Row[];
  /** Of production; the oldest first. */
  readonly deployments: readonly Deployment[];
  /** The newest commit of the branch, which is not released by itself here. */
  readonly commit: string;
  readonly autoAssignCustomDomains: boolean;
}

const targets = z.array(z.enum(['production', 'preview', 'development'])).min(1);
const made = z.strictObject({
  key: z.string().regex(/^[A-Za-z_]\w*$/),
  value: z.string().max(65_536),
  type: z.enum(['plain', 'encrypted', 'sensitive']),
  target: targets,
  gitBranch: z.string().nullable().optional(),
});
const changed = z.strictObject({ value: z.string().max(65_536) });
const redeployed = z.strictObject({
  name: z.string(),
  project: z.string(),
  deploymentId: z.string(),
  target: z.literal('production'),
  withLatestCommit: z.boolean().optional(),
});

const buildMilliseconds = 45_000;

/** One project of a team, with variables of the same name elsewhere, a commit that nobody has released, and builds that take their time. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-vercel-token';
  const team = 'team_9fXk2';
  const project = { id: 'prj_Qm4711', name: 'shop' };
  const key = 'API_TOKEN';
  const now = world.now();
  const neighbour = { key, value: 'canary-neighbour', createdAt: now, updatedAt: now };

  const self = {
    api: 'https://api.vercel.com',
    target: { team, project: project.name, variable: key, environments: ['production'], type: 'encrypted' },
    authority: { token },
    state: {
      rows: [
        { ...neighbour, id: 'env_preview', type: 'encrypted', target: ['preview'] },
        { ...neighbour, id: 'env_branch', type: 'encrypted', target: ['preview'], gitBranch: 'feature' },
        { ...neighbour, id: 'env_other', key: 'OTHER', type: 'sensitive', target: ['production', 'preview'] },
      ],
      deployments: [{ id: 'dpl_first', createdAt: now - 1, readyAt: now, commit: 'released', env: {}, outcome: 'READY' }],
      commit: 'unreleased',
      autoAssignCustomDomains: true,
    } as State,

    holds: () => live()?.env[key],
    written: () => ours()?.value,
    tamper(value: string) {
      write({ type: 'encrypted', target: ['production'], ...ours(), key, value });
      deploy(live()?.commit ?? '', world.now());
    },
    neighbours: () => [self.state.rows.filter((each) => each !== ours()), live()?.commit],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, query } = request;
      if (bearerOf(request) !== token) return problem(403, 'forbidden', 'Not authorized');
      if (query.teamId !== team) return problem(403, 'forbidden', 'You are not in this team');
      if (path === '/v13/deployments' && method === 'POST') return redeploy(request);
      if (path === '/v6/deployments' && method === 'GET') return list(request);
      const [, deploymentId] = /^\/v13\/deployments\/([^/]+)$/.exec(path) ?? [];
      const found = self.state.deployments.find(({ id }) => id === deploymentId);
      if (method === 'GET' && found !== undefined) return { status: 200, body: whole(found) };
      const [, version, name = '', rest = ''] = /^\/v(\d+)\/projects\/([^/]+)(\/.*)?$/.exec(path) ?? [];
      if (![project.id, project.name].includes(name)) return problem(404, 'not_found', 'Project not found');
      const [, rowId] = /^\/env\/([^/]+)$/.exec(rest) ?? [];
      const row = self.state.rows.find(({ id }) => id === rowId);
      const route = `${method} v${version} ${row === undefined ? rest : '/env/id'}`;
      if (route === 'GET v9 ') return { status: 200, body: shownProject() };
      if (route === 'GET v10 /env') return { status: 200, body: { envs: self.state.rows.map((each) => masked(each)) } };
      if (route === 'POST v10 /env') return make(request);
      if (row !== undefined && route === 'GET v1 /env/id') return { status: 200, body: shown(row) };
      if (row !== undefined && route === 'PATCH v9 /env/id') return change(row, request);
      return problem(404, 'not_found', 'Not found');
    },
  };

  function ours(): Row | undefined {
    return self.state.rows.find((each) => each.key === key && each.target.includes('production'));
  }

  function stateOf({ readyAt, outcome }: Deployment): string {
    return readyAt > world.now() ? 'BUILDING' : outcome;
  }

  function live(): Deployment | undefined {
    return self.state.deployments.findLast((each) => stateOf(each) === 'READY');
  }

  function write(what: Omit<Row, 'id' | 'createdAt' | 'updatedAt'> & Partial<Row>): Row {
    const row = { id: `env_${world.random(12)}`, createdAt: world.now(), ...what, updatedAt: world.now() };
    self.state = { ...self.state, rows: [...self.state.rows.filter(({ id }) => id !== row.id), row] };
    return row;
  }

  function deploy(commit: string, readyAt: number): Deployment {
    const rows = self.state.rows.filter(({ target }) => target.includes('production'));
    const env = Object.fromEntries(rows.map(({ key: name, value }) => [name, value]));
    const started: Deployment = {
      id: `dpl_${self.state.deployments.length}`,
      createdAt: world.now() + 1,
      readyAt,
      commit,
      env,
      outcome: 'READY',
    };
    self.state = { ...self.state, deployments: [...self.state.deployments, started] };
    return started;
  }

  function make(request: FakeRequest): FakeAnswer {
    const parsed = made.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 'bad_request', 'Invalid request');
    const { gitBranch, ...wanted } = parsed.data;
    if (wanted.type === 'sensitive' && wanted.target.includes('development'))
      return problem(400, 'bad_request', 'development cannot be sensitive');
    const same = self.state.rows.filter(
      (each) => each.key === wanted.key && (each.gitBranch ?? null) === (gitBranch ?? null) && overlaps(each, wanted.target),
    );
    const isSame = same.length === 1 && same[0]?.target.length === wanted.target.length && request.query.upsert === 'true';
    if (same.length > 0 && !isSame) {
      const error = { code: 'ENV_CONFLICT', message: 'Another variable has this name', envVarKey: wanted.key, key: wanted.key };
      return { status: 201, body: { created: [], failed: [{ error }] } };
    }
    return { status: 201, body: { created: masked(write({ ...same[0], ...wanted })), failed: [] } };
  }

  function change(row: Row, request: FakeRequest): FakeAnswer {
    const parsed = changed.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 'bad_request', 'Invalid request');
    return { status: 200, body: masked(write({ ...row, value: parsed.data.value })) };
  }

  function redeploy(request: FakeRequest): FakeAnswer {
    const parsed = redeployed.safeParse(jsonOf(request));
    if (!parsed.success || parsed.data.project !== project.id) return problem(400, 'bad_request', 'Invalid request');
    const again = self.state.deployments.find(({ id }) => id === parsed.data.deploymentId);
    if (again === undefined) return problem(404, 'not_found', 'Deployment not found');
    const commit = parsed.data.withLatestCommit ? self.state.commit : again.commit;
    return { status: 200, body: whole(deploy(commit, world.now() + buildMilliseconds)) };
  }

  function list({ query }: FakeRequest): FakeAnswer {
    if (query.projectId !== project.id || query.target !== 'production') return problem(400, 'bad_request', 'Invalid query');
    const page = [...self.state.deployments].reverse().slice(0, Number(query.limit ?? 20));
    const pagination = { count: page.length, next: null, prev: null };
    return { status: 200, body: { deployments: page.map(brief), pagination } };
  }

  function shownProject() {
    const production = live();
    const { autoAssignCustomDomains } = self.state;
    return { ...project, accountId: team, autoAssignCustomDomains, targets: production ? { production: whole(production) } : {} };
  }

  function brief(one: Deployment) {
    const { id: uid, createdAt } = one;
    const url = `shop-${uid}.vercel.app`;
    const common = { uid, name: project.name, url, created: createdAt, createdAt, state: stateOf(one) };
    return { ...common, type: 'LAMBDAS', creator: { uid: 'u1' }, inspectorUrl: null, target: 'production' };
  }

  function whole(one: Deployment) {
    const { id, createdAt } = one;
    return {
      ...{ id, name: project.name, createdAt, readyState: stateOf(one), target: 'production', type: 'LAMBDAS', version: 2 },
      ...{ alias: [], aliasAssigned: stateOf(one) === 'READY', bootedAt: createdAt, buildingAt: createdAt, createdIn: 'iad1' },
      ...{ build: { env: [] }, creator: { uid: 'u1' }, env: Object.keys(one.env), inspectorUrl: null, meta: {}, ownerId: team },
      ...{ isInConcurrentBuildsQueue: false, plan: 'pro', projectId: project.id, public: false, regions: ['iad1'], routes: null },
      url: `shop-${id}.vercel.app`,
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function overlaps({ target }: Row, others: readonly string[]): boolean {
  return target.some((one) => others.includes(one));
}

/** In a list, nothing but a plain value is shown in clear. */
function masked({ value, ...rest }: Row) {
  const cipher = rest.type === 'encrypted' ? `eyJ2Ijoi${Buffer.from(rest.id).toString('base64')}` : '';
  return { ...rest, value: rest.type === 'plain' ? value : cipher };
}

function shown(row: Row) {
  return row.type === 'sensitive' ? masked(row) : { ...row, decrypted: true };
}

function problem(status: number, code: string, message: string): FakeAnswer {
  return { status, body: { error: { code, message } } };
}
