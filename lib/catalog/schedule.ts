/** When a token is renewed, or is due. Exactly one of the first three. Times are UTC. */
export type Schedule = ({ readonly everyDays: number } | { readonly everyHours: number } | { readonly cron: string }) & {
  readonly windowHours?: number;
};

/** As the parameter RotationRules of RotateSecret, and of CDK's RotationSchedule. */
export interface RotationRules {
  readonly ScheduleExpression: string;
  readonly Duration?: string;
}

/** A schedule in the words of AWS. For tokens that a function rotates: those that a person renews have no AWS schedule. */
export function rotationRules(schedule: Schedule): RotationRules {
  const window = schedule.windowHours === undefined ? {} : { Duration: `${schedule.windowHours}h` };
  return { ScheduleExpression: expression(schedule), ...window };
}

/** The shortest and the longest time between two rotations, in hours. Only for a schedule without faults. */
export function intervalHours(schedule: Schedule): { readonly shortest: number; readonly longest: number } {
  if ('everyDays' in schedule) return { shortest: schedule.everyDays * 24, longest: schedule.everyDays * 24 };
  if ('everyHours' in schedule) return { shortest: schedule.everyHours, longest: schedule.everyHours };
  const cron = readCron(schedule.cron);
  return 'faults' in cron ? { shortest: Number.POSITIVE_INFINITY, longest: 0 } : cron;
}

interface ScheduleFault {
  readonly field?: 'cron' | 'windowHours' | 'everyHours';
  readonly message: string;
  readonly fix: string;
}

interface Written {
  readonly everyDays?: number;
  readonly everyHours?: number;
  readonly cron?: string;
  readonly windowHours?: number;
}

/** What AWS would refuse in a schedule, or take and never act on. Empty if and only if it is a {@link Schedule}. */
export function scheduleFaults(written: Written): readonly ScheduleFault[] {
  const { everyHours, cron, windowHours } = written;
  const given = (['everyDays', 'everyHours', 'cron'] as const).filter((field) => written[field] !== undefined);
  if (given.length !== 1) {
    const held = given.length === 0 ? 'none of them' : given.join(' and ');
    return [
      {
        message: `A schedule has one of everyDays, everyHours and cron, and this one has ${held}.`,
        fix: 'Write for example `schedule: { everyDays: 30 }`.',
      },
    ];
  }
  if (everyHours !== undefined && windowHours !== undefined && windowHours > everyHours) {
    return [
      {
        field: 'windowHours',
        message: `A window of ${windowHours} hours reaches into the next one, ${everyHours} hours later.`,
        fix: `Write \`windowHours: ${Math.min(4, everyHours)}\` or less.`,
      },
    ];
  }
  if (cron === undefined) return [];
  const read = readCron(cron);
  if ('faults' in read) return read.faults.map((fault) => ({ field: 'cron', ...fault }));
  const room = Math.min(24 - read.latestHour, read.shortest);
  if (windowHours === undefined || windowHours <= room) return [];
  const message = `A window of ${windowHours} hours from ${read.latestHour}:00 on reaches into the next day or the next window.`;
  return [{ field: 'windowHours', message, fix: `Write \`windowHours: ${room}\` or less.` }];
}

/** How a person reads it: `every 30 days`. */
export function scheduleText(schedule: Schedule): string {
  if ('everyDays' in schedule) return schedule.everyDays === 1 ? 'every day' : `every ${schedule.everyDays} days`;
  if ('everyHours' in schedule) return `every ${schedule.everyHours} hours`;
  return `by the cron expression ${schedule.cron}`;
}

function expression(schedule: Schedule): string {
  if ('everyDays' in schedule) return `rate(${schedule.everyDays} ${schedule.everyDays === 1 ? 'day' : 'days'})`;
  if ('everyHours' in schedule) return `rate(${schedule.everyHours} hours)`;
  return `cron(${schedule.cron.trim().replace(/\s+/g, ' ')})`;
}

// ---------------------------------------------------------------------------------------------------------------- cron

type Cron =
  | { readonly shortest: number; readonly longest: number; readonly latestHour: number }
  | { readonly faults: readonly Omit<ScheduleFault, 'field'>[] };

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const shape = 'Write for example `cron: "0 8 1 * ? *"`: at 8:00 UTC on the first of each month.';

const readBefore = new Map<string, Cron>();

/** Remembered, because a fleet has thousands of tokens and a handful of schedules. */
function readCron(cron: string): Cron {
  const known = readBefore.get(cron);
  if (known !== undefined) return known;
  const read = parseCron(cron);
  if (readBefore.size < 1000) readBefore.set(cron, read);
  return read;
}

function parseCron(cron: string): Cron {
  const fields = cron.length > 200 ? [] : cron.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) {
    return { faults: [{ message: `A cron expression of AWS has six fields, and this one has ${fields.length}.`, fix: shape }] };
  }
  const faults: Omit<ScheduleFault, 'field'>[] = [];
  const refuse = (message: string, fix: string) => {
    faults.push({ message, fix });
    return undefined;
  };
  if (minute !== '0') refuse('The minute, the first field, must be 0.', shape);
  if (year !== '*') refuse('The year, the last field, must be *.', shape);
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    refuse('Exactly one of day of month (the third field) and day of week (the fifth) must be ?.', shape);
  }
  const hours = numbers(hour, 0, 23) ?? refuse('The hour, the second field, must be made of 0 to 23 with , - / and *.', shape);
  const months =
    numbers(month, 1, 12, monthNames) ??
    refuse('The month, the fourth field, must be made of 1 to 12 or JAN to DEC with , - / and *.', shape);
  const days =
    dayOfMonth === '?'
      ? everyDay
      : (daysOfMonth(dayOfMonth) ??
        refuse('The day of month, the third field, must be made of 1 to 31 with , - / and *, or be L or ?.', shape));
  const weekdays =
    dayOfWeek === '?'
      ? everyDay
      : (daysOfWeek(dayOfWeek) ??
        refuse('The day of week, the fifth field, must be made of 1 to 7 or SUN to SAT with , - / * L and #, or be ?.', shape));
  if (faults.length > 0 || !hours || !months || !days || !weekdays) return { faults };
  return gaps(hours, (date) => months.has(date.month) && days(date) && weekdays(date));
}

interface CalendarDay {
  readonly month: number;
  readonly day: number;
  readonly lastDay: number;
  /** 1 is Sunday. */
  readonly weekday: number;
}
type DayTest = (date: CalendarDay) => boolean;

const everyDay: DayTest = () => true;

function daysOfMonth(field: string): DayTest | undefined {
  const tests = field.split(',').map((item): DayTest | undefined => {
    if (item === 'L') return ({ day, lastDay }) => day === lastDay;
    const set = numbers(item, 1, 31);
    return set && (({ day }) => set.has(day));
  });
  return anyOf(tests);
}

function daysOfWeek(field: string): DayTest | undefined {
  const tests = field.split(',').map((item): DayTest | undefined => {
    if (item === 'L') return ({ weekday }) => weekday === 7;
    const [, which = '', ending = ''] = /^([1-7]|[A-Z]{3})(L|#[1-5])$/i.exec(item) ?? [];
    const [only] = numbers(which, 1, 7, dayNames) ?? [];
    if (only !== undefined && ending.toUpperCase() === 'L')
      return ({ weekday, day, lastDay }) => weekday === only && day > lastDay - 7;
    if (only !== undefined) return ({ weekday, day }) => weekday === only && Math.ceil(day / 7) === Number(ending.slice(1));
    const set = numbers(item, 1, 7, dayNames);
    return set && (({ weekday }) => set.has(weekday));
  });
  return anyOf(tests);
}

function anyOf(tests: readonly (DayTest | undefined)[]): DayTest | undefined {
  const known = tests.filter((test) => test !== undefined);
  return known.length === tests.length ? (date) => known.some((test) => test(date)) : undefined;
}

/** The numbers of `1,3-5,6/2` and the like; undefined where it is not well formed. */
function numbers(field: string, from: number, to: number, names: readonly string[] = []): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  const read = (word: string) => (/^\d{1,2}$/.test(word) ? Number(word) : from + names.indexOf(word.toUpperCase()));
  for (const item of field.split(',')) {
    const [, range = '', step] = /^(\*|\w+(?:-\w+)?)(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    const [low = '', high] = range.split('-');
    const first = low === '*' ? from : read(low);
    const last = low === '*' || (high === undefined && step !== undefined) ? to : high === undefined ? first : read(high);
    const isName = (word: string | undefined) =>
      word === undefined || word === '*' || /^\d/.test(word) || names.includes(word.toUpperCase());
    if (
      range === '' ||
      !isName(low) ||
      !isName(high) ||
      first < from ||
      last > to ||
      first > last ||
      step === '0' ||
      step === '00'
    )
      return undefined;
    for (let number = first; number <= last; number += Number(step ?? 1)) found.add(number);
  }
  return found;
}

/** Looks at nine years of calendar, long enough for every 29 February and fifth Friday to come round. */
function gaps(hours: ReadonlySet<number>, isDay: DayTest): Cron {
  const inOrder = [...hours].sort((a, b) => a - b);
  const latestHour = inOrder.at(-1) ?? 0;
  let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
  let last: number | undefined;
  const start = Date.UTC(2027, 0, 1) / 86_400_000;
  for (let index = start; index < start + 9 * 366; index++) {
    const date = new Date(index * 86_400_000);
    const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
    const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
    if (!isDay({ month, day, lastDay, weekday: date.getUTCDay() + 1 })) continue;
    for (const hour of inOrder) {
      const at = index * 24 + hour;
      if (last !== undefined) [shortest, longest] = [Math.min(shortest, at - last), Math.max(longest, at - last)];
      last = at;
    }
  }
  if (last === undefined) return { faults: [{ message: 'The cron expression never comes true.', fix: shape }] };
  if (shortest < 4)
    return {
      faults: [
        {
          message: `The cron expression comes true again after ${shortest} hours, and AWS rotates every 4 hours at most.`,
          fix: 'Write fewer hours, for example `0/6`.',
        },
      ],
    };
  if (longest > 999 * 24)
    return {
      faults: [
        { message: `The cron expression once waits ${Math.round(longest / 24)} days, and a schedule may wait 999.`, fix: shape },
      ],
    };
  return { shortest, longest, latestHour };
}
