import { expect } from 'vitest';
import { type Bench, functionArn, type Rule, refusal } from '../bench.ts';

/** Sets the schedule without rotating, and answers NextRotationDate as the windows go by, each rotated in. */
async function windows({ ask, create, clock, driver }: Bench, RotationRules: object, count = 3): Promise<string[]> {
  await create('n');
  await ask('RotateSecret', { SecretId: 'n', RotationLambdaARN: functionArn, RotationRules, RotateImmediately: false });
  await driver.tick();
  const dates: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { NextRotationDate } = await ask('DescribeSecret', { SecretId: 'n' });
    dates.push(NextRotationDate.toISOString().slice(0, 19));
    // Just before the window closes it has certainly opened, and the next one has not.
    clock.set(NextRotationDate.toISOString());
    expect(await driver.tick()).toBe(1);
  }
  return dates;
}

/** The clock stands on Monday 5 January 2026, 10:00. The dates are the last seconds of windows. */
const schedules: readonly [rules: object, closes: readonly string[]][] = [
  [{ AutomaticallyAfterDays: 1 }, ['2026-01-06T23:59:59', '2026-01-07T23:59:59', '2026-01-08T23:59:59']],
  [{ AutomaticallyAfterDays: 30 }, ['2026-02-04T23:59:59', '2026-03-06T23:59:59', '2026-04-05T23:59:59']],
  [{ AutomaticallyAfterDays: 7, Duration: '2h' }, ['2026-01-12T01:59:59', '2026-01-19T01:59:59', '2026-01-26T01:59:59']],
  [{ ScheduleExpression: 'rate(10 days)' }, ['2026-01-15T23:59:59', '2026-01-25T23:59:59', '2026-02-04T23:59:59']],
  [{ ScheduleExpression: 'rate(1 day)', Duration: '3h' }, ['2026-01-06T02:59:59', '2026-01-07T02:59:59', '2026-01-08T02:59:59']],
  [{ ScheduleExpression: 'rate(4 hours)' }, ['2026-01-05T12:59:59', '2026-01-05T16:59:59', '2026-01-05T20:59:59']],
  [
    { ScheduleExpression: 'rate(12 hours)', Duration: '2h' },
    ['2026-01-05T13:59:59', '2026-01-06T01:59:59', '2026-01-06T13:59:59'],
  ],
  [{ ScheduleExpression: 'cron(0 8 * * ? *)' }, ['2026-01-06T23:59:59', '2026-01-07T23:59:59', '2026-01-08T23:59:59']],
  [
    { ScheduleExpression: 'cron(0 20 * * ? *)', Duration: '1h' },
    ['2026-01-05T20:59:59', '2026-01-06T20:59:59', '2026-01-07T20:59:59'],
  ],
  [{ ScheduleExpression: 'cron(0 4/12 * * ? *)' }, ['2026-01-05T16:59:59', '2026-01-06T04:59:59', '2026-01-06T16:59:59']],
  [{ ScheduleExpression: 'cron(0 */8 * * ? *)' }, ['2026-01-05T16:59:59', '2026-01-06T00:59:59', '2026-01-06T08:59:59']],
  [{ ScheduleExpression: 'cron(0 6 L * ? *)' }, ['2026-01-31T23:59:59', '2026-02-28T23:59:59', '2026-03-31T23:59:59']],
  [
    { ScheduleExpression: 'cron(0 16 1,15 * ? *)', Duration: '2h' },
    ['2026-01-15T17:59:59', '2026-02-01T17:59:59', '2026-02-15T17:59:59'],
  ],
  [{ ScheduleExpression: 'cron(0 0 1/10 * ? *)' }, ['2026-01-11T23:59:59', '2026-01-21T23:59:59', '2026-01-31T23:59:59']],
  // 1 is Sunday, 2 Monday, 7 Saturday.
  [{ ScheduleExpression: 'cron(0 9 ? * 1 *)' }, ['2026-01-11T23:59:59', '2026-01-18T23:59:59', '2026-01-25T23:59:59']],
  [{ ScheduleExpression: 'cron(0 9 ? * MON-WED *)' }, ['2026-01-06T23:59:59', '2026-01-07T23:59:59', '2026-01-12T23:59:59']],
  [{ ScheduleExpression: 'cron(0 9 ? * 7L *)' }, ['2026-01-31T23:59:59', '2026-02-28T23:59:59', '2026-03-28T23:59:59']],
  [{ ScheduleExpression: 'cron(0 9 ? * L *)' }, ['2026-01-10T23:59:59', '2026-01-17T23:59:59', '2026-01-24T23:59:59']],
  [
    { ScheduleExpression: 'cron(0 10 ? FEB,MAY,AUG,NOV TUE#2 *)' },
    ['2026-02-10T23:59:59', '2026-05-12T23:59:59', '2026-08-11T23:59:59'],
  ],
  [{ ScheduleExpression: 'cron(0 0 1 1/3 ? *)' }, ['2026-04-01T23:59:59', '2026-07-01T23:59:59', '2026-10-01T23:59:59']],
  [{ ScheduleExpression: 'cron(0 1 29 2 ? *)' }, ['2028-02-29T23:59:59', '2032-02-29T23:59:59', '2036-02-29T23:59:59']],
];

const wrong: readonly [rules: object, why: string][] = [
  [{ AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }, 'both'],
  [{ Duration: '2h' }, 'a window of nothing'],
  [{ ScheduleExpression: 'rate(3 hours)' }, 'less than four hours'],
  [{ ScheduleExpression: 'rate(0 days)' }, 'no days'],
  [{ ScheduleExpression: 'rate(1000 days)' }, 'more than 999 days'],
  [{ ScheduleExpression: 'rate(5 minutes)' }, 'minutes'],
  [{ ScheduleExpression: 'every day' }, 'prose'],
  [{ ScheduleExpression: 'cron(5 8 * * ? *)' }, 'a minute that is not 0'],
  [{ ScheduleExpression: 'cron(0 8 * * ? 2027)' }, 'a year'],
  [{ ScheduleExpression: 'cron(0 8 * * * *)' }, 'no question mark'],
  [{ ScheduleExpression: 'cron(0 8 ? * ? *)' }, 'two question marks'],
  [{ ScheduleExpression: 'cron(0 8 * *)' }, 'missing fields'],
  [{ ScheduleExpression: 'cron(0 24 * * ? *)' }, 'hour 24'],
  [{ ScheduleExpression: 'cron(0 8 32 * ? *)' }, 'day 32'],
  [{ ScheduleExpression: 'cron(0 8 ? * 8 *)' }, 'weekday 8'],
  [{ ScheduleExpression: 'cron(0 8 ? XYZ 2 *)' }, 'an unknown month'],
  [{ ScheduleExpression: 'cron(0 8 31 2 ? *)' }, '31 February'],
  [{ ScheduleExpression: 'cron(0 */2 * * ? *)' }, 'every two hours'],
  [{ ScheduleExpression: 'cron(0 0,23 * * ? *)' }, 'an hour between two days'],
  [{ ScheduleExpression: 'cron(0 22 * * ? *)', Duration: '3h' }, 'a window into the next day'],
  [{ ScheduleExpression: 'cron(0 0/4 * * ? *)', Duration: '5h' }, 'a window into the next one'],
  [{ ScheduleExpression: 'rate(4 hours)', Duration: '5h' }, 'a window into the next one'],
  [{ ScheduleExpression: 'rate(1 day)', Duration: '25h' }, 'a window longer than a day'],
  [{ ScheduleExpression: 'rate(1 day)', Duration: '0h' }, 'a window of no time'],
];

export const scheduleRules: readonly Rule[] = [
  ...schedules.map(
    ([rules, closes]): Rule => ({
      id: `window-${JSON.stringify(rules)}`,
      says: `${Object.values(rules).join(' for ')}: windows end ${closes.join(', ')}`,
      async check(bench) {
        expect(await windows(bench, rules, closes.length)).toEqual(closes);
      },
    }),
  ),
  ...wrong.map(
    ([rules, why]): Rule => ({
      id: `wrong-${JSON.stringify(rules)}`,
      says: `${why} is refused: ${JSON.stringify(rules)}`,
      async check({ ask, create }) {
        await create('n');
        const rotate = { SecretId: 'n', RotationLambdaARN: functionArn, RotationRules: rules };
        expect(await refusal(ask('RotateSecret', rotate))).toMatchObject({ code: 'InvalidParameterException', status: 400 });
        expect(await ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('RotationEnabled');
      },
    }),
  ),
  {
    id: 'rules-model',
    says: "AutomaticallyAfterDays from 1 to 1000 and Duration as hours are the model's to check",
    async check({ ask, create }) {
      await create('n');
      for (const RotationRules of [
        { AutomaticallyAfterDays: 0 },
        { AutomaticallyAfterDays: 1001 },
        { AutomaticallyAfterDays: 1, Duration: '2d' },
      ]) {
        const rotate = { SecretId: 'n', RotationLambdaARN: functionArn, RotationRules };
        expect(await refusal(ask('RotateSecret', rotate))).toMatchObject({ code: 'ValidationException' });
      }
    },
  },
  {
    id: 'opens',
    says: 'a window opens on its hour: not a second before',
    async check(bench) {
      await windows(bench, { ScheduleExpression: 'cron(0 20 * * ? *)' }, 0);
      bench.clock.set('2026-01-05T19:59:59Z');
      expect(await bench.driver.tick()).toBe(0);
      bench.clock.set('2026-01-05T20:00:00Z');
      expect(await bench.driver.tick()).toBe(1);
      expect(await bench.driver.tick()).toBe(0);
    },
  },
  ...(
    [
      ['middle', '2026-01-05T21:59:00Z', '2026-01-05T21:59:31Z'],
      ['end', '2026-01-05T23:58:00Z', '2026-01-05T23:59:01Z'],
    ] as const
  ).map(
    ([placeInWindow, before, after]): Rule => ({
      id: `place-${placeInWindow}`,
      says: `with the switch placeInWindow a rotation begins at the ${placeInWindow} of its window`,
      switches: { placeInWindow },
      async check(bench) {
        await windows(bench, { ScheduleExpression: 'cron(0 20 * * ? *)' }, 0);
        bench.clock.set(before);
        expect(await bench.driver.tick()).toBe(0);
        bench.clock.set(after);
        expect(await bench.driver.tick()).toBe(1);
      },
    }),
  ),
  {
    id: 'place-random',
    says: 'or at a moment of chance within it',
    switches: { placeInWindow: 'random' },
    async check(bench) {
      await windows(bench, { ScheduleExpression: 'cron(0 20 * * ? *)' }, 0);
      bench.clock.set('2026-01-05T23:59:30Z');
      expect(await bench.driver.tick()).toBe(1);
    },
  },
  {
    id: 'moved-clock',
    says: 'a clock that is moved over many windows brings one rotation, at the next tick',
    async check(bench) {
      await windows(bench, { AutomaticallyAfterDays: 1 }, 0);
      bench.clock.set('2026-03-01T12:00:00Z');
      expect(await bench.driver.tick()).toBe(1);
      expect(await bench.driver.tick()).toBe(0);
      const { NextRotationDate } = await bench.ask('DescribeSecret', { SecretId: 'n' });
      expect(NextRotationDate).toEqual(new Date('2026-03-02T23:59:59Z'));
    },
  },
  {
    id: 'moved-clock-failing',
    says: 'even one that fails: the windows that passed are not made up for one by one',
    switches: { retryCount: 0 },
    async check(bench) {
      await windows(bench, { AutomaticallyAfterDays: 1 }, 0);
      bench.rotate = () => {
        throw new Error('broken on purpose');
      };
      bench.clock.set('2026-03-01T12:00:00Z');
      expect(await bench.driver.tick()).toBe(1);
      expect(await bench.driver.tick()).toBe(0);
      bench.clock.set('2026-03-02T00:00:00Z');
      expect(await bench.driver.tick()).toBe(1);
    },
  },
  {
    id: 'rate-from-last',
    says: 'with the switch rateHoursWindows the hours count from the last rotation',
    switches: { rateHoursWindows: 'from-last-rotation' },
    async check(bench) {
      const rules = { ScheduleExpression: 'rate(7 hours)' };
      expect(await windows(bench, rules, 2)).toEqual(['2026-01-05T17:59:59', '2026-01-06T00:59:59']);
    },
  },
  {
    id: 'days-worked-out',
    says: 'after a success AutomaticallyAfterDays is worked out from the expression, and not before',
    async check(bench) {
      const rules = { ScheduleExpression: 'rate(10 days)' };
      await windows(bench, rules, 0);
      expect((await bench.ask('DescribeSecret', { SecretId: 'n' })).RotationRules).toEqual(rules);
      bench.clock.set('2026-01-15T00:00:00Z');
      await bench.driver.tick();
      const expected = { ...rules, AutomaticallyAfterDays: 10 };
      expect((await bench.ask('DescribeSecret', { SecretId: 'n' })).RotationRules).toEqual(expected);
    },
  },
  {
    id: 'put-counts',
    says: 'a value put by hand counts as a rotation when the next date is worked out, but is not LastRotatedDate',
    async check(bench) {
      await windows(bench, { AutomaticallyAfterDays: 10 }, 0);
      bench.clock.set('2026-01-12T12:00:00Z');
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'by hand' });
      const described = await bench.ask('DescribeSecret', { SecretId: 'n' });
      expect(described.NextRotationDate).toEqual(new Date('2026-01-22T23:59:59Z'));
      expect(described).not.toHaveProperty('LastRotatedDate');
    },
  },
  {
    id: 'date-in-past',
    says: 'after failures NextRotationDate stays, and so may lie in the past; the next window tries again',
    async check(bench) {
      await windows(bench, { AutomaticallyAfterDays: 1 }, 0);
      bench.rotate = () => {
        throw new Error('broken on purpose');
      };
      bench.clock.set('2026-01-06T00:00:00Z');
      await bench.driver.tick();
      bench.clock.set('2026-01-07T00:00:00Z');
      const next = async () => (await bench.ask('DescribeSecret', { SecretId: 'n' })).NextRotationDate.toISOString();
      expect(await next()).toBe('2026-01-06T23:59:59.000Z');
      bench.rotate = bench.goodRotation;
      await bench.driver.tick();
      expect(await next()).toBe('2026-01-08T23:59:59.000Z');
    },
  },
  {
    id: 'old-schedule',
    says: 'a changed schedule replaces the planned rotation',
    async check(bench) {
      await windows(bench, { AutomaticallyAfterDays: 1 }, 0);
      await bench.ask('RotateSecret', { SecretId: 'n', RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false });
      await bench.driver.tick();
      bench.clock.set('2026-01-06T00:00:00Z');
      expect(await bench.driver.tick()).toBe(0);
    },
  },
  ...(
    [
      ['rate(30 days)', 1],
      ['cron(0 0 20 * ? *)', 0],
    ] as const
  ).map(
    ([ScheduleExpression, rotations]): Rule => ({
      id: `old-schedule-fires-${rotations}`,
      says: `with the switch oldScheduleStillFires a change to ${ScheduleExpression} ${rotations ? 'does not stop' : 'stops'} it`,
      switches: { oldScheduleStillFires: true },
      async check(bench) {
        await windows(bench, { AutomaticallyAfterDays: 1 }, 0);
        await bench.ask('RotateSecret', { SecretId: 'n', RotationRules: { ScheduleExpression }, RotateImmediately: false });
        await bench.driver.tick();
        bench.clock.set('2026-01-06T00:00:00Z');
        expect(await bench.driver.tick()).toBe(rotations);
        expect(await bench.driver.tick()).toBe(0);
      },
    }),
  ),
];
