import { expect, it } from 'vitest';
import { monthlyCosts } from '../../lib/constructs/costs.ts';
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
});

it('counts the alarms that are made', async () => {
  const fleet = await synthesize(fleetFiles(6, 3));

  expect(Object.keys(fleet.of('AWS::CloudWatch::Alarm'))).toHaveLength(
    monthlyCosts({ tokens: 6, providers: 3, rotationsAMonth: 1 }).alarms,
  );
});
