import * as z from 'zod';
import {
  bearerOf,
  type DependentFake,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  formOf,
  jsonOf,
} from '../../lib/testing/fake.ts';

// Three places that do not exist, each unlike the others in what can be read back and in what brings a copy into effect. Their targets stand
// in docs/examples/without-code too.

interface Setting {
  readonly value: string;
  readonly revision: number;
}

interface Start {
  readonly id: string;
  readonly liveAt: number;
  readonly setting: Setting | undefined;
}

interface State {
  readonly setting: Setting | undefined;
  readonly other: Setting;
  /** The oldest first. */
  readonly starts: readonly Start[];
}

interface Habits {
  readonly api: string;
  readonly target: Readonly<Record<string, unknown>>;
  readonly authority: Readonly<Record<string, string>>;
  /** What those who use it get comes from the last start, and not from what is written. */
  readonly isStarted?: boolean;
  answer(request: FakeRequest, keeper: Keeper): FakeAnswer;
}

/** What every such place does with the one setting, whatever its API looks like. */
interface Keeper {
  readonly setting: Setting | undefined;
  readonly starts: readonly Start[];
  isLive(start: Start): boolean;
  write(value: string): Setting;
  start(buildSeconds: number): Start;
}

function createFake(habits: Habits): DependentFakeFactory {
  return (world: FakeWorld) => {
    const { api, target, authority, isStarted = false } = habits;
    const self: DependentFake & { state: State } = {
      api,
      target,
      authority,
      state: { setting: undefined, other: { value: 'canary-neighbour', revision: 4 }, starts: [] },
      holds: () => (isStarted ? self.state.starts.findLast(isLive)?.setting : self.state.setting)?.value,
      written: () => self.state.setting?.value,
      tamper(value: string) {
        write(value);
        if (isStarted) start(0);
      },
      neighbours: () => self.state.other,
      handle: (request: FakeRequest) =>
        habits.answer(request, { setting: self.state.setting, starts: self.state.starts, isLive, write, start }),
    };

    function isLive({ liveAt }: Start): boolean {
      return liveAt <= world.now();
    }

    function write(value: string): Setting {
      const setting = { value, revision: (self.state.setting?.revision ?? 0) + 1 };
      self.state = { ...self.state, setting };
      return setting;
    }

    function start(buildSeconds: number): Start {
      const liveAt = world.now() + buildSeconds * 1000;
      const started = { id: `start-${self.state.starts.length}-${world.random(8)}`, liveAt, setting: self.state.setting };
      self.state = { ...self.state, starts: [...self.state.starts, started] };
      return started;
    }

    return self;
  };
}

// ---------------------------------------------------------------------------------------------------------------- Boathouse

/** Shows what it holds, and takes a write only over what was seen: the entity tag in a header says which. */
export const fake = createFake({
  api: 'https://boathouse.example',
  target: {
    service: 'Boathouse',
    api: 'https://boathouse.example/v2',
    variables: { boat: 'ferry', setting: 'BEACON_TOKEN' },
    maximumBytes: 2048,
    read: {
      url: '/boats/{{variables.boat}}/settings/{{variables.setting}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
      out: { value: '/setting/value', version: 'header:etag', lock: 'header:etag' },
    },
    apply: {
      url: '/boats/{{variables.boat}}/settings/{{variables.setting}}',
      headers: { authorization: 'Bearer {{authority.token}}', 'if-match': '{{lock}}' },
      json: { setting: { value: '{{value}}' } },
      out: { version: 'header:etag' },
    },
  },
  authority: { token: 'canary-boathouse-token' },

  answer(request, { setting, write }) {
    const { method, path, headers } = request;
    if (bearerOf(request) !== 'canary-boathouse-token') return unauthorized;
    if (path !== '/v2/boats/ferry/settings/BEACON_TOKEN') return missing;
    const tagOf = ({ revision }: Setting) => `"r${revision}"`;
    if (method === 'GET') {
      if (setting === undefined) return missing;
      return { status: 200, body: { setting: { value: setting.value } }, headers: { etag: tagOf(setting) } };
    }
    if (method !== 'PUT') return { status: 405, body: {} };
    const wish = z.strictObject({ setting: z.strictObject({ value: z.string().min(1).max(2048) }) }).safeParse(jsonOf(request));
    if (!wish.success) return unknownField;
    if (headers['if-match'] !== (setting === undefined ? undefined : tagOf(setting))) return { status: 412, body: {} };
    const written = write(wish.data.setting.value);
    return { status: setting === undefined ? 201 : 200, body: {}, headers: { etag: tagOf(written) } };
  },
});

// ---------------------------------------------------------------------------------------------------------------- Signalbox

/** Never shows a value, only which revision it is; whatever runs next has it. */
const signalbox = createFake({
  api: 'https://signalbox.example',
  target: {
    service: 'Signalbox',
    api: 'https://signalbox.example/api',
    variables: { name: 'BEACON_TOKEN', environment: 'production' },
    takesEffect: 'at-next-run',
    read: {
      url: '/secrets/{{variables.name}}',
      query: { environment: '{{variables.environment}}' },
      headers: { 'x-signalbox-key': '{{authority.value}}' },
      answers: [{ status: 200, where: { '/secret': null }, means: 'absent' }],
      out: { version: '/secret/revision' },
    },
    apply: {
      method: 'POST',
      url: '/secrets/{{variables.name}}',
      query: { environment: '{{variables.environment}}' },
      headers: { 'x-signalbox-key': '{{authority.value}}' },
      form: { secret: '{{value}}', note: 'written by Keyturn' },
      out: { version: '/secret/revision' },
    },
  },
  authority: { value: 'canary-signalbox-key' },

  answer(request, { setting, write }) {
    const { method, path, query, headers } = request;
    if (headers['x-signalbox-key'] !== 'canary-signalbox-key') return unauthorized;
    if (path !== '/api/secrets/BEACON_TOKEN' || query.environment !== 'production') return missing;
    const shown = (each: Setting | undefined) =>
      each === undefined ? null : { name: 'BEACON_TOKEN', value: '********', revision: each.revision };
    if (method === 'GET') return { status: 200, body: { secret: shown(setting) } };
    const { secret, note, ...more } = formOf(request) ?? {};
    if (method !== 'POST' || secret === undefined || note === undefined || Object.keys(more).length > 0) return unknownField;
    return { status: 200, body: { secret: shown(write(secret)) } };
  },
});

// ---------------------------------------------------------------------------------------------------------------- Drydock

const drydockBuildSeconds = 20;

/** Shows four characters of a value, and goes on with what it was deployed with; one deployment at a time. */
const drydock = createFake({
  api: 'https://api.drydock.example',
  target: {
    service: 'Drydock',
    api: 'https://api.drydock.example',
    variables: { ship: 'tender', variable: 'BEACON_TOKEN' },
    maximumBytes: 4096,
    drainSeconds: 60,
    read: {
      url: '/ships/{{variables.ship}}/variables/{{variables.variable}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
      out: { tail: '/masked', version: '/revision', lock: '/revision' },
    },
    apply: {
      method: 'PATCH',
      url: '/ships/{{variables.ship}}/variables/{{variables.variable}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
      json: { value: '{{value}}', replaces: '{{lock.number}}' },
      out: { version: '/revision' },
    },
    activate: {
      started: {
        url: '/ships/{{variables.ship}}/deployments/latest',
        headers: { authorization: 'Bearer {{authority.token}}' },
        answers: [
          { status: 200, where: { '/state': 'failed' }, means: 'absent' },
          { status: 200, where: { '/state': 'building' }, means: 'busy' },
        ],
        out: { activation: '/id', version: '/revision' },
      },
      start: {
        url: '/ships/{{variables.ship}}/deployments',
        headers: { authorization: 'Bearer {{authority.token}}' },
        json: {},
        answers: [{ status: 423, means: 'busy' }],
        out: { activation: '/id' },
      },
    },
    inEffect: {
      url: '/ships/{{variables.ship}}/deployments/{{activation}}',
      headers: { authorization: 'Bearer {{authority.token}}' },
      answers: [
        { status: 200, where: { '/state': 'live' }, means: 'in-effect' },
        { status: 200, where: { '/state': 'failed' }, means: 'failed' },
      ],
    },
  },
  authority: { token: 'canary-drydock-token' },
  isStarted: true,

  answer(request, { setting, starts, isLive, write, start }) {
    const { method, path } = request;
    if (bearerOf(request) !== 'canary-drydock-token') return unauthorized;
    if (path === '/ships/tender/variables/BEACON_TOKEN') {
      if (method === 'GET') {
        if (setting === undefined) return missing;
        return { status: 200, body: { masked: `••••${setting.value.slice(-4)}`, revision: setting.revision } };
      }
      const wish = z.strictObject({ value: z.string().max(4096), replaces: z.int().nullable() }).safeParse(jsonOf(request));
      if (method !== 'PATCH' || !wish.success) return unknownField;
      if (wish.data.replaces !== (setting?.revision ?? null)) return { status: 409, body: {} };
      return { status: 200, body: { revision: write(wish.data.value).revision } };
    }
    const [, name] = /^\/ships\/tender\/deployments(?:\/([^/]+))?$/.exec(path) ?? [undefined, ''];
    if (name === '') return missing;
    const latest = starts.at(-1);
    if (name === undefined) {
      if (method !== 'POST' || JSON.stringify(jsonOf(request)) !== '{}') return unknownField;
      if (latest !== undefined && !isLive(latest)) return { status: 423, body: {} };
      return { status: 201, body: { id: start(drydockBuildSeconds).id } };
    }
    const found = name === 'latest' ? latest : starts.find(({ id }) => id === name);
    if (method !== 'GET' || found === undefined) return missing;
    const { id, setting: began } = found;
    return { status: 200, body: { id, state: isLive(found) ? 'live' : 'building', revision: began?.revision ?? 0 } };
  },
});

/** The others, by name. */
export const examples: Readonly<Record<string, DependentFakeFactory>> = { signalbox, drydock };

const unauthorized: FakeAnswer = { status: 401, body: {} };
const missing: FakeAnswer = { status: 404, body: {} };
const unknownField: FakeAnswer = { status: 422, body: {} };
