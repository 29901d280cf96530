import * as z from 'zod';
import { fakeOfCopy, fake as serviceFake } from '../../dependents/aws-ecs-service/fake.ts';
import { awsEcsService } from '../../dependents/aws-ecs-service/index.ts';
import { fake as copyFake } from '../../dependents/aws-secrets-manager-secret/fake.ts';
import { awsSecretsManagerSecret } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { fake as githubFake } from '../../dependents/github-actions/fake.ts';
import { githubActions } from '../../dependents/github-actions/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';
import { answerTo } from '../../lib/engine/probe.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { registry } from '../../lib/plugin/registry.ts';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { lantern, lanternFake } from '../../lib/testing/lantern.ts';
import { type Cast, type CastDependent, specificDependent, specificRotator } from '../../lib/testing/stage.ts';
import { createWorld } from '../../lib/testing/world.ts';
import { fake as npmFake } from '../../rotators/npm-registry/fake.ts';
import { npmRegistry } from '../../rotators/npm-registry/index.ts';
import { eachFake } from '../fakes.ts';

// Who plays in the simulation. A representative stands for a class of plug-ins: what the engine does with it depends on its class alone.

export interface Player extends Cast {
  readonly name: string;
  /** What its places hold cannot be seen, whatever their plug-in can see elsewhere. */
  readonly isBlind?: boolean;
}

/** One for each class: how tokens come about and are told apart, and how well a place can be read and what brings it into effect. */
export function representatives(): readonly Player[] {
  const copy: CastDependent = { plugin: awsSecretsManagerSecret, fake: copyFake, onForeign: 'adopt' };
  return [
    { name: 'marked, readable place', rotator: lantern, rotatorFake: lanternFake, dependents: [copy] },
    {
      name: 'unmarked, digest',
      rotator: npmRegistry,
      rotatorFake: npmFake,
      dependents: [{ plugin: webhook, fake: webhookFake }],
    },
    {
      name: 'marked, write-only place',
      isBlind: true,
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [{ plugin: webhook, fake: deafWebhook }],
    },
    {
      name: 'marked, place with times only',
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [{ plugin: githubActions, fake: githubFake }],
    },
    {
      name: 'marked, place to be redeployed',
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [{ plugin: shelf, fake: shelfFake }],
    },
    {
      name: 'marked, write-only place with a probe',
      isBlind: true,
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [{ plugin: webhook, fake: probedWebhook, probe: { route: probeRoute } }],
    },
    {
      name: 'marked, a place after another',
      isBlind: true,
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [
        { plugin: webhook, fake: deafWebhook, after: [1] },
        { plugin: shelf, fake: shelfFake },
      ],
    },
    {
      name: 'marked, started anew after another place',
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [copy, { plugin: awsEcsService, fake: fakeOfCopy, after: [0] }],
    },
    {
      name: 'marked, started anew after promotion',
      rotator: lantern,
      rotatorFake: lanternFake,
      dependents: [{ plugin: awsEcsService, fake: serviceFake }],
    },
    { name: 'own value', rotator: ownValue, rotatorFake: ownValueFake, dependents: [copy] },
    { name: 'replacing', rotator: replacing, rotatorFake: replacingFake, dependents: [copy] },
    { name: 'assisted', rotator: assisted, rotatorFake: ownValueFake, dependents: [copy] },
    { name: 'assisted, ended by hand', rotator: endedByHand, rotatorFake: ownValueFake, dependents: [copy] },
  ];
}

/** Every plug-in of the registries, so that a new one takes part before its author remembers to. */
export async function everyPlugin(): Promise<readonly Player[]> {
  const copy: CastDependent = { plugin: awsSecretsManagerSecret, fake: copyFake, onForeign: 'adopt' };
  const providers = await eachFake<RotatorFakeFactory, AnyRotator>('rotators', registry.rotatorNames, registry.rotator);
  const rotators = providers.map(({ name, plugin, fake }): Player => {
    const rotator = specificRotator(plugin, fake(nowhere()));
    return { name: `rotator ${name}`, rotator, rotatorFake: fake, dependents: [copy] };
  });
  const places = await eachFake<DependentFakeFactory, AnyDependent>('dependents', registry.dependentNames, registry.dependent);
  const dependents = places.map(({ name, plugin, fake }): Player => {
    const place: CastDependent = { plugin: specificDependent(plugin, fake(nowhere())), fake };
    // The copy in another secret is filled before anything of ours is there.
    const onForeign = name === 'aws-secrets-manager-secret' ? 'adopt' : 'stop';
    return { name: `dependent ${name}`, rotator: lantern, rotatorFake: lanternFake, dependents: [{ ...place, onForeign }] };
  });
  return [...rotators, ...dependents];
}

/** For a fake that is only asked what it stands for. */
const nowhere = () => createWorld({ registry }).fakeWorld;

// ---------------------------------------------------------------------------------------------------------------- made-up ones

/** A receiver that only says that it has heard. */
const deafWebhook: DependentFakeFactory = (world) => {
  const receiver = webhookFake(world);
  return Object.assign(receiver, { target: { ...receiver.target, answers: 'acknowledgement' } });
};

const probeRoute = 'https://app.test/keyturn-probe';

/** The same, and an application that uses what the receiver was sent, and can be asked. */
const probedWebhook: DependentFakeFactory = (world) => {
  const receiver = deafWebhook(world);
  const handle = receiver.handle?.bind(receiver);
  return Object.assign(receiver, {
    otherApis: [new URL(probeRoute).origin],
    handle(request: FakeRequest): FakeAnswer {
      if (request.path !== '/keyturn-probe') return handle?.(request) ?? { status: 404 };
      const value = receiver.holds();
      if (value === undefined) return { status: 503 };
      return { status: 200, body: { answer: answerTo(request.query.nonce ?? '', new Secret(value)) } };
    },
  });
};

/** A provider that takes a value of our own choice. */
const ownValue: AnyRotator = {
  ...lantern,
  facts: { ...lantern.facts, name: 'own-value', strategy: 'byo', settleSeconds: 0, list: can() },
  async mint(_context, { random }) {
    const value = `canary-own-${Buffer.from(random(8)).toString('hex')}`;
    return { credential: { value: new Secret(value), parts: {} }, ref: value.slice(-16) };
  },
  async install({ http, scope: { project }, authority: { key } }, { credential, ref }, mark) {
    await http('PUT', `/projects/${project}/keys/${ref}`, {
      bearer: key,
      json: { name: mark, secret: credential.value },
      idempotent: true,
    });
  },
};

const ownValueFake = ((world: FakeWorld) => {
  const base = lanternFake(world);
  const { handle } = base;
  return Object.assign(base, {
    accepts: (value: string) => base.state.tokens.some((token) => token.value === value && token.revokedAt === undefined),
    handle(request: FakeRequest): FakeAnswer {
      const [, ref] = /^\/projects\/lighthouse\/keys\/([^/]+)$/.exec(request.path) ?? [];
      if (request.method === 'GET' && request.path === '/me') {
        return whoIs(base.state.tokens, bearerOf(request));
      }
      if (request.method !== 'PUT' || ref === undefined || bearerOf(request) !== base.authority.key) return handle(request);
      const { name, secret } = z.object({ name: z.string(), secret: z.string() }).parse(jsonOf(request));
      const others = base.state.tokens.filter((token) => token.ref !== ref);
      base.state = { tokens: [...others, { ref, value: secret, name, createdAt: world.now() }] };
      return { status: 204 };
    },
  });
}) satisfies RotatorFakeFactory;

function whoIs(tokens: readonly FakeToken[], value: string | undefined): FakeAnswer {
  const token = tokens.find((each) => each.value === value && each.revokedAt === undefined);
  return token === undefined ? { status: 401, body: {} } : { status: 200, body: { key: token.ref } };
}

/** A provider whose new token ends the old one at once. */
const replacing: AnyRotator = {
  ...lantern,
  facts: {
    ...lantern.facts,
    name: 'replacing',
    strategy: 'replace',
    mark: cannot('there is one token, and it has no name'),
    list: cannot('there is one token'),
    slots: cannot('there is one token'),
    settleSeconds: 0,
  },
  find: undefined,
};

const replacingFake = ((world: FakeWorld) => {
  const base = lanternFake(world);
  const { handle } = base;
  const accepts = (value: string) => base.state.tokens.some((token) => token.value === value && token.revokedAt === undefined);
  return Object.assign(base, {
    accepts,
    handle(request: FakeRequest): FakeAnswer {
      if (request.method === 'GET' && request.path === '/me') {
        return whoIs(base.state.tokens, bearerOf(request));
      }
      if (request.method !== 'POST') return handle(request);
      const ended = base.state.tokens.map((token) => ({ ...token, revokedAt: token.revokedAt ?? world.now() }));
      base.state = { tokens: ended };
      return handle({ ...request, body: JSON.stringify({ name: 'the one' }) });
    },
  });
}) satisfies RotatorFakeFactory;

/** A provider whose tokens only a person can make. */
const assisted: AnyRotator = {
  ...lantern,
  facts: { ...lantern.facts, name: 'assisted', kind: 'assisted', list: cannot('only the owner sees the keys'), settleSeconds: 0 },
  async inspect({ http }, { credential }) {
    const answer = await http('GET', '/me', { bearer: credential.value, accept: [401] });
    return answer.status === 401 ? {} : { ref: answer.json(z.object({ key: z.string() })).key };
  },
  find: undefined,
};

/** The same where only a person can end one, too, and nothing names it but its value. */
const endedByHand: AnyRotator = {
  ...assisted,
  facts: { ...assisted.facts, name: 'ended-by-hand', revoke: cannot('only its owner can'), secretRefPart: 'value' },
  inspect: undefined,
  revoke: undefined,
};

/** A place that has to be redeployed before anybody gets what was written. */
const shelfFacts: DependentFacts = {
  name: 'shelf',
  title: 'Shelf',
  summary: 'Keeps a copy that a redeployment brings into effect.',
  api: 'https://api.shelf.test',
  readClass: 'metadata',
  activation: 'call',
  drainSeconds: 600,
  maximumBytes: can({ bytes: 4096 }),
  lock: cannot('Shelf takes every write'),
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: '',
  sources: [],
  unconfirmed: [],
  proven: [],
};

const shown = z.object({ revision: z.number().nullable() });
const deployment = z.object({ id: z.string(), revision: z.number(), ready: z.boolean() });

const shelf: AnyDependent = {
  facts: shelfFacts,
  target: z.strictObject({}),
  authority: z.strictObject({}),
  async read({ http }) {
    const { revision } = (await http('GET', '/copy')).json(shown);
    return { readClass: 'metadata', exists: revision !== null, ...(revision === null ? {} : { version: String(revision) }) };
  },
  async apply({ http }, { value }) {
    const { revision } = (await http('PUT', '/copy', { json: { value }, idempotent: true })).json(shown);
    return { version: String(revision) };
  },
  async activate({ http }, _copy, { version }) {
    const { id } = (await http('POST', '/deployments', { json: { revision: Number(version) } })).json(deployment);
    return { activation: id };
  },
  async inEffect({ http }, _copy, evidence) {
    if (evidence?.activation === undefined) return { state: 'not-yet', detail: 'nothing was deployed' };
    const answer = await http('GET', `/deployments/${evidence.activation}`, { accept: [404] });
    if (answer.status === 404) return { state: 'not-yet', detail: 'there is no such deployment' };
    const { ready, revision } = answer.json(deployment);
    const { revision: written } = (await http('GET', '/copy')).json(shown);
    if (ready && String(revision) === evidence.version && String(written) === evidence.version)
      return { state: 'in-effect', by: 'reading' };
    return { state: 'not-yet', detail: 'it is being deployed' };
  },
};

interface ShelfState {
  readonly value: string | undefined;
  readonly revision: number;
  /** What those who use it have. */
  readonly deployed: string | undefined;
  readonly deployments: readonly {
    readonly id: string;
    readonly revision: number;
    readonly value: string | undefined;
    readonly startedAt: number;
  }[];
}

const shelfFake = ((world: FakeWorld) => {
  const self = {
    api: 'https://api.shelf.test',
    target: {},
    state: { value: undefined, revision: 0, deployed: undefined, deployments: [] } as ShelfState,
    holds: () => ready().at(-1)?.value,
    written: () => self.state.value,
    tamper(value: string) {
      const revision = self.state.revision + 1;
      const theirs = { id: `d${self.state.deployments.length}`, revision, value, startedAt: 0 };
      self.state = { ...self.state, value, revision, deployments: [...self.state.deployments, theirs] };
    },
    neighbours: () => undefined,
    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const { state } = self;
      if (path === '/copy' && method === 'GET')
        return { status: 200, body: { revision: state.value === undefined ? null : state.revision } };
      if (path === '/copy' && method === 'PUT') {
        const { value } = z.strictObject({ value: z.string() }).parse(jsonOf(request));
        const revision = value === state.value ? state.revision : state.revision + 1;
        self.state = { ...state, value, revision };
        return { status: 200, body: { revision } };
      }
      if (path === '/deployments' && method === 'POST') {
        const id = `d${state.deployments.length}`;
        const started = { id, revision: state.revision, value: state.value, startedAt: world.now() };
        self.state = { ...state, deployments: [...state.deployments, started] };
        return { status: 201, body: { id, revision: state.revision, ready: false } };
      }
      const found = state.deployments.find(({ id }) => path === `/deployments/${id}`);
      if (found === undefined) return { status: 404, body: {} };
      return { status: 200, body: { id: found.id, revision: found.revision, ready: ready().includes(found) } };
    },
  };
  const ready = () => self.state.deployments.filter(({ startedAt }) => world.now() - startedAt >= 1000);
  return self;
}) satisfies DependentFakeFactory;
