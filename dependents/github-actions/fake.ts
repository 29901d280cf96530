import { createHmac } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

await sodium.ready; // handle is synchronous, and really opens the boxes

interface Stored {
  readonly value: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Organizations only. */
  readonly visibility?: 'all' | 'private' | 'selected';
  readonly repositoryIds?: readonly number[];
}

interface Run {
  readonly id: number;
  readonly nonce: string;
  readonly createdAt: number;
  /** What the secret held when the run was queued. */
  readonly value: string | undefined;
}

interface State {
  /** By the path of its place, a space, and its name in upper case. */
  readonly secrets: Readonly<Record<string, Stored>>;
  /** How often the public keys were changed; what was sealed with an older one is refused. */
  readonly keyChanges: number;
  /** Until when it asks for a pause, and in which of its two ways. */
  /** Runs of the one workflow that answers with the token; the oldest first. */
  readonly runs: readonly Run[];
  readonly pause?: { readonly until: number; readonly kind: 'primary' | 'secondary' };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const sealed = z.strictObject({ encrypted_value: z.string(), key_id: z.string() });
const sealedForOrganization = sealed.partial().extend({
  visibility: z.enum(['all', 'private', 'selected']),
  selected_repository_ids: z.array(z.union([z.int(), z.string().regex(/^\d+$/)])).optional(),
});

const dispatched = z.strictObject({ ref: z.string(), inputs: z.strictObject({ nonce: z.string() }) });

/** One repository, one environment and one organization, which sees the token only where it says so in every header. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-github-fine-grained-token';
  const repository = 'acme/web';
  const secret = 'NPM_TOKEN';
  const home = `/repos/${repository}/actions/secrets`;
  const actions = `/repos/${repository}/actions`;
  const workflow = `${actions}/workflows/keyturn-probe.yml`;
  const products = ['actions', 'dependabot', 'codespaces'];
  const places = [
    ...products.flatMap((product) => [`/repos/${repository}/${product}/secrets`, `/orgs/acme/${product}/secrets`]),
    `/repos/${repository}/environments/production%2Feu/secrets`,
  ];
  const repositoryIds = Array.from({ length: 130 }, (_, index) => 1_000_000 + index * 7);
  const initial = { value: 'canary-neighbour', createdAt: time(), updatedAt: time() };

  const self = {
    api: 'https://api.github.com',
    target: { level: 'repository', repository, secret },
    authority: { token },
    state: {
      secrets: {
        [`${home} OTHER`]: initial,
        [`/orgs/acme/actions/secrets ${secret}`]: { ...initial, visibility: 'selected', repositoryIds },
        [`/orgs/acme/actions/secrets OTHER`]: { ...initial, visibility: 'all' },
      },
      keyChanges: 0,
      runs: [],
    } as State,

    holds: () => self.state.secrets[`${home} ${secret}`]?.value,
    tamper: (value: string) => store(home, secret, { value }),
    neighbours: () => Object.entries(self.state.secrets).filter(([id]) => id !== `${home} ${secret}`),

    handle(request: FakeRequest): FakeAnswer {
      const answer =
        self.state.pause === undefined || self.state.pause.until <= world.now() ? judge(request) : pause(self.state.pause);
      return { ...answer, headers: { date: new Date(world.now()).toUTCString(), ...answer.headers } };
    },
  };

  function judge(request: FakeRequest): FakeAnswer {
    const { method, path, headers } = request;
    if (!headers['user-agent']) return problem(403, 'Request forbidden by administrative rules.');
    if (headers['x-github-api-version'] !== '2022-11-28') return problem(400, 'API version is not supported');
    if (headers.accept !== 'application/vnd.github+json') return problem(415, "Unsupported 'Accept' header");
    if (bearerOf(request) !== token) return problem(401, 'Bad credentials');
    if (path.startsWith(`${actions}/workflows/`) || path.startsWith(`${actions}/runs/`)) return workflows(request);
    const place = places.find((each) => path.startsWith(`${each}/`));
    const [name = '', ...rest] = path.slice((place?.length ?? 0) + 1).split('/');
    // 404 stands for what is not there, and for what the token may not see.
    if (place === undefined || rest.length > 1) return problem(404, 'Not Found');
    const stored = self.state.secrets[`${place} ${name.toUpperCase()}`];
    if (method === 'GET' && name === 'public-key')
      return { status: 200, body: { key_id: keyId(place), key: keysOf(place).shown } };
    if (method === 'PUT' && rest.length === 0) return put(place, name, stored, jsonOf(request));
    if (method !== 'GET' || stored === undefined) return problem(404, 'Not Found');
    if (rest.length === 0) return { status: 200, body: shown(place, name, stored) };
    return rest[0] === 'repositories' && stored.repositoryIds ? page(stored.repositoryIds, request) : problem(404, 'Not Found');
  }

  function workflows(request: FakeRequest): FakeAnswer {
    const { method, path, query } = request;
    if (method === 'GET' && path === workflow) return { status: 200, body: { id: 1, name: 'Keyturn probe', state: 'active' } };
    if (method === 'POST' && path === `${workflow}/dispatches`) return dispatch(jsonOf(request));
    // A run is shown some seconds after it was asked for.
    const seen = self.state.runs.filter(({ createdAt }) => world.now() >= createdAt + 3000);
    if (method === 'GET' && path === `${workflow}/runs`) {
      const size = Math.min(Number(query.per_page ?? 30), 100);
      const newest = seen.toReversed().slice(0, size);
      return { status: 200, body: { total_count: seen.length, workflow_runs: newest.map(shownRun) } };
    }
    const run = seen.find(({ id }) => path === `${actions}/runs/${id}/jobs`);
    return method === 'GET' && run !== undefined ? { status: 200, body: shownJobs(run) } : problem(404, 'Not Found');
  }

  function dispatch(body: unknown): FakeAnswer {
    const parsed = dispatched.safeParse(body);
    if (!parsed.success) return problem(422, 'Unexpected inputs provided');
    if (parsed.data.ref !== 'main') return problem(422, `No ref found for: ${parsed.data.ref}`);
    const { runs } = self.state;
    const value = self.state.secrets[`${home} ${secret}`]?.value;
    const run = { id: 30_433_642 + runs.length, nonce: parsed.data.inputs.nonce, createdAt: world.now(), value };
    self.state = { ...self.state, runs: [...runs, run] };
    return { status: 204 };
  }

  function shownRun({ id, nonce, createdAt }: Run) {
    const isOver = world.now() >= createdAt + 25_000;
    return {
      id,
      name: 'Keyturn probe',
      display_title: `keyturn probe ${nonce}`,
      event: 'workflow_dispatch',
      status: isOver ? 'completed' : 'in_progress',
      conclusion: isOver ? 'success' : null,
      created_at: new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  }

  function shownJobs({ nonce, value = '' }: Run) {
    const told = createHmac('sha256', value).update(`keyturn-probe-v1:${nonce}`).digest('hex');
    const names = ['ask', `keyturn answer ${told}`];
    return { total_count: 2, jobs: names.map((name, id) => ({ id, name, status: 'completed', conclusion: 'success' })) };
  }

  function put(place: string, name: string, stored: Stored | undefined, body: unknown): FakeAnswer {
    if (body === undefined) return problem(400, 'Problems parsing JSON');
    if (!/^[A-Z_][A-Z0-9_]*$/i.test(name) || /^GITHUB_/i.test(name)) return problem(422, 'Secret names can only contain ...');
    const isShared = place.startsWith('/orgs/');
    const parsed = (isShared ? sealedForOrganization : sealed).safeParse(body);
    if (!parsed.success) {
      const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
      return problem(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
    }
    const { encrypted_value, key_id, visibility, selected_repository_ids = [] } = sealedForOrganization.partial().parse(body);
    // What is left out here is lost: the list, where it is not sent again.
    const access = visibility && {
      visibility,
      ...(visibility === 'selected' ? { repositoryIds: selected_repository_ids.map(Number) } : {}),
    };
    if (encrypted_value === undefined && stored !== undefined) {
      store(place, name, { value: stored.value, ...access });
      return { status: 204 };
    }
    if (!base64.test(encrypted_value ?? ''))
      return problem(422, 'Invalid request.\n\nIt does not match /^(?:[A-Za-z0-9+\\/]{4})*$/.');
    const value = key_id === keyId(place) ? opened(place, encrypted_value ?? '') : undefined;
    if (value === undefined) return problem(422, 'Bad request - validation failed due to an improperly encrypted secret');
    if (Buffer.byteLength(value) > 48 * 1024) return problem(422, 'Value is too large');
    store(place, name, { value, ...access });
    return stored === undefined ? { status: 201, body: {} } : { status: 204 };
  }

  function store(place: string, name: string, what: Pick<Stored, 'value' | 'visibility' | 'repositoryIds'>): void {
    const id = `${place} ${name.toUpperCase()}`;
    const createdAt = self.state.secrets[id]?.createdAt ?? time();
    self.state = { ...self.state, secrets: { ...self.state.secrets, [id]: { ...what, createdAt, updatedAt: time() } } };
  }

  function opened(place: string, text: string): string | undefined {
    const { publicKey, privateKey } = keysOf(place);
    try {
      return sodium.to_string(sodium.crypto_box_seal_open(Buffer.from(text, 'base64'), publicKey, privateKey));
    } catch {
      return undefined;
    }
  }

  function keysOf(place: string) {
    const seed = sodium.crypto_generichash(32, `${place} ${self.state.keyChanges}`, null);
    const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(seed);
    return { publicKey, privateKey, shown: Buffer.from(publicKey).toString('base64') };
  }

  function keyId(place: string): string {
    return `${568250167242549743n + BigInt(places.indexOf(place) * 1000 + self.state.keyChanges)}`;
  }

  /** One second is all that its times tell. */
  function time(): string {
    return new Date(world.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  function shown(place: string, name: string, { createdAt, updatedAt, visibility }: Stored) {
    const common = { name: name.toUpperCase(), created_at: createdAt, updated_at: updatedAt };
    if (visibility === undefined) return common;
    const url = `https://api.github.com${place}/${name.toUpperCase()}/repositories`;
    return { ...common, visibility, ...(visibility === 'selected' ? { selected_repositories_url: url } : {}) };
  }

  function pause({ until, kind }: NonNullable<State['pause']>): FakeAnswer {
    const seconds = String(Math.ceil((until - world.now()) / 1000));
    const reset = String(Math.ceil(until / 1000));
    if (kind === 'secondary')
      return { ...problem(403, 'You have exceeded a secondary rate limit.'), headers: { 'retry-after': seconds } };
    const headers = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    return { ...problem(403, 'API rate limit exceeded for user ID 1.'), headers };
  }

  return self;
}) satisfies DependentFakeFactory;

function problem(status: number, message: string): FakeAnswer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } };
}

/** In an order that means nothing, and never more than 100 on a page. */
function page(ids: readonly number[], { query }: FakeRequest): FakeAnswer {
  const size = Math.min(Number(query.per_page ?? 30), 100);
  const start = (Number(query.page ?? 1) - 1) * size;
  const ordered = [...ids].sort((a, b) => (a % 11) - (b % 11) || b - a);
  return {
    status: 200,
    body: { total_count: ids.length, repositories: ordered.slice(start, start + size).map(shownRepository) },
  };
}

function shownRepository(id: number) {
  const name = `repository-${id}`;
  const url = `https://api.github.com/repos/acme/${name}`;
  const links = (names: string, of: string) =>
    Object.fromEntries(names.split(' ').map((each) => [`${each}_url`, `${of}/${each}`]));
  const owner = 'https://api.github.com/users/acme';
  return {
    ...links(repositoryLinks, url),
    id,
    node_id: `R_${id}`,
    name,
    full_name: `acme/${name}`,
    description: null,
    fork: false,
    private: true,
    url,
    owner: {
      ...links(ownerLinks, owner),
      login: 'acme',
      id: 1,
      node_id: 'O_1',
      gravatar_id: null,
      type: 'Organization',
      site_admin: false,
      url: owner,
    },
  };
}

const repositoryLinks =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks ' +
  'git_commits git_refs git_tags hooks html issue_comment issue_events issues keys labels languages merges milestones notifications ' +
  'pulls releases stargazers statuses subscribers subscription tags teams trees';
const ownerLinks = 'avatar events followers following gists html organizations received_events repos starred subscriptions';
