import type { AlertSettings } from '../catalog/catalog.ts';
import type { Directory, IndexedToken } from '../catalog/compiled.ts';
import type { Instant } from '../engine/contract.ts';
import type { Alert, Cause } from '../engine/records.ts';

// What became of the alerts since the last look, and who is told what. Nothing is remembered here but what stands in the alerts themselves,
// so that the same look twice tells once.

export type Recipient = { readonly kind: 'person' | 'team'; readonly id: string } | { readonly kind: 'operators' };

/** What became of an alert, and whom that concerns. */
export interface Telling {
  readonly what: 'opened' | 'escalated' | 'recovered';
  readonly to: readonly Recipient[];
  /** Told with others of the same team in one message. */
  readonly isSummary: boolean;
}

/** What is to be written of one alert. Only whoever succeeds in it tells. */
export interface Change {
  /** The alert as it is from now on. Of one that is over, as it was. */
  readonly alert: Alert;
  /** What stands in the ledger. */
  readonly seen: Alert | undefined;
  readonly isOver: boolean;
  readonly telling?: Telling;
}

/** What a sweep looked at: only there can something be seen to be over. */
export interface Looked {
  /** Names of tokens. */
  readonly tokens: ReadonlySet<string>;
  /** Everything was to be looked at, whatever could not be. */
  readonly isWhole: boolean;
  /** Nothing was ever looked at before. */
  readonly isFirst: boolean;
}

export interface Situation {
  readonly causes: readonly Cause[];
  readonly looked: Looked;
  /** By name. */
  readonly tokens: ReadonlyMap<string, Pick<IndexedToken, 'owner' | 'backup' | 'team'>>;
  readonly people: Directory['people'];
  readonly escalateHours: AlertSettings['escalateHours'];
  readonly now: Instant;
}

/** A cause that was missed once is over when it is missed again so much later: what flickers between two sweeps is not told each time. */
const flickerMinutes = 10;
/** A telling that was begun so long ago and not confirmed is begun again: whoever began it is no more. */
const confirmMinutes = 10;
/** More than so many of one kind at once for one team are told in one message. */
const mostAtOnce = 10;

/**
 * Compares the causes of a sweep with the alerts that are open. One alert a cause: its owner is told at once, then the backup and the team for
 * as long as nobody acknowledges it, and all who were told when it is over. `note`s are the digest's alone.
 */
export function settleAlerts(situation: Situation, alerts: readonly Alert[]): readonly Change[] {
  const causes = new Map(situation.causes.filter(({ urgency }) => urgency !== 'note').map((cause) => [cause.id, cause]));
  const known = new Map(alerts.map((alert) => [alert.id, alert]));
  const series = new Set([...causes.values()].flatMap((cause) => cause.series ?? []));
  const isReplaced = (alert: Alert) => alert.series !== undefined && series.has(alert.series) && !causes.has(alert.id);
  const changes = [
    ...[...causes.values()].filter(({ id }) => !known.has(id)).map((cause) => opened(situation, cause)),
    ...alerts.flatMap((alert) => (isReplaced(alert) ? over(alert) : (changeOf(situation, alert, causes.get(alert.id)) ?? []))),
  ];
  return summarised(situation, changes);
}

function opened(situation: Situation, cause: Cause): Change {
  const { now } = situation;
  const [first] = ladder(situation, cause);
  const alert: Alert = { ...plain(cause), openedAt: now, seenAt: now, toldTo: first.step, told: [first.step], revision: 1 };
  return { alert, seen: undefined, isOver: false, telling: { what: 'opened', to: first.to, isSummary: false } };
}

function changeOf(situation: Situation, seen: Alert, cause: Cause | undefined): Change | undefined {
  if (cause === undefined && canBeOver(situation, seen)) return missing(situation, seen);
  const { missingSince, ...rest } = seen;
  const alert: Alert = { ...(cause === undefined ? seen : { ...rest, ...plain(cause) }), seenAt: situation.now };
  const step = dueStep(situation, seen);
  if (step !== undefined) return revised(seen, toldAlso({ ...alert, toldTo: step.step }, seen), { ...step, isSummary: false });
  return isSame(seen, alert) ? undefined : revised(seen, alert);
}

function missing(situation: Situation, seen: Alert): Change | undefined {
  const { now } = situation;
  if (seen.missingSince === undefined) return revised(seen, { ...seen, missingSince: now });
  if (now - seen.missingSince < flickerMinutes * 60_000) return undefined;
  return over(seen, { what: 'recovered', to: toldOf(situation, seen), isSummary: false });
}

function over(seen: Alert, telling?: Telling): Change {
  return { alert: seen, seen, isOver: true, ...(telling === undefined ? {} : { telling }) };
}

/** A token that could not be looked at may still have its trouble; one that has left the catalog has none. */
function canBeOver({ looked, tokens }: Situation, { token }: Alert): boolean {
  if (token === undefined) return looked.isWhole;
  return looked.tokens.has(token) || (looked.isWhole && !tokens.has(token));
}

interface Step {
  readonly step: NonNullable<Alert['toldTo']>;
  readonly to: readonly Recipient[];
}

/** Who is told, one after another. There is always somebody: the last is the team, or the operators where a token has none. */
function ladder({ tokens, people, now }: Situation, { token: name }: Pick<Cause, 'token'>): readonly [Step, ...Step[]] {
  const token = name === undefined ? undefined : tokens.get(name);
  const last: Step = { step: 'team', to: [token?.team === undefined ? { kind: 'operators' } : { kind: 'team', id: token.team }] };
  const steps = (['owner', 'backup'] as const).flatMap((step): readonly Step[] => {
    const id = token?.[step];
    return id === undefined || hasLeft(people[id], now) ? [] : [{ step, to: [{ kind: 'person', id }] }];
  });
  return [...steps, last] as unknown as readonly [Step, ...Step[]];
}

/** The next who is to be told of an open alert, or the same again where nobody confirmed that it was done. */
function dueStep(situation: Situation, seen: Alert): (Step & Pick<Telling, 'what'>) | undefined {
  if (seen.acknowledged !== undefined) return undefined;
  const { now, escalateHours } = situation;
  const steps = ladder(situation, seen);
  const at = steps.findIndex(({ step }) => step === seen.toldTo);
  if (seen.toldAt === undefined) {
    if (now - seen.seenAt < confirmMinutes * 60_000) return undefined;
    const again = steps[Math.max(at, 0)] ?? steps[0];
    return { ...again, what: (seen.told?.length ?? 0) > 1 ? 'escalated' : 'opened' };
  }
  const next = at < 0 ? steps.find(({ step }) => rank(step) > rank(seen.toldTo)) : steps[at + 1];
  const hours = seen.urgency === 'now' ? escalateHours.now : escalateHours.soon;
  const isDue = now - seen.toldAt >= hours * 3_600_000;
  return isDue && next !== undefined ? { ...next, what: 'escalated' } : undefined;
}

/** Everybody who has been told, each once. */
function toldOf(situation: Situation, seen: Alert): readonly Recipient[] {
  const steps = ladder(situation, seen);
  return steps.filter(({ step }) => seen.told?.includes(step)).flatMap(({ to }) => to);
}

function rank(step: Alert['toldTo']): number {
  return ['owner', 'backup', 'team'].indexOf(step ?? 'owner');
}

/** Many of a kind at once for one team, and whatever the first look of all finds, become one message to that team. */
function summarised(situation: Situation, changes: readonly Change[]): readonly Change[] {
  const groupOf = ({ alert, telling }: Change) => `${telling?.what} ${teamOf(situation, alert) ?? ''}`;
  const sizes = new Map<string, number>();
  for (const change of changes) if (change.telling) sizes.set(groupOf(change), (sizes.get(groupOf(change)) ?? 0) + 1);
  return changes.map((change) => {
    const { alert, telling } = change;
    if (telling === undefined) return change;
    const most = situation.looked.isFirst && telling.what === 'opened' ? 1 : mostAtOnce;
    if ((sizes.get(groupOf(change)) ?? 0) <= most) return change;
    // Of what is over, those hear who heard that it began.
    if (telling.what === 'recovered') return { ...change, telling: { ...telling, isSummary: true } };
    const [last] = ladder(situation, alert).slice(-1);
    const to = last?.to ?? telling.to;
    return {
      ...change,
      alert: toldAlso({ ...alert, toldTo: 'team' }, change.seen),
      telling: { ...telling, to, isSummary: true },
    };
  });
}

export function teamOf({ tokens }: Pick<Situation, 'tokens'>, { token }: Pick<Cause, 'token'>): string | undefined {
  return token === undefined ? undefined : tokens.get(token)?.team;
}

/** From the day on that is given. */
export function hasLeft(person: { readonly left?: string | undefined } | undefined, now: Instant): boolean {
  return person === undefined || (person.left !== undefined && person.left <= new Date(now).toISOString().slice(0, 10));
}

function revised(seen: Alert, alert: Alert, telling?: Telling & Partial<Step>): Change {
  const change = { alert: { ...alert, revision: seen.revision + 1 }, seen, isOver: false };
  if (telling === undefined) return change;
  const { what, to, isSummary } = telling;
  return { ...change, telling: { what, to, isSummary } };
}

/** Meant for one more, besides those who have heard before. */
function toldAlso({ toldAt: _, ...alert }: Alert, seen: Alert | undefined): Alert {
  const { toldTo } = alert;
  return { ...alert, told: [...new Set([...(seen?.told ?? []), ...(toldTo === undefined ? [] : [toldTo])])] };
}

/** What an alert says of its cause, and nothing else that may come along. */
function plain({ id, series, code, token, urgency, message, next, fix }: Cause): Cause {
  const about = { ...(series === undefined ? {} : { series }), ...(token === undefined ? {} : { token }) };
  return { id, code, ...about, urgency, message, next, fix };
}

/** Apart from when it was seen. */
function isSame(a: Alert, b: Alert): boolean {
  const fields = ['code', 'urgency', 'message', 'next', 'fix', 'missingSince'] as const;
  return fields.every((field) => a[field] === b[field]);
}
