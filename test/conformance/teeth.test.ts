// The suites must refuse what is wrong: each of these plug-ins has one fault that a hurried author might make, and is otherwise as it should be.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fake as serviceFake } from '../../dependents/aws-ecs-service/fake.ts';
import { awsEcsService } from '../../dependents/aws-ecs-service/index.ts';
import { fake as copyFake } from '../../dependents/aws-secrets-manager-secret/fake.ts';
import { awsSecretsManagerSecret as copy } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import type { AnyDependent, AnyRotator, Found } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import type { ConformanceCheck } from '../../lib/testing/conformance/check.ts';
import { dependentConformance } from '../../lib/testing/conformance/dependent.ts';
import { rotatorConformance } from '../../lib/testing/conformance/rotator.ts';
import type { DependentFakeFactory, FakeAnswer, FakeRequest, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { lantern as lanternAsItIs, lanternFake } from '../../lib/testing/lantern.ts';
import { locker, lockerFake, lookAtAll } from './locker.ts';

const lantern: AnyRotator = lanternAsItIs;

/** The names of the checks that it does not pass. */
async function refusedBy(checks: readonly ConformanceCheck[]): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const { name, skip, run } of checks) {
    if (skip === undefined) await run().catch(() => refused.push(name));
  }
  return refused;
}

const wrongRotators: readonly [string, AnyRotator, RegExp][] = [
  [
    'takes every 200 for a token that works',
    {
      ...lantern,
      async verify({ http }, { value }) {
        const { status } = await http('GET', '/me', { bearer: value, accept: [401] });
        return status === 200 ? { ok: true } : { ok: false, why: 'rejected', detail: 'no' };
      },
    },
    /login page with 200 for no verdict/,
  ],
  [
    'calls a token dead when the provider is down',
    {
      ...lantern,
      verify: (context, credential) =>
        lantern.verify(context, credential).catch(() => ({ ok: false, why: 'rejected', detail: 'no' })),
    },
    /takes 500 for no verdict/,
  ],
  [
    'takes every fault for a revocation',
    { ...lantern, revoke: async (context, token) => lantern.revoke?.(context, token).catch(() => {}) },
    /take a fault/,
  ],
  [
    'mints without our mark',
    { ...lantern, mint: (context, request) => lantern.mint(context, { ...request, mark: 'a key' }) },
    /keeps our mark/,
  ],
  [
    'lists only the first page',
    { ...lantern, find: async (context) => (await lantern.find?.(context))?.slice(0, 5) ?? [] },
    /lists every live token/,
  ],
  [
    'revokes all that it finds',
    {
      ...lantern,
      async revoke(context) {
        for (const { ref } of (await lantern.find?.(context)) ?? []) await lantern.revoke?.(context, { ref });
      },
    },
    /nothing but what it was asked to/,
  ],
  [
    'puts the token into the address',
    {
      ...lantern,
      async verify(context, credential) {
        await context.http('GET', '/me', { query: { key: credential.value.reveal() }, accept: [401] });
        return lantern.verify(context, credential);
      },
    },
    /no secret into an address/,
  ],
  [
    'tries a mint again that was not answered',
    {
      ...lantern,
      mint: (context, request) =>
        lantern.mint(
          { ...context, http: (method, path, options) => context.http(method, path, { ...options, idempotent: true }) },
          request,
        ),
    },
    /answer to a mint/,
  ],
  [
    'tells the value in its error',
    {
      ...lantern,
      verify: (context, credential) =>
        lantern.verify(context, credential).catch(({ code }: RotationError) => {
          throw new RotationError(code, `lantern: did not vouch for ${credential.value.reveal()}`, { fix: 'none' });
        }),
    },
    /takes 500 for no verdict/,
  ],
  [
    'asks the network past the door',
    {
      ...lantern,
      async find(context) {
        await fetch('http://127.0.0.1:9/').catch(() => {});
        return (await lantern.find?.(context)) ?? [];
      },
    },
    /calls only the hosts/,
  ],
];

/** Lantern, whose keys come three at a time. */
const pagedFake: RotatorFakeFactory = (world) => {
  const fake = lanternFake(world);
  const { handle } = fake;
  return Object.assign(fake, {
    handle(request: FakeRequest): FakeAnswer {
      const answer = handle(request);
      const { keys } = (answer.body ?? {}) as { keys?: readonly unknown[] };
      if (keys === undefined) return answer;
      const after = Number(request.query.after ?? 0);
      const more = after + 3 < keys.length ? { next: after + 3 } : {};
      return { ...answer, body: { keys: keys.slice(after, after + 3), ...more } };
    },
  });
};

/** Reads page after page, as many as are said to be too many. */
function pagedLantern(mostPages: number): AnyRotator {
  const page = z.object({
    keys: z.array(z.object({ id: z.string(), name: z.string(), createdAt: z.number() })),
    next: z.int().optional(),
  });
  return {
    ...lantern,
    async find({ http, authority: { key } }) {
      const found: Found[] = [];
      let after: number | undefined = 0;
      for (let pages = 0; after !== undefined; pages += 1) {
        if (pages === mostPages)
          throw new RotationError('malformed', 'lantern: GET /keys got a list without an end', { fix: 'Look.' });
        const answer = await http('GET', '/projects/lighthouse/keys', { bearer: key, query: { after } });
        const { keys, next }: z.infer<typeof page> = answer.json(page);
        found.push(...keys.map(({ id, name, createdAt }) => ({ ref: id, name, createdAt })));
        after = next;
      }
      return found;
    },
  };
}

describe('the suite for rotators refuses one with pages that', () => {
  it('follows a list for ever', async () => {
    const refused = await refusedBy(rotatorConformance(pagedLantern(Number.POSITIVE_INFINITY), pagedFake));

    expect(refused).toEqual(['gives up on a list that never ends']);
  });

  it('is not the one that gives up', async () => {
    expect(await refusedBy(rotatorConformance(pagedLantern(100), pagedFake))).toEqual([]);
  });
});

describe('the suite for rotators refuses one that', () => {
  it.each(wrongRotators)('%s', async (_fault, wrong, expected) => {
    const refused = await refusedBy(rotatorConformance(wrong, lanternFake));

    expect(refused.join('\n')).toMatch(expected);
  });

  it('is not the one that they all are made of', async () => {
    expect(await refusedBy(rotatorConformance(lantern, lanternFake))).toEqual([]);
  });
});

const wrongDependents: readonly [string, AnyDependent, DependentFakeFactory, RegExp][] = [
  [
    'writes over its neighbours',
    {
      ...copy,
      apply: (context, given, seen) =>
        copy.apply(
          { ...context, target: { secret: context.target.secret } },
          { ...given, value: new Secret(JSON.stringify({ TOKEN: given.value.reveal() })) },
          seen,
        ),
    },
    copyFake,
    /applies twice/,
  ],
  [
    'does not look at the lock',
    { ...copy, apply: async (context, given) => copy.apply(context, given, await copy.read(context)) },
    copyFake,
    /does not write over a write/,
  ],
  [
    'is always in effect',
    { ...copy, inEffect: async () => ({ state: 'in-effect', by: 'reading' }) },
    copyFake,
    /not in effect before it is/,
  ],
  [
    'takes every value for ours',
    { ...copy, read: async (context) => ({ ...(await copy.read(context)), matches: () => true }) },
    copyFake,
    /tells another value from ours/,
  ],
  [
    'writes while it looks',
    {
      ...copy,
      async read(context) {
        const seen = await copy.read(context);
        const peek = { value: new Secret('canary-peek'), versionId: 'v'.repeat(36), secretArn: 'arn', token: 't' };
        await copy.apply(context, peek, seen);
        return copy.read(context);
      },
    },
    copyFake,
    /looking changes nothing/,
  ],
  ['takes itself for what goes before it', { ...copy, shadows: async () => ['it'] }, copyFake, /nothing that goes before it/],
  ['writes nothing and says that it did', { ...copy, apply: async () => ({}) }, copyFake, /holds what was applied/],
  [
    'takes a refusal for done',
    { ...webhook, apply: async (context, given, seen) => webhook.apply(context, given, seen).catch(() => ({})) },
    (world) => {
      const receiver = webhookFake(world);
      return {
        ...receiver,
        handle: (request) => (request.body.includes('rotated') ? { status: 422 } : receiver.handle(request)),
      };
    },
    /whole life/,
  ],
  [
    'asks the network past the door',
    {
      ...webhook,
      async read(context) {
        await fetch('http://127.0.0.1:9/').catch(() => {});
        return webhook.read(context);
      },
    },
    webhookFake,
    /calls only the hosts/,
  ],
];

/** A service that keeps nothing, and whose tasks read the token when they start. */
const wrongServices: readonly [string, Partial<typeof awsEcsService>, RegExp][] = [
  [
    'starts tasks anew whenever it is asked',
    { activate: (context, copy) => awsEcsService.activate?.(context, copy, {}) ?? Promise.reject(new Error('it has none')) },
    /starts it no second time/,
  ],
  [
    'is in effect as soon as a start has begun',
    {
      inEffect: async (_context, _copy, evidence) =>
        evidence?.activation ? { state: 'in-effect', by: 'receipt' } : { state: 'not-yet', detail: 'no' },
    },
    /that began before the change/,
  ],
  [
    'takes whatever deployment is there for one that has begun since',
    { apply: async (context, copy, seen) => ({ ...(await awsEcsService.apply(context, copy, seen)), version: 'another' }) },
    /that began before the change/,
  ],
];

describe('the suite for dependents refuses one that keeps nothing and', () => {
  it.each(wrongServices)('%s', async (_fault, wrong, expected) => {
    const { forTarget: _same, ...service } = awsEcsService;
    const refused = await refusedBy(dependentConformance({ ...service, ...wrong }, serviceFake));

    expect(refused.join('\n')).toMatch(expected);
  });
});

/** A place that is read masked and page by page, and needs a deployment. */
const wrongLockers: readonly [string, Partial<typeof locker>, RegExp][] = [
  [
    'writes back what it was only shown masked',
    {
      async apply(context, { value }, seen) {
        const { http, target, authority } = context;
        const { settings } = await lookAtAll(context);
        const json = { set: { ...settings, [target.setting]: value }, over: Number(seen.lock) };
        const answer = await http('PUT', '/settings', { bearer: authority.key, json });
        return { version: String(answer.json(z.object({ revision: z.int() })).revision) };
      },
    },
    /only shown masked/,
  ],
  [
    'starts again what an earlier attempt has started',
    {
      async activate({ http, authority }) {
        const answer = await http('POST', '/deployments', { bearer: authority.key, json: {} });
        return { activation: answer.json(z.object({ id: z.string() })).id };
      },
    },
    /starts it no second time/,
  ],
  ['starts nothing, and says that it did', { activate: async () => ({ activation: 'it' }) }, /holds what was applied/],
  [
    'is in effect as soon as it is written',
    {
      inEffect: async (_context, _copy, evidence) =>
        evidence ? { state: 'in-effect', by: 'receipt' } : { state: 'not-yet', detail: 'no' },
    },
    /not in effect before it is/,
  ],
  [
    'follows a list for ever',
    {
      async read(context) {
        await lookAtAll(context, Number.POSITIVE_INFINITY);
        return locker.read(context);
      },
    },
    /list that never ends/,
  ],
  [
    'takes an older one of ours for a stranger',
    {
      async read(context) {
        const seen = await locker.read(context);
        const { matches } = seen;
        let isFirst = true;
        if (matches === undefined) return seen;
        return {
          ...seen,
          // It only ever compares with the first value that it is asked about.
          matches: (candidate) => {
            const answer = isFirst && matches(candidate);
            isFirst = false;
            return answer;
          },
        };
      },
    },
    /older one of ours/,
  ],
];

describe('the suite for dependents refuses one with masks, pages and deployments that', () => {
  it.each(wrongLockers)('%s', async (_fault, wrong, expected) => {
    const refused = await refusedBy(dependentConformance({ ...locker, ...wrong }, lockerFake));

    expect(refused.join('\n')).toMatch(expected);
  });

  it('is not the one that they all are made of', async () => {
    expect(await refusedBy(dependentConformance(locker, lockerFake))).toEqual([]);
  });
});

describe('the suite for dependents refuses one that', () => {
  it.each(wrongDependents)('%s', async (_fault, wrong, fake, expected) => {
    const refused = await refusedBy(dependentConformance(wrong, fake));

    expect(refused.join('\n')).toMatch(expected);
  });
});
