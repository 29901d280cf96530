import { invalidParameter } from '../aws-error.ts';
import type { Setting } from './call.ts';
import type { DueWindow, Rotation, RotationRules } from './state.ts';

const hour = 3_600_000;
const day = 24 * hour;

type Window = { readonly opensAt: number; readonly closesAt: number };

export type Schedule = {
  readonly kind: 'days' | 'hours' | 'cron';
  /** The first window after that moment; those of rate(N hours) are counted from the anchor. */
  next(after: number, anchor: number): Window;
};

/** The rotation with its next window worked out from that moment: what a success, and a value put by hand, lead to. */
export function plannedAgain(setting: Setting, rotation: Rotation, now: number): Rotation {
  if (!rotation.rules || !rotation.enabled) return rotation;
  const next = windowAfter(setting, rotation, rotation.rules, now);
  // "On or before this date": the last second of the window.
  return { ...rotation, next, nextRotationAt: next.closesAt - 1000 };
}

/** The first window after that moment, and when in it the rotation begins. */
export function windowAfter(setting: Setting, { rulesSetAt }: Rotation, rules: RotationRules, after: number): DueWindow {
  const anchor = setting.switches.rateHoursWindows === 'from-midnight' ? midnight(rulesSetAt) : after - (after % hour);
  const window = readSchedule(rules).next(after, anchor);
  return { ...window, dueAt: dueAt(setting, window) };
}

/** The days from one window to the next: what AWS writes into AutomaticallyAfterDays after a success. */
export function daysBetweenWindows(rules: RotationRules, now: number): number {
  const schedule = readSchedule(rules);
  const next = schedule.next(now, midnight(now));
  return Math.max(1, Math.round((schedule.next(next.opensAt, midnight(now)).opensAt - next.opensAt) / day));
}

function dueAt({ switches, random }: Setting, { opensAt, closesAt }: Window): number {
  const last = closesAt - 60_000;
  const share = { start: () => 0, middle: () => 0.5, end: () => 1, random }[switches.placeInWindow]();
  return Math.floor(opensAt + (last - opensAt) * share);
}

const known = new Map<string, Schedule>();

/** The schedule that the rules describe, all times UTC; InvalidParameterException, naming the fault, for what AWS would not take. */
export function readSchedule(rules: RotationRules): Schedule {
  const key = `${rules.AutomaticallyAfterDays} ${rules.ScheduleExpression} ${rules.Duration}`;
  let schedule = known.get(key);
  if (!schedule) {
    schedule = parse(rules);
    if (known.size > 1000) known.clear();
    known.set(key, schedule);
  }
  return schedule;
}

function parse({ AutomaticallyAfterDays, ScheduleExpression, Duration }: RotationRules): Schedule {
  const hours = Duration === undefined ? undefined : Number.parseInt(Duration, 10);
  if (hours === 0 || (hours ?? 0) > 24) throw fault('Duration must be from 1h to 24h');
  // Once AWS has worked out AutomaticallyAfterDays, rules hold both; the expression decides.
  if (ScheduleExpression === undefined) {
    if (AutomaticallyAfterDays === undefined) throw fault('AutomaticallyAfterDays or ScheduleExpression is needed');
    return everyDays(AutomaticallyAfterDays, hours);
  }
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(ScheduleExpression);
  if (rate) {
    const count = Number(rate[1]);
    if (rate[2] === 'day') {
      if (count < 1 || count > 999) throw fault('rate() must be from 4 hours to 999 days');
      return everyDays(count, hours);
    }
    if (count < 4 || count > 999 * 24) throw fault('rate() must be from 4 hours to 999 days');
    return everyHours(count, hours ?? 1);
  }
  const cron = /^cron\((.+)\)$/.exec(ScheduleExpression);
  if (!cron) throw fault('it must be rate(N hours), rate(N days) or cron(0 Hours Day-of-month Month Day-of-week *)');
  return byCron((cron[1] ?? '').trim().split(/\s+/), hours);
}

function everyDays(days: number, hours = 24): Schedule {
  return {
    kind: 'days',
    next(after) {
      const opensAt = midnight(after) + days * day;
      return { opensAt, closesAt: opensAt + hours * hour };
    },
  };
}

function everyHours(count: number, hours: number): Schedule {
  if (hours > count) throw fault('the window must not reach into the next one');
  const opensAtHours = count % 24 === 0 ? [0] : Array.from({ length: 24 }, (_, index) => (index * count) % 24);
  if (opensAtHours.some((opensAt) => opensAt + hours > 24)) throw fault('the window must not reach into the next UTC day');
  return {
    kind: 'hours',
    next(after, anchor) {
      const opensAt = anchor + (Math.floor((after - anchor) / (count * hour)) + 1) * count * hour;
      return { opensAt, closesAt: opensAt + hours * hour };
    },
  };
}

// AWS's dialect is its own: days of the week are 1-7 from Sunday, one of the two day fields must be `?`, `4/12` steps from 4 to the end.
function byCron(fields: readonly string[], duration: number | undefined): Schedule {
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) throw fault('cron() has six fields');
  if (minutes !== '0') throw fault('the minutes of cron() must be 0');
  if (year !== '*') throw fault('the year of cron() must be *');
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) throw fault('exactly one of day-of-month and day-of-week must be ?');

  const opensAtHours = [...span(hours, 0, 23)].sort((a, b) => a - b);
  const months = span(month, 1, 12, 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC');
  const isDay = dayOfWeek === '?' ? monthDays(dayOfMonth) : weekDays(dayOfWeek);
  const isHourly = opensAtHours.length > 1;
  const closes = (opensAt: number) => opensAt + (duration ?? (isHourly ? 1 : 24 - new Date(opensAt).getUTCHours())) * hour;

  function next(after: number): Window {
    for (let date = midnight(after); date < after + 9 * 366 * day; date += day) {
      const utc = new Date(date);
      if (!months.has(utc.getUTCMonth() + 1) || !isDay(utc)) continue;
      const opensAt = opensAtHours.map((at) => date + at * hour).find((at) => at > after);
      if (opensAt !== undefined) return { opensAt, closesAt: closes(opensAt) };
    }
    throw fault('cron() names no day that exists');
  }

  // The pattern of hours shows within a few windows from anywhere; the days are too far apart to matter.
  let window = next(0);
  for (let count = 0; count < 60; count += 1) {
    const following = next(window.opensAt);
    if (following.opensAt - window.opensAt < 4 * hour) throw fault('a secret can be rotated every four hours at most');
    if (window.closesAt > following.opensAt) throw fault('the window must not reach into the next one');
    if (window.closesAt > midnight(window.opensAt) + day) throw fault('the window must not reach into the next UTC day');
    window = following;
  }
  return { kind: 'cron', next };
}

function monthDays(field: string): (date: Date) => boolean {
  if (field === 'L') return (date) => date.getUTCDate() === lastOfMonth(date);
  const days = span(field, 1, 31);
  return (date) => days.has(date.getUTCDate());
}

const weekDayNames = 'SUN MON TUE WED THU FRI SAT';

function weekDays(field: string): (date: Date) => boolean {
  const weekDay = (date: Date) => date.getUTCDay() + 1;
  const special = /^([A-Z]+|\d)?(L|#([1-5]))$/.exec(field);
  if (!special) {
    const days = span(field, 1, 7, weekDayNames);
    return (date) => days.has(weekDay(date));
  }
  // A bare L is Saturday, the last day of AWS's week.
  if (field === 'L') return (date) => weekDay(date) === 7;
  const [wanted] = span(special[1] ?? '', 1, 7, weekDayNames);
  const nth = special[3];
  return (date) =>
    weekDay(date) === wanted &&
    (nth === undefined ? date.getUTCDate() + 7 > lastOfMonth(date) : Math.ceil(date.getUTCDate() / 7) === Number(nth));
}

/** The numbers that a field of `*`, `a`, `a-b`, `a/step`, and lists of these stands for. */
function span(field: string, min: number, max: number, names = ''): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) throw fault(`cron() does not know ${part || 'an empty field'}`);
    const [, from, to, step] = match;
    const first = from === undefined ? min : numberOf(from, min, names);
    const last = to === undefined ? (from === undefined || step !== undefined ? max : first) : numberOf(to, min, names);
    if (!(first >= min && last <= max && first <= last) || step === '0') throw fault(`cron() does not know ${part}`);
    for (let number = first; number <= last; number += Number(step ?? 1)) numbers.add(number);
  }
  return numbers;
}

function numberOf(word: string, min: number, names: string): number {
  if (/^\d+$/.test(word)) return Number(word);
  const index = names.split(' ').indexOf(word);
  return index < 0 ? Number.NaN : index + min;
}

const midnight = (at: number) => at - (at % day);
const lastOfMonth = (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
const fault = (why: string) => invalidParameter(`The rotation schedule is not valid: ${why}.`);
