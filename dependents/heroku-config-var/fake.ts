import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

interface Release {
  readonly version: number;
  readonly outcome: 'succeeded' | 'failed';
  /** When its release phase is through; the dynos are up again a little later. */
  readonly releasedAt: number;
  readonly variables: Readonly<Record<string, string>>;
}

interface State {
  /** The oldest first. */
  readonly releases: readonly Release[];
}

const wanted = z.record(z.string().regex(/^(?!__|HEROKU_)\w+$/), z.string().nullable());
const releaseMilliseconds = 5000;
const startMilliseconds = 15_000;

/** One app with a release phase, a web dyno that takes its time to start, and a one-off dyno that never takes up anything. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-heroku-authorization';
  const name = 'API_TOKEN';
  const first: Release = { version: 41, outcome: 'succeeded', releasedAt: 0, variables: { OTHER: 'canary-neighbour' } };

  const self = {
    api: 'https://api.heroku.com',
    target: { app: 'acme-web', variable: name },
    authority: { token },
    state: { releases: [first] } as State,

    holds: () => running().variables[name],
    written: () => newest().variables[name],
    tamper: (value: string) => release({ ...newest().variables, [name]: value }, -startMilliseconds),
    neighbours: () => [newest().variables.OTHER, running().variables.OTHER],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (headers.accept !== 'application/vnd.heroku+json; version=3') return problem(406, 'not_acceptable');
      if (bearerOf(request) !== token) return problem(401, 'unauthorized');
      const [, app, what] = /^\/apps\/([^/]+)\/(config-vars|releases|dynos)$/.exec(path) ?? [];
      if (app !== 'acme-web') return problem(404, 'not_found');
      if (method === 'PATCH' && what === 'config-vars') return change(request);
      if (method !== 'GET') return problem(404, 'not_found');
      if (what === 'config-vars') return { status: 200, body: newest().variables };
      return what === 'releases' ? list(request) : { status: 200, body: shownDynos() };
    },
  };

  function newest(): Release {
    return self.state.releases.at(-1) ?? first;
  }

  function isThrough({ releasedAt }: Release): boolean {
    return releasedAt <= world.now();
  }

  /** The newest one that the web dyno runs with. */
  function running(): Release {
    const isUp = (each: Release) => each.outcome === 'succeeded' && each.releasedAt + startMilliseconds <= world.now();
    return self.state.releases.findLast(isUp) ?? first;
  }

  function change(request: FakeRequest): FakeAnswer {
    const parsed = wanted.safeParse(jsonOf(request));
    if (!parsed.success) return problem(422, 'invalid_params');
    const merged = Object.entries({ ...newest().variables, ...parsed.data }).flatMap(([key, value]) =>
      value === null ? [] : [[key, value] as const],
    );
    if (JSON.stringify(merged).length > 32_768) return problem(422, 'invalid_params');
    release(Object.fromEntries(merged), releaseMilliseconds);
    return { status: 200, body: newest().variables };
  }

  function release(variables: Readonly<Record<string, string>>, milliseconds: number): void {
    const made: Release = {
      version: newest().version + 1,
      outcome: 'succeeded',
      releasedAt: world.now() + milliseconds,
      variables,
    };
    self.state = { releases: [...self.state.releases, made] };
  }

  function list({ headers }: FakeRequest): FakeAnswer {
    const isNewestOnly = headers.range === 'version ..; order=desc,max=1';
    const shown = self.state.releases.map((each) => ({
      id: `release-${each.version}`,
      version: each.version,
      status: isThrough(each) ? each.outcome : 'pending',
      description: 'Set config vars',
      created_at: new Date(each.releasedAt).toISOString(),
    }));
    // Without an order it is the oldest that come first, a thousand at most.
    return { status: isNewestOnly ? 206 : 200, body: isNewestOnly ? shown.slice(-1) : shown };
  }

  function shownDynos() {
    const target = self.state.releases.findLast((each) => isThrough(each) && each.outcome === 'succeeded') ?? first;
    const dyno = (type: string, release: Release, state: string) => ({
      id: `dyno-${type}`,
      name: `${type}.1`,
      type,
      state,
      created_at: new Date(release.releasedAt).toISOString(),
      release: { id: `release-${release.version}`, version: release.version },
    });
    return [dyno('web', target, running() === target ? 'up' : 'starting'), dyno('run', first, 'up')];
  }

  return self;
}) satisfies DependentFakeFactory;

function problem(status: number, id: string): FakeAnswer {
  return { status, body: { id, message: id } };
}
