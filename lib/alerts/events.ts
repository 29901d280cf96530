import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Instant } from '../engine/contract.ts';
import type { Happening } from '../engine/ports.ts';
import type { Alert, Cause } from '../engine/records.ts';
import { type Change, type Recipient, type Situation, teamOf } from './settle.ts';

// What is on the bus: docs/events.md is made from these schemas. Fields are added and never changed within a version.

const text = z.string();
const moment = z.iso.datetime();

const common = {
  version: z.literal(1).describe('The version of this format. Fields may be added to it; none is taken away or changed.'),
  id: text.describe('The same for the same event told twice: whoever has seen it drops it.'),
  at: moment.describe('When it happened.'),
  team: text.optional().describe('The id of the team that it concerns.'),
};

const happening = z
  .object({
    ...common,
    token: text.describe("The token's name in the catalog."),
    secretArn: text.describe('The secret that holds it.'),
    versionId: text.optional().describe('The version of the secret that it is about.'),
    ref: text.optional().describe('How the provider names the token. Never its value.'),
    code: text.optional().describe('Why it failed: one of the codes of docs/errors.md.'),
    message: text.describe('One sentence.'),
    fix: text.optional().describe('What a person does next.'),
  })
  .describe('What a function did.');

const recipient = z.union([
  z.object({ kind: z.enum(['person', 'team']).describe('Who it is.'), id: text.describe('As keyturn.yaml calls them.') }),
  z.object({ kind: z.literal('operators') }),
]);

const alert = z
  .object({
    id: text.describe('The same for as long as it is the same trouble: its code, the token, and what it is about.'),
    code: text.describe('What sort of trouble it is.'),
    token: text.optional().describe('Missing where it is about the whole installation.'),
    owner: text.optional().describe('The id of the person who looks after the token.'),
    backup: text.optional().describe('The id of who does so when the owner cannot.'),
    urgency: z.enum(['now', 'soon', 'note']).describe('`now`: something is broken or stands still; `soon`: it will.'),
    message: text.describe('What is wrong, in one sentence.'),
    next: text.describe('What happens next by itself.'),
    fix: text.describe('What a person does.'),
    openedAt: moment.optional().describe('Since when people are told of it.'),
    acknowledgedBy: text.optional().describe('Who has said that they look after it.'),
  })
  .describe('A trouble that people are told of.');

const to = z.array(recipient).describe('Who is told by this event, by id.');
const one = z.object({ ...common, to, alert });
const count = z.int().describe('How many there are. Only the first 30 are listed.');

const upcoming = z.object({
  token: text.describe("The token's name."),
  what: z
    .enum(['rotation', 'due', 'expiry', 'authority-expiry'])
    .describe('`rotation` by itself; `due`: a person makes a new one; it ends; or what may make it ends.'),
  at: moment.describe('When.'),
});

const recent = z.object({
  what: text.describe('The detail-type of its own event.'),
  token: text.describe("The token's name."),
  at: moment.describe('When.'),
  message: text.describe('One sentence.'),
});

const digest = z
  .object({
    ...common,
    to,
    day: z.iso.date().describe('The day that it is of.'),
    open: z.array(alert).describe('What is wrong, or about to be, or worth knowing.'),
    openCount: count,
    upcoming: z.array(upcoming).describe('What is rotated, falls due or expires in the next 30 days.'),
    upcomingCount: count,
    recent: z.array(recent).describe('What was rotated and revoked since yesterday.'),
    recentCount: count,
  })
  .describe('Once a day, for each team, and for each person with something to do.');

/** Every event by its detail-type, with what it says. */
export const eventSchemas = {
  'token.minted': happening.describe('A new token was made, and is stored as pending.'),
  'token.rotated': happening.describe('The new token is the current one.'),
  'drill.passed': happening.describe(
    'A rehearsal token was made, worked, was ended and is proven dead. What is in use was not touched.',
  ),
  'drill.failed': happening.describe(
    'A rehearsal did not come to its end, so that a renewal might not either. What is in use was not touched.',
  ),
  'token.revoked': happening.describe('An old token was revoked, and proven dead.'),
  'token.stray-revoked': happening.describe('A token of ours that nobody held was revoked.'),
  'rotation.failed': happening.describe('A rotation was given up, and taken apart.'),
  'rotation.rolled-forward': happening.describe(
    'A rotation goes on although something of it failed, because there is no way back.',
  ),
  'retirement.held': happening.describe('An old token is not revoked, because somebody may still use it.'),
  'stray.reported': happening.describe('A live token was found that nobody holds, and that only a person may revoke.'),
  'alert.opened': one.describe('Something is wrong, or about to be: its first telling.'),
  'alert.escalated': one.describe('Nobody has acknowledged it in time, and the next is told.'),
  'alert.recovered': one.describe('It is over. Told to everybody who was told of it.'),
  'alert.summary': z
    .object({
      ...common,
      to,
      what: z.enum(['opened', 'escalated', 'recovered']).describe('What became of all of them.'),
      alerts: z.array(alert).describe('The most urgent first.'),
      count,
    })
    .describe('Many at once for one team: one message in the place of many.'),
  digest,
} as const;

export type EventType = keyof typeof eventSchemas;
type Detail<Type extends EventType> = z.infer<(typeof eventSchemas)[Type]>;
type EventOf<Type extends EventType> = { [Each in Type]: { readonly type: Each; readonly detail: Detail<Each> } }[Type];

export type SingleEvent = EventOf<'alert.opened' | 'alert.escalated' | 'alert.recovered'>;
export type SummaryEvent = EventOf<'alert.summary'>;
export type AlertEvent = SingleEvent | SummaryEvent;
export type DigestEvent = EventOf<'digest'>;
export type HappeningEvent = EventOf<Happening['what']>;
export type KeyturnEvent = AlertEvent | DigestEvent | HappeningEvent;

/** Reads an event from the bus. Undefined where it is none of ours, or of a version that is not known here. */
export function readEvent(type: unknown, detail: unknown): KeyturnEvent | undefined {
  if (typeof type !== 'string' || !Object.hasOwn(eventSchemas, type)) return undefined;
  const parsed = eventSchemas[type as EventType].safeParse(detail);
  return parsed.success ? ({ type, detail: parsed.data } as KeyturnEvent) : undefined;
}

/** How many of a list are told; how many there are is told beside them. */
export const mostListed = 30;
const longestText = 500;

/** The events of changes that were written: one for each alert, and one for all of a team that are told together. */
export function alertEvents(situation: Situation, won: readonly Change[]): readonly AlertEvent[] {
  const singles: AlertEvent[] = [];
  const groups = new Map<string, Change[]>();
  for (const change of won) {
    const { alert, telling } = change;
    if (telling === undefined) continue;
    const team = teamOf(situation, alert);
    if (telling.isSummary) {
      const key = `${telling.what} ${team ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), change]);
      continue;
    }
    singles.push({
      type: `alert.${telling.what}`,
      detail: {
        ...head(situation.now, [telling.what, alert.id, alert.openedAt, alert.toldTo], team),
        to: [...telling.to],
        alert: shownAlert(situation, alert),
      },
    });
  }
  return [...singles, ...[...groups.values()].flatMap((changes) => summaryOf(situation, changes))];
}

function summaryOf(situation: Situation, changes: readonly Change[]): readonly AlertEvent[] {
  const [first] = changes;
  if (first?.telling === undefined) return [];
  const { what } = first.telling;
  const alerts = changes.map(({ alert }) => alert).sort(mostUrgentFirst);
  const recipients = new Map(changes.flatMap(({ telling }) => telling?.to ?? []).map((to) => [nameOf(to), to]));
  const own = alerts.map(({ id, openedAt }) => `${id} ${openedAt}`).sort();
  return [
    {
      type: 'alert.summary',
      detail: {
        ...head(situation.now, ['summary', what, ...own], teamOf(situation, first.alert)),
        to: [...recipients.values()],
        what,
        alerts: alerts.slice(0, mostListed).map((alert) => shownAlert(situation, alert)),
        count: alerts.length,
      },
    },
  ];
}

export function mostUrgentFirst(a: Pick<Alert, 'urgency' | 'id'>, b: Pick<Alert, 'urgency' | 'id'>): number {
  const order = ['now', 'soon', 'note'];
  return order.indexOf(a.urgency) - order.indexOf(b.urgency) || (a.id < b.id ? -1 : 1);
}

/** An alert as it goes out: short enough that a whole list of them fits into an event, which takes 256 KB. */
export function shownAlert({ tokens }: Pick<Situation, 'tokens'>, shown: Cause & Partial<Alert>): z.infer<typeof alert> {
  const { id, code, token, urgency, message, next, fix, openedAt, acknowledged } = shown;
  const people = token === undefined ? undefined : tokens.get(token);
  return {
    id: cut(id),
    code,
    ...(token === undefined ? {} : { token }),
    ...(people === undefined ? {} : { owner: people.owner, backup: people.backup }),
    urgency,
    message: cut(message),
    next: cut(next),
    fix: cut(fix),
    ...(openedAt === undefined ? {} : { openedAt: iso(openedAt) }),
    ...(acknowledged === undefined ? {} : { acknowledgedBy: cut(acknowledged.by) }),
  };
}

/** A happening as it goes out. Without an id of its own it has that of everything that it says. */
export function happeningEvent(
  happening: Happening & { readonly id?: string | undefined; readonly at: Instant },
  team: string | undefined,
): HappeningEvent {
  const { what, id, at, ...said } = happening;
  const { token, secretArn, versionId, ref, code, message, fix } = said;
  const known = Object.fromEntries(Object.entries({ versionId, ref, code, fix }).filter(([, value]) => value !== undefined));
  const own = head(at, [what, token, secretArn, versionId, ref, code, at], team);
  return { type: what, detail: { ...own, ...(id === undefined ? {} : { id }), token, secretArn, ...known, message } };
}

/** What every event begins with. Its id follows from what it is about, so that the same told twice has the same. */
export function head(at: Instant, about: readonly unknown[], team: string | undefined) {
  const id = createHash('sha256').update(JSON.stringify(about)).digest('base64url').slice(0, 27);
  return { version: 1 as const, id: `evt_${id}`, at: iso(at), ...(team === undefined ? {} : { team }) };
}

export function nameOf(to: Recipient): string {
  return to.kind === 'operators' ? to.kind : `${to.kind} ${to.id}`;
}

export function iso(at: Instant): string {
  return new Date(at).toISOString();
}

export function cut(said: string): string {
  return said.length <= longestText ? said : `${said.slice(0, longestText - 1)}…`;
}
