import { canDrill } from '../engine/drillable.ts';
import type { TokenDraft } from './draft.ts';
import { intervalHours, scheduleText } from './schedule.ts';
import type { Fault } from './sheet.ts';
import { quote } from './wording.ts';

// Whether schedule, overlap, caches and the provider's own limits leave room for one another.

export function overlapFaults(draft: TokenDraft): readonly Fault[] {
  return [
    ...consumersLast(draft),
    ...dependentsLast(draft),
    ...tokenLasts(draft),
    ...slotsLast(draft),
    ...mostIsEnough(draft),
    ...canRehearse(draft),
  ];
}

/** Where a new token ends the one before, rehearsing would be renewing. */
function* canRehearse({ fields: { drillEveryDays }, rotator }: TokenDraft): Iterable<Fault> {
  if (drillEveryDays === undefined || rotator === undefined || canDrill(rotator.facts)) return;
  const message = `A new token of ${rotator.facts.name} takes the place of the one in use, or no call ends it, so that a renewal cannot be rehearsed.`;
  const fix = 'Leave `drillEveryDays` out: its renewals are its rehearsals.';
  yield { path: ['drillEveryDays'], code: 'no-rehearsal', message, fix };
}

/** What ends every overlap comes after the overlap that everybody counts on. */
function* mostIsEnough({ fields: { maxOverlapHours }, overlapHours, sheet }: TokenDraft): Iterable<Fault> {
  if (maxOverlapHours === undefined || overlapHours === undefined || maxOverlapHours >= overlapHours) return;
  const message = `${overlapText(overlapHours, sheet)} is longer than the ${count(maxOverlapHours, 'hour')} after which the old token is revoked in any case.`;
  const fix = `Write \`maxOverlapHours: ${Math.ceil(overlapHours)}\` or more.`;
  yield { path: ['maxOverlapHours'], code: 'overlap-too-short', message, fix };
}

/** A consumer that caches the old value must find it working. */
function* consumersLast({ fields, rotator, overlapHours, sheet }: TokenDraft): Iterable<Fault> {
  const consumers = [...(fields.consumers ?? []).entries()].flatMap(([index, each]) =>
    each?.cacheHours === undefined ? [] : [{ index, name: each.name ?? `consumers[${index}]`, cacheHours: each.cacheHours }],
  );
  const [longest] = consumers.sort((a, b) => b.cacheHours - a.cacheHours);
  if (longest === undefined) return;
  const place = ['consumers', longest.index, 'cacheHours'];
  if (rotator?.facts.strategy === 'replace') {
    if (longest.cacheHours === 0) return;
    const message = `${rotator.facts.name} ends the old token as soon as a new one is minted, and ${quote(longest.name)} may use it ${count(longest.cacheHours, 'hour')} longer.`;
    const fix = 'Let consumers read the secret again when they are refused; the runbook warns of the gap.';
    yield { path: place, code: 'no-overlap', message, fix };
    return;
  }
  if (overlapHours === undefined || longest.cacheHours <= overlapHours) return;
  const message = `${overlapText(overlapHours, sheet)} is shorter than the ${count(longest.cacheHours, 'hour')} for which ${quote(longest.name)} may go on using the old token.`;
  const fix = `Write \`overlapHours: ${Math.ceil(longest.cacheHours)}\` or more.`;
  yield { path: ['overlapHours'], near: place, code: 'overlap-too-short', message, fix };
}

/** So must what still runs with the old value after a dependent has the new one. */
function* dependentsLast({ dependents, rotator, overlapHours, sheet }: TokenDraft): Iterable<Fault> {
  if (overlapHours === undefined || rotator?.facts.strategy === 'replace') return;
  for (const { index, plugin, fields } of dependents) {
    const drainHours = (plugin?.facts.drainSeconds ?? 0) / 3600;
    if (drainHours <= overlapHours) continue;
    const name = quote(fields.name ?? plugin?.facts.name);
    const message = `${overlapText(overlapHours, sheet)} is shorter than the ${count(drainHours, 'hour')} for which ${name} may still run with the old token.`;
    const fix = `Write \`overlapHours: ${Math.ceil(drainHours)}\` or more.`;
    yield { path: ['overlapHours'], near: ['dependents', index], code: 'overlap-too-short', message, fix };
  }
}

/** From one rotation to the next and through the overlap, the token must not expire by itself. */
function* tokenLasts({ fields, rotator, schedule, overlapHours }: TokenDraft): Iterable<Fault> {
  const declared = fields.expect?.expiresAfterDays;
  const most = rotator?.facts.expiry.can ? rotator.facts.expiry.maximumDays : undefined;
  if (declared !== undefined && most !== undefined && declared > most) {
    const message = `A token of ${rotator?.facts.name} lives ${count(most, 'day')} at most, and ${count(declared, 'day')} are expected.`;
    const fix = `Write \`expiresAfterDays: ${most}\` or less.`;
    yield { path: ['expect', 'expiresAfterDays'], code: 'expires-too-soon', message, fix };
  }
  const livesDays = declared === undefined ? most : Math.min(declared, most ?? declared);
  if (livesDays === undefined || schedule === undefined || overlapHours === undefined) return;
  const neededHours = intervalHours(schedule).longest + overlapHours;
  if (neededHours <= livesDays * 24) return;
  const message = `A token lives ${count(livesDays, 'day')} and would have to live ${count(neededHours / 24, 'day')}: it is renewed ${scheduleText(schedule)}, and goes on working for ${count(overlapHours, 'hour')}.`;
  const days = Math.floor(livesDays - overlapHours / 24);
  const fix = days < 1 ? 'Shorten the overlap.' : `Write \`schedule: { everyDays: ${days} }\` or less, or a shorter overlap.`;
  yield { path: ['schedule'], near: ['provider'], code: 'expires-too-soon', message, fix };
}

/** A sweep must first see that a version was superseded, an hour is for skewed clocks, and a later sweep acts. */
const sweepHours = 3;

/** The engine lets no more old tokens wait than the provider has room for besides current and pending, and never more than six. */
function* slotsLast({ fields, rotator, schedule, overlapHours, quietHours, mode }: TokenDraft): Iterable<Fault> {
  if (rotator === undefined || schedule === undefined || overlapHours === undefined || quietHours === undefined) return;
  const { slots, lastUsed, strategy, name } = rotator.facts;
  if (strategy === 'replace' || mode !== 'retire') return;
  const room = slots.can ? Math.min(6, slots.live - 2) : 6;
  const cacheHours = Math.max(0, ...(fields.consumers ?? []).map((each) => each?.cacheHours ?? 0));
  const blurHours = lastUsed.can ? (lastUsed.granularityMinutes + lastUsed.lagMinutes) / 60 : 0;
  const waitHours = Math.max(overlapHours, lastUsed.can ? cacheHours + quietHours + blurHours : 0) + sweepHours;
  const waiting = Math.ceil(waitHours / intervalHours(schedule).shortest) - 1;
  if (waiting <= room) return;
  const limit =
    slots.can && slots.live - 2 < 6
      ? `of the ${slots.live} that ${name} allows there is room for`
      : 'Keyturn lets no more wait than';
  const message = `Renewed ${scheduleText(schedule)}, ${count(waiting, 'older token')} would still wait for revocation when the next is due; ${limit} ${Math.max(0, room)}.`;
  const quiet = lastUsed.can ? ', and shorter quietHours' : '';
  const fix =
    room < 0
      ? 'This provider leaves no room for two tokens at once: renew this one by hand.'
      : `Renew it no more often than every ${count(Math.ceil(waitHours / (room + 1)), 'hour')}, or write a shorter overlap${quiet}.`;
  yield { path: ['schedule'], near: ['provider'], code: 'too-many-retiring', message, fix };
}

function overlapText(overlapHours: number, { value }: TokenDraft['sheet']): string {
  return `The overlap of ${count(overlapHours, 'hour')}${Object.hasOwn(value, 'overlapHours') ? '' : ' (the default)'}`;
}

function count(number: number, unit: string): string {
  const rounded = Math.round(number * 100) / 100;
  return `${rounded} ${unit}${rounded === 1 ? '' : 's'}`;
}
