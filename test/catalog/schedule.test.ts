import { describe, expect, it } from 'vitest';
import { intervalHours, rotationRules, scheduleFaults } from '../../lib/catalog/schedule.ts';

describe('a schedule in the words of AWS', () => {
  it.each([
    [{ everyDays: 30 }, { ScheduleExpression: 'rate(30 days)' }],
    [
      { everyDays: 1, windowHours: 2 },
      { ScheduleExpression: 'rate(1 day)', Duration: '2h' },
    ],
    [{ everyHours: 4 }, { ScheduleExpression: 'rate(4 hours)' }],
    [{ cron: ' 0 8  1 * ? * ' }, { ScheduleExpression: 'cron(0 8 1 * ? *)' }],
  ])('%j', (schedule, rules) => {
    expect(rotationRules(schedule)).toEqual(rules);
  });
});

describe('a cron expression', () => {
  it.each([
    ['0 8 1 * ? *', 28 * 24, 31 * 24],
    ['0 8 ? * TUE#1 *', 28 * 24, 35 * 24],
    ['0 8 ? * 6L *', 28 * 24, 35 * 24],
    ['0 8 L * ? *', 28 * 24, 31 * 24],
    ['0 8 ? * MON-FRI *', 24, 72],
    ['0 8 ? * 2,4 *', 48, 120],
    ['0 4/12 * * ? *', 12, 12],
    ['0 */6 ? * * *', 6, 6],
    ['0 0 1 JAN,jul ? *', 181 * 24, 184 * 24],
    ['0 0 1 1 ? *', 365 * 24, 366 * 24],
    ['0 0 1/10 * ? *', 24, 10 * 24],
    ['0 3 ? 3 5#5 *', 0, 0],
  ])('%s comes true at the soonest after %i and at the latest after %i hours', (cron, shortest, longest) => {
    if (shortest === 0) {
      expect(scheduleFaults({ cron })[0]?.message).toMatch(/once waits \d+ days/);
      return;
    }
    expect(scheduleFaults({ cron })).toEqual([]);
    expect(intervalHours({ cron })).toMatchObject({ shortest, longest });
  });

  it.each([
    ['', /has six fields, and this one has 1/],
    ['0 8 1 * ?', /has six fields, and this one has 5/],
    ['15 8 1 * ? *', /minute/],
    ['0 8 1 * ? 2027', /year/],
    ['0 8 1 * * *', /must be \?/],
    ['0 8 ? * ? *', /must be \?/],
    ['0 24 1 * ? *', /hour/],
    ['0 8-6 1 * ? *', /hour/],
    ['0 x 1 * ? *', /hour/],
    ['0 8/0 1 * ? *', /hour/],
    ['0 8, 1 * ? *', /hour/],
    ['0 8 32 * ? *', /day of month/],
    ['0 8 1W * ? *', /day of month/],
    ['0 8 1 13 ? *', /month/],
    ['0 8 1 FOO ? *', /month/],
    ['0 8 ? * 0 *', /day of week/],
    ['0 8 ? * 8 *', /day of week/],
    ['0 8 ? * MON#6 *', /day of week/],
    ['0 8 ? * FRI-MON *', /day of week/],
    ['0 */2 * * ? *', /every 4 hours at most/],
    ['0 8 31 2 ? *', /never comes true/],
    ['0 8 29 2 ? *', /once waits 1461 days/],
    [`0 ${'1,'.repeat(200)}1 1 * ? *`, /six fields/],
  ])('%s is refused', (cron, message) => {
    expect(scheduleFaults({ cron })[0]?.message).toMatch(message);
  });

  it('is refused for all of its fields at once', () => {
    const faults = scheduleFaults({ cron: '5 25 1 * * 2027' });

    expect(faults.map(({ message }) => message.split(',')[0])).toEqual([
      'The minute',
      'The year',
      'Exactly one of day of month (the third field) and day of week (the fifth) must be ?.',
      'The hour',
    ]);
  });

  it('keeps its window within the day and before the next', () => {
    expect(scheduleFaults({ cron: '0 22 1 * ? *', windowHours: 2 })).toEqual([]);
    expect(scheduleFaults({ cron: '0 22 1 * ? *', windowHours: 3 })).toMatchObject([{ field: 'windowHours' }]);
    expect(scheduleFaults({ cron: '0 0/6 * * ? *', windowHours: 7 })).toMatchObject([{ field: 'windowHours' }]);
  });
});
