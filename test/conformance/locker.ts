import * as z from 'zod';
import type { Dependent, DependentContext } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { can, type DependentFacts } from '../../lib/engine/facts.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

// Locker: a place that does not exist, with what none of ours has all together. It answers its settings page by page and masked but for their
// ends, takes the whole of them or some, and needs a deployment before anything uses them.

export const lockerFacts = {
  name: 'locker',
  title: 'Setting of a Locker application',
  summary: 'A secret setting of an application on Locker.',
  api: 'https://api.locker.test',
  readClass: 'tail',
  activation: 'call',
  drainSeconds: 60,
  maximumBytes: can({ bytes: 4096 }),
  lock: can(),
  leastPrivilege: ['Make a key for this one application, and store it as {"key": "..."} in the authority secret.'],
  byHand: ['Open the application > Settings, paste the new value, save, and choose "Deploy".'],
  ifAllElseFails: 'open the application > Settings, paste the value of the AWS secret, save and deploy.',
  sources: [{ says: 'GET /settings masks all but four', url: 'https://docs.locker.test/settings', checked: '2026-11-25' }],
  unconfirmed: [],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;

const target = z.strictObject({ setting: z.string().min(1).describe('The setting that holds the token.') });
const authority = z.strictObject({ key: secretText });
export type LockerContext = DependentContext<z.infer<typeof target>, z.infer<typeof authority>>;

const page = z.object({ settings: z.record(z.string(), z.string()), revision: z.int(), next: z.int().optional() });
const deployment = z.object({ id: z.string().min(1), revision: z.int(), isLive: z.boolean() });

/** What all of it looks like, masks and all; a list without an end is given up. */
export async function lookAtAll({ http, authority }: LockerContext, mostPages = 100) {
  const settings: Record<string, string> = {};
  let next: number | undefined = 0;
  for (let pages = 0; next !== undefined; pages += 1) {
    if (pages === mostPages) {
      throw new RotationError('malformed', `${lockerFacts.name}: GET /settings got a list that does not end`, {
        fix: 'Look at it.',
      });
    }
    const answer = await http('GET', '/settings', { bearer: authority.key, query: { after: next } });
    const read: z.infer<typeof page> = answer.json(page);
    Object.assign(settings, read.settings);
    next = read.next;
    if (next === undefined) return { settings, revision: read.revision };
  }
  throw new Error('there is always a last page');
}

async function latest({ http, authority }: LockerContext) {
  const answer = await http('GET', '/deployments/latest', { bearer: authority.key, accept: [404] });
  return answer.status === 404 ? undefined : answer.json(deployment);
}

export const locker: Dependent<z.infer<typeof target>, z.infer<typeof authority>> = {
  facts: lockerFacts,
  target,
  authority,

  async read(context) {
    const { settings, revision } = await lookAtAll(context);
    const shown = settings[context.target.setting];
    const seen = { readClass: 'tail', version: String(revision), lock: String(revision) } as const;
    if (shown === undefined) return { ...seen, exists: false };
    return { ...seen, exists: true, matches: (candidate) => candidate.reveal().endsWith(shown.replace(/^\*+/, '')) };
  },

  async apply({ http, target, authority }, { value }, seen) {
    const json = { set: { [target.setting]: value }, over: Number(seen.lock) };
    const answer = await http('PATCH', '/settings', { bearer: authority.key, json, accept: [409] });
    if (answer.status !== 409) return { version: String(answer.json(z.object({ revision: z.int() })).revision) };
    throw new RotationError('conflict', `${lockerFacts.name}: its settings were changed by somebody else`, {
      fix: 'Nothing to do: the next attempt looks at what is there.',
      definite: true,
    });
  },

  async activate(context, _copy, applied) {
    const there = await latest(context);
    if (there !== undefined && String(there.revision) === applied.version) return { activation: there.id };
    const { http, authority } = context;
    return { activation: (await http('POST', '/deployments', { bearer: authority.key, json: {} })).json(deployment).id };
  },

  async inEffect(context, _copy, evidence) {
    const there = evidence?.version === undefined ? undefined : await latest(context);
    const isOurs = there !== undefined && String(there.revision) === evidence?.version;
    if (isOurs && there.isLive) return { state: 'in-effect', by: 'receipt' };
    return { state: 'not-yet', detail: isOurs ? 'the deployment is under way' : 'no deployment has it' };
  },
};

interface Deployed {
  readonly id: string;
  readonly revision: number;
  readonly liveAt: number;
  readonly settings: Readonly<Record<string, string>>;
}

const changes = z.strictObject({ set: z.record(z.string(), z.string()), over: z.int() });

export const lockerFake = ((world: FakeWorld) => {
  const key = 'canary-locker-key';
  const setting = 'TOKEN';
  const neighbours = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`OTHER_${index}`, `canary-neighbour-${index}`]));
  const self = {
    api: lockerFacts.api,
    target: { setting },
    authority: { key },
    state: { settings: neighbours, revision: 1, deployed: [] as readonly Deployed[] },

    holds: () => self.state.deployed.findLast(({ liveAt }) => liveAt <= world.now())?.settings[setting],
    tamper(value: string) {
      write({ ...self.state.settings, [setting]: value });
      deploy(world.now());
    },
    neighbours: () => Object.entries(self.state.settings).filter(([name]) => name !== setting),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (bearerOf(request) !== key) return { status: 401, body: {} };
      const last = self.state.deployed.at(-1);
      if (method === 'GET' && path === '/deployments/latest')
        return last ? { status: 200, body: shown(last) } : { status: 404, body: {} };
      if (method === 'POST' && path === '/deployments') return { status: 201, body: shown(deploy(world.now() + 20_000)) };
      if (path !== '/settings') return { status: 404, body: {} };
      if (method === 'GET') return { status: 200, body: pageAfter(Number(request.query.after ?? 0)) };
      const parsed = changes.safeParse(jsonOf(request));
      if (!parsed.success) return { status: 422, body: {} };
      if (parsed.data.over !== self.state.revision) return { status: 409, body: {} };
      write(method === 'PUT' ? parsed.data.set : { ...self.state.settings, ...parsed.data.set });
      return { status: 200, body: { revision: self.state.revision } };
    },
  };

  function pageAfter(after: number) {
    const all = Object.entries(self.state.settings).map(([name, value]) => [name, `****${value.slice(-4)}`]);
    const more = after + 3 < all.length ? { next: after + 3 } : {};
    return { settings: Object.fromEntries(all.slice(after, after + 3)), revision: self.state.revision, ...more };
  }

  function write(settings: Readonly<Record<string, string>>) {
    self.state = { ...self.state, settings, revision: self.state.revision + 1 };
  }

  function deploy(liveAt: number): Deployed {
    const { settings, revision } = self.state;
    const deployed = { id: world.random(12), liveAt, revision, settings };
    self.state = { ...self.state, deployed: [...self.state.deployed, deployed] };
    return deployed;
  }

  const shown = ({ id, revision, liveAt }: Deployed) => ({ id, revision, isLive: liveAt <= world.now() });

  return self;
}) satisfies DependentFakeFactory;
