import { expect, it } from 'vitest';
import { monthlyCosts } from '../../lib/constructs/costs.ts';
import { createStory } from '../engine/setup.ts';
import { fleetFiles } from './fleet.ts';
import { synthesize } from './setup.ts';

it('counts a secret a token, a call a sweep, and what rotations need', () => {
  const none = monthlyCosts({ tokens: 0, providers: 0, rotationsAMonth: 1 });
  const one = monthlyCosts({ tokens: 1, providers: 1, rotationsAMonth: 0 });
  const thousand = monthlyCosts({ tokens: 1000, providers: 20, rotationsAMonth: 1 });

  expect(none).toMatchObject({ secrets: 0, calls: 0, invocations: 3650 });
  expect(one.secrets).toBe(0.4);
  expect(one.calls).toBeCloseTo(((2920 + 730 / 6) / 10_000) * 0.05, 10);
  expect(thousand.secrets).toBe(400);
  expect(thousand.calls).toBeGreaterThan(15);
  expect(thousand.calls).toBeLessThan(16);
  expect(one.queues).toBeCloseTo((2 * 657_000 * 0.4) / 1e6, 10);
  expect(thousand.table).toBeCloseTo(1000 * ((20 * 0.625 + 30 * 0.125) / 1e6), 10);
});

it('counts no less than a rotation of a token with two places reads and writes of the table', async () => {
  const story = createStory();

  expect(await story.rotate()).toEqual([]);
  await story.retireFully();

  const asked = story.calls.flatMap(({ to, what }) => (to === 'history' ? [what] : []));
  const isWrite = (what: string) => what === 'record' || what.startsWith('save');
  const writes = asked.filter(isWrite).reduce((sum, what) => sum + (what === 'record' ? 2 : 1), 0);
  expect(writes).toBeGreaterThan(5);
  expect(writes).toBeLessThanOrEqual(20);
  expect(asked.filter((what) => !isWrite(what)).length).toBeLessThanOrEqual(30);
});

it('counts the alarms that are made', async () => {
  const fleet = await synthesize(fleetFiles(6, 3));

  expect(Object.keys(fleet.of('AWS::CloudWatch::Alarm'))).toHaveLength(
    monthlyCosts({ tokens: 6, providers: 3, rotationsAMonth: 1 }).alarms,
  );
});
