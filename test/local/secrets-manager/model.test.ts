import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../lib/local/aws-error.ts';
import { createRotationDriver } from '../../../lib/local/secrets-manager/rotation.ts';
import { createSecretsManager } from '../../../lib/local/secrets-manager/service.ts';
import { defaultSwitches, readSwitch, type Switches } from '../../../lib/local/secrets-manager/switches.ts';
import { functionArn, movableClock, token } from './bench.ts';
import { seeded } from './seeded.ts';

// Goal: no sequence of calls brings the labels of a secret into a state that AWS does not know.
// Method: random calls with few names, so that they meet; after each the invariants are looked at, and a refused call must have changed nothing.

const id = fc.constantFrom('a', 'b', 'c', 'd').map(token);
const label = fc.constantFrom('AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'MINE', 'YOURS');
const labels = fc.uniqueArray(label, { minLength: 1, maxLength: 3 });
const SecretString = fc.constantFrom('one', 'two');
const step = fc.oneof(
  fc.record({ operation: fc.constant('PutSecretValue'), input: fc.record({ ClientRequestToken: id, SecretString }) }),
  fc.record({
    operation: fc.constant('PutSecretValue'),
    input: fc.record({ ClientRequestToken: id, SecretString, VersionStages: labels }),
  }),
  fc.record({ operation: fc.constant('UpdateSecret'), input: fc.record({ ClientRequestToken: id, SecretString }) }),
  fc.record({
    operation: fc.constant('UpdateSecretVersionStage'),
    input: fc.record({ VersionStage: label, RemoveFromVersionId: id, MoveToVersionId: id }, { requiredKeys: ['VersionStage'] }),
  }),
  fc.record({
    operation: fc.constant('RotateSecret'),
    input: fc.record({ ClientRequestToken: id, RotationLambdaARN: fc.constant(functionArn), RotateImmediately: fc.boolean() }),
  }),
  fc.record({
    operation: fc.constantFrom('CancelRotateSecret', 'DeleteSecret', 'RestoreSecret', 'GetSecretValue'),
    input: fc.constant({}),
  }),
);
const switches: fc.Arbitrary<Partial<Switches>> = fc.record({
  firstValue: fc.constantFrom('also-current', 'as-asked'),
  repeatedLabelMove: fc.constantFrom('refused', 'accepted'),
  moveToVersionWithoutValue: fc.constantFrom('refused', 'accepted'),
  repeatedRotateToken: fc.constantFrom('refused', 'accepted'),
});

function open(chosen: Partial<Switches> = {}) {
  return createSecretsManager({ clock: movableClock(), random: seeded(), switches: chosen, functionExists: () => true });
}

type Stages = Record<string, string[]>;
const stagesOf = (secretsManager: ReturnType<typeof open>): Stages =>
  secretsManager.call('DescribeSecret', { SecretId: 'n' }).VersionIdsToStages ?? {};
const holder = (stages: Stages, wanted: string) => Object.keys(stages).find((each) => stages[each]?.includes(wanted));

describe('the labels of a secret', () => {
  it('keep their invariants through any sequence of calls', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), switches, (steps, chosen) => {
        const secretsManager = open(chosen);
        secretsManager.call('CreateSecret', { Name: 'n', SecretString: 'first', ClientRequestToken: token('a') });
        for (const { operation, input } of steps) {
          const before = { stages: stagesOf(secretsManager), print: secretsManager.fingerprint() };
          try {
            secretsManager.call(operation, { SecretId: 'n', ...input });
          } catch (error) {
            expect(error).toBeInstanceOf(AwsError);
            expect(secretsManager.fingerprint()).toBe(before.print);
          }

          const after = stagesOf(secretsManager);
          const all = Object.values(after).flat();
          expect(new Set(all).size).toBe(all.length);
          expect(all.filter((each) => each === 'AWSCURRENT')).toHaveLength(1);
          const [from, to] = [holder(before.stages, 'AWSCURRENT'), holder(after, 'AWSCURRENT')];
          const namesPrevious = 'VersionStages' in input && input.VersionStages.includes('AWSPREVIOUS');
          if (from !== to && !namesPrevious) expect(holder(after, 'AWSPREVIOUS')).toBe(from);
          if (operation === 'PutSecretValue' && !('VersionStages' in input) && from !== to)
            expect(all).not.toContain('AWSPENDING');
        }
      }),
      { numRuns: 400 },
    );
  });

  it('end clean, whatever the switches, once a rotation succeeded', async () => {
    const some = fc.record({
      pendingAfterFinish: fc.constantFrom('removed', 'left'),
      duplicateDeliveries: fc.constantFrom('none', 'after', 'together'),
      rotationToken: fc.constantFrom('sent', 'left-out'),
      retryWithoutPending: fc.constantFrom('none', 'same-token', 'label-put-back', 'new-token'),
    }) as fc.Arbitrary<Partial<Switches>>;
    const failures = fc.array(fc.boolean(), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(some, failures, async (chosen, fails) => {
        const clock = movableClock();
        const secretsManager = createSecretsManager({
          clock,
          random: seeded(),
          switches: { ...chosen, retryCount: 100 },
          functionExists: () => true,
        });
        const { call } = secretsManager;
        call('CreateSecret', { Name: 'n', SecretString: 'first', ClientRequestToken: token('a') });
        const queue = [...fails];
        const driver = createRotationDriver(secretsManager, {
          async invoke(_, { Step, SecretId, ClientRequestToken }) {
            if (queue.shift()) return { ok: false, errorMessage: 'on purpose' };
            const stages = stagesOf(secretsManager);
            if (stages[ClientRequestToken]?.includes('AWSCURRENT')) return { ok: true };
            if (Step === 'createSecret') {
              call('PutSecretValue', { SecretId, ClientRequestToken, SecretString: 'new', VersionStages: ['AWSPENDING'] });
            }
            const RemoveFromVersionId = holder(stages, 'AWSCURRENT');
            const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId };
            if (Step === 'finishSecret') call('UpdateSecretVersionStage', move);
            return { ok: true };
          },
        });
        call('RotateSecret', { SecretId: 'n', ClientRequestToken: token('r'), RotationLambdaARN: functionArn });

        for (let index = 0; index <= fails.length; index += 1) {
          await driver.tick();
          clock.move(60_000);
        }

        const pending = chosen.pendingAfterFinish === 'left' ? ['AWSCURRENT', 'AWSPENDING'] : ['AWSCURRENT'];
        expect(stagesOf(secretsManager)).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('r')]: pending });
        expect(call('DescribeSecret', { SecretId: 'n' }).LastRotatedDate).toBeDefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe('snapshots and fingerprints', () => {
  const create = (secretsManager: ReturnType<typeof open>, Name: string) =>
    secretsManager.call('CreateSecret', { Name, SecretString: 'canary-1f', ClientRequestToken: token(Name) }).ARN;

  it('a snapshot can be restored again and again, whatever happened since', () => {
    const secretsManager = open({ listLagSeconds: 300 });
    create(secretsManager, 'a');
    const snapshot = secretsManager.snapshot();
    const print = secretsManager.fingerprint();

    for (let round = 0; round < 3; round += 1) {
      create(secretsManager, 'b');
      secretsManager.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true });
      expect(secretsManager.fingerprint()).not.toBe(print);
      secretsManager.restore(snapshot);
      expect(secretsManager.fingerprint()).toBe(print);
      expect(secretsManager.resolve('a')).toBeDefined();
      expect(secretsManager.resolve('b')).toBeUndefined();
    }
  });

  it('what the lagging list remembers goes back with it', () => {
    const clock = movableClock();
    const secretsManager = createSecretsManager({ clock, random: seeded(), switches: { listLagSeconds: 300 } });
    const snapshot = secretsManager.snapshot();
    create(secretsManager, 'a');
    clock.move(301_000);
    secretsManager.call('TagResource', { SecretId: 'a', Tags: [] });

    secretsManager.restore(snapshot);

    expect(secretsManager.call('ListSecrets', {}).SecretList).toEqual([]);
  });

  it('two worlds with the same seed and the same calls have the same fingerprint, and no value can be read from it', () => {
    const [one, two] = [open(), open()];
    for (const world of [one, two]) create(world, 'a');

    expect(one.fingerprint()).toBe(two.fingerprint());
    expect(one.fingerprint()).toMatch(/^[0-9a-f]{64}$/);
    two.call('PutSecretValue', { SecretId: 'a', SecretString: 'canary-2f', ClientRequestToken: token('b') });
    expect(one.fingerprint()).not.toBe(two.fingerprint());
  });

  it('without dates, states that were reached at other times or in another order of labels are the same', () => {
    const reached = (order: string[], delay: number) => {
      const clock = movableClock();
      const world = createSecretsManager({ clock, random: seeded() });
      const SecretId = create(world, 'a');
      for (const VersionStage of order) {
        clock.move(delay);
        world.call('UpdateSecretVersionStage', { SecretId, VersionStage, MoveToVersionId: token('a') });
      }
      return world;
    };
    const [one, two] = [reached(['X', 'Y'], 0), reached(['Y', 'X'], 5000)];

    expect(one.fingerprint({ dates: false })).toBe(two.fingerprint({ dates: false }));
    expect(one.fingerprint()).not.toBe(two.fingerprint());
  });

  it('what is answered is not what is kept: changing it changes nothing', () => {
    const secretsManager = open();
    create(secretsManager, 'a');
    secretsManager.call('TagResource', { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] });
    const print = secretsManager.fingerprint();
    const answer = secretsManager.call('DescribeSecret', { SecretId: 'a' });

    answer.VersionIdsToStages?.[token('a')]?.push('EVIL');
    answer.Tags?.push({ Key: 'evil' });
    Object.assign(answer.Tags?.[0] ?? {}, { Value: 'evil' });

    expect(secretsManager.fingerprint()).toBe(print);
    expect(secretsManager.call('DescribeSecret', { SecretId: 'a' }).Tags).toEqual([{ Key: 'k', Value: 'v' }]);
  });
});

describe('the switches', () => {
  it('each has its line in docs/local-secrets-manager.md, with its default', async () => {
    const page = await readFile('docs/local-secrets-manager.md', 'utf8');

    const lines = Object.entries(defaultSwitches).map(([name, value]) => `| \`${name}\` | \`${value}\` |`);

    expect(lines.filter((line) => !page.includes(line))).toEqual([]);
    expect(page.match(/^\| `/gm)).toHaveLength(lines.length);
  });

  it('can each be said in words, with every value that the page names and no other', async () => {
    const page = await readFile('docs/local-secrets-manager.md', 'utf8');
    for (const [, name = '', usual = '', others = ''] of page.matchAll(/^\| `(\w+)` \| `([^`]+)` \| ([^|]+) \|/gm)) {
      const named = [usual, ...[...others.matchAll(/`([^`]+)`/g)].map(([, other = '']) => other)];

      for (const value of named) expect(String(Object.values(readSwitch(`${name}=${value}`)))).toBe(value);

      expect(readSwitch(`${name}=else`)).toMatch(/^\w+ has to be .*\.$/);
    }
    for (const text of ['', 'listLagSeconds', '__proto__=1', 'nothing=1']) expect(readSwitch(text)).toMatch(/^It has to be /);
  });
});
