// The suites must refuse what is wrong: each of these plug-ins has one fault that a hurried author might make, and is otherwise as it should be.
import { describe, expect, it } from 'vitest';
import { fake as copyFake } from '../../dependents/aws-secrets-manager-secret/fake.ts';
import { awsSecretsManagerSecret as copy } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import type { ConformanceCheck } from '../../lib/testing/conformance/check.ts';
import { dependentConformance } from '../../lib/testing/conformance/dependent.ts';
import { rotatorConformance } from '../../lib/testing/conformance/rotator.ts';
import type { DependentFakeFactory } from '../../lib/testing/fake.ts';
import { lantern as lanternAsItIs, lanternFake } from '../../lib/testing/lantern.ts';

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
      async mint(context, request) {
        const minted = await lantern.mint(context, request);
        context.http('GET', '/me').catch(() => {});
        throw new RotationError('rejected', `lantern: ${minted.credential.value.reveal()} is odd`, {
          fix: 'none',
          definite: true,
        });
      },
    },
    /whole life|mints a token/,
  ],
];

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
    'calls a host of its own',
    {
      ...webhook,
      async read(context) {
        const seen = await webhook.read(context);
        await context.http('GET', 'https://elsewhere.test/').catch(() => {});
        return { ...seen, exists: undefined, readClass: 'none' };
      },
    },
    webhookFake,
    /holds what was applied|tells another value|stops a rotation/,
  ],
];

describe('the suite for dependents refuses one that', () => {
  it.each(wrongDependents)('%s', async (_fault, wrong, fake, expected) => {
    const refused = await refusedBy(dependentConformance(wrong, fake));

    expect(refused.join('\n')).toMatch(expected);
  });
});
