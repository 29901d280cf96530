import { describe, expect, it } from 'vitest';
import type { CompiledIndex } from '../../lib/catalog/compiled.ts';
import type { ListedSecret, Store } from '../../lib/engine/ports.ts';
import { uncatalogedCauses } from '../../lib/engine/uncataloged.ts';
import { sweepAndTell } from '../../lib/function/sweep.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';
import { directory, hour, minute, short, start } from '../alerts/setup.ts';

const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

function listed(
  name: string,
  versions: Readonly<Record<string, readonly string[]>>,
  more: Partial<ListedSecret> = {},
): ListedSecret {
  const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-a1b2c3`;
  const created = { createdAt: start - 90 * 24 * hour, rotationEnabled: undefined, rotationFunctionArn: undefined };
  return { name, arn, versions: new Map(Object.entries(versions)), ...created, ...more };
}

const made = { one: ['AWSCURRENT', 'keyturn/lantern/1'], two: ['AWSPREVIOUS', 'keyturn/lantern/0'] };
const rotated = { rotationEnabled: true, rotationFunctionArn: functionArn('keyturn-rotate-lantern') };

describe('a secret in no entry of the catalog', () => {
  it.each<[string, ListedSecret, string | undefined]>([
    ['whose tokens we made', listed('old', made), '2 tokens of ours in it may be alive'],
    [
      'for which a person submitted a token',
      listed('old', { one: ['AWSCURRENT'], two: ['keyturn-submitted'] }),
      'a token of ours in it may',
    ],
    [
      'that our function still rotates',
      listed('old', { one: ['AWSCURRENT'] }, rotated),
      'Secrets Manager still means to rotate it',
    ],
    [
      'in which our function is left',
      listed('old', {}, { ...rotated, rotationEnabled: false }),
      'a function of ours still stands in it',
    ],
    ['that has nothing of ours', listed('old', { one: ['AWSCURRENT'] }), undefined],
    ['that is a copy of ours', listed('old', { one: ['AWSCURRENT', 'keyturn-copy'] }), undefined],
    [
      'that another installation rotates',
      listed('old', made, { ...rotated, rotationFunctionArn: functionArn('staging-rotate-lantern') }),
      undefined,
    ],
    ['that was rotated just now', listed('old', made, { ...rotated, rotatedAt: start - 5 * minute }), undefined],
    ['but it is in one, by its name', listed('lamp', made, rotated), undefined],
    ['but it is in one, by its ARN', listed('by-arn', made, rotated), undefined],
  ])('%s', (_, secret, expected) => {
    const tokens = [{ secret: 'lamp' }, { secret: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:by-arn-a1b2c3' }];

    const causes = uncatalogedCauses([secret], tokens, { installation: 'keyturn', now: start });

    expect(causes.map(({ id }) => id)).toEqual(expected === undefined ? [] : ['not-in-catalog/old']);
    if (expected !== undefined) expect(causes[0]?.message).toContain(expected);
  });
});

it('is told once, also where later sweeps cannot list, and is over when it is back', async () => {
  const { sweep, told, pass } = createInstallation([listed('lamp', made), listed('old', made, rotated)]);

  await sweep();
  pass();
  await sweep({ refusal: new Error('Rate exceeded') });
  pass();
  await sweep({ refusal: new Error('Rate exceeded') });
  pass();
  await sweep();
  const before = [...told];
  pass();
  await sweep({ secrets: [listed('lamp', made)] });
  pass();
  await sweep({ secrets: [listed('lamp', made)] });

  expect(before).toEqual(['opened not-in-catalog/old -> operators']);
  expect(told.slice(before.length)).toEqual(['recovered not-in-catalog/old -> operators']);
});

it('is not looked for by a sweep of one secret, which knows nothing of the rest', async () => {
  const { sweep, told } = createInstallation([listed('old', made, rotated)]);

  const { isListed } = await sweep({ isWhole: false });

  expect(isListed).toBe(false);
  expect(told).toEqual([]);
});

function createInstallation(all: readonly ListedSecret[]) {
  const ledger = createMemoryLedger();
  const told: string[] = [];
  let now = start;
  const index: CompiledIndex = {
    ...directory,
    freezes: [],
    tokens: [
      {
        ...{
          name: 'lamp',
          provider: 'lantern',
          secret: 'lamp',
          mode: 'observe',
          overlapHours: 24,
          isAssisted: false,
          expect: {},
        },
        ...{ description: 'lights the way', owner: 'ada', backup: 'grace', schedule: { everyDays: 30 } },
      },
    ],
  };
  async function sweep({
    secrets = all,
    refusal,
    isWhole = true,
  }: {
    secrets?: typeof all;
    refusal?: Error;
    isWhole?: boolean;
  } = {}) {
    const store = {
      async *list() {
        if (refusal !== undefined) throw refusal;
        yield* secrets;
      },
      describe: async () => listed('lamp', made),
    } as unknown as Store;
    const clock = { now: () => now, sleep: async () => {} };
    return sweepAndTell(
      { store, clock, log: () => {}, remaining: () => 300_000, ledger },
      {
        ...{ index, tokens: index.tokens, isWhole, installation: 'keyturn', ask: async () => {} },
        publish: async (events) => void told.push(...events.map(short)),
      },
    );
  }
  const pass = () => {
    now += 15 * minute;
  };
  return { sweep, told, pass };
}
