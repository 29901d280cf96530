import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

interface Version {
  readonly id: string;
  readonly code: string;
  /** A version carries the values of its secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

interface State {
  /** The oldest first. */
  readonly versions: readonly Version[];
  /** The oldest first; each leads to one version or, in a gradual deployment, to two. */
  readonly deployments: readonly (readonly string[])[];
}

const wanted = z.strictObject({
  name: z.string().regex(/^[A-Za-z_$][\w$]*$/),
  text: z.string().max(5120),
  type: z.literal('secret_text'),
});

/** One Worker, whose secrets are told by their names alone; a write makes a version of the newest one, and deploys it to all. */
export const fake = ((_world: FakeWorld) => {
  const token = 'canary-cloudflare-token';
  const account = '0123456789abcdef0123456789abcdef';
  const name = 'API_TOKEN';
  const home = `/client/v4/accounts/${account}/workers/scripts/web`;

  const self = {
    api: 'https://api.cloudflare.com/client/v4',
    target: { account, worker: 'web', secret: name },
    authority: { token },
    state: {
      versions: [{ id: 'v-first', code: 'released', secrets: { OTHER: 'canary-neighbour' } }],
      deployments: [['v-first']],
    } as State,

    holds: () => live()?.secrets[name],
    tamper: (value: string) => write(name, value),
    neighbours: () => [live()?.code, live()?.secrets.OTHER],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (bearerOf(request) !== token) return problem(403, 10_000, 'Authentication error');
      if (!path.startsWith(`${home}/`)) return problem(404, 10_007, 'This Worker does not exist on your account.');
      const route = `${method} ${path.slice(home.length)}`;
      if (route === 'GET /secrets') return done(Object.keys(live()?.secrets ?? {}).map(shown));
      if (route === 'PUT /secrets') return put(request);
      if (route === 'GET /versions')
        return done({ items: [...self.state.versions].reverse().map(({ id }) => ({ id, number: 1 })) });
      if (route === 'GET /deployments') return done({ deployments: [...self.state.deployments].reverse().map(deployment) });
      return problem(404, 7003, 'Could not route to the path');
    },
  };

  function live(): Version | undefined {
    const [id] = self.state.deployments.at(-1) ?? [];
    return self.state.versions.find((version) => version.id === id);
  }

  function put(request: FakeRequest): FakeAnswer {
    const parsed = wanted.safeParse(jsonOf(request));
    if (!parsed.success) return problem(400, 10_021, 'Invalid secret');
    const current = self.state.deployments.at(-1) ?? [];
    const newest = self.state.versions.at(-1);
    if (current.length !== 1 || current[0] !== newest?.id)
      return problem(400, 10_215, 'Secret edit failed: the latest version of the Worker is not deployed.');
    write(parsed.data.name, parsed.data.text);
    return done(shown(parsed.data.name));
  }

  function write(secret: string, text: string): void {
    const before = self.state.versions.at(-1);
    const version = {
      code: '',
      ...before,
      id: `v-${self.state.versions.length}`,
      secrets: { ...before?.secrets, [secret]: text },
    };
    self.state = {
      versions: [...self.state.versions, version],
      deployments: [...self.state.deployments, [version.id]],
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function shown(name: string) {
  return { name, type: 'secret_text' };
}

function deployment(ids: readonly string[], index: number) {
  const versions = ids.map((version_id) => ({ version_id, percentage: 100 / ids.length }));
  return { id: `deployment-${index}`, source: 'api', strategy: 'percentage', versions };
}

function done(result: unknown): FakeAnswer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}

function problem(status: number, code: number, message: string): FakeAnswer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}
