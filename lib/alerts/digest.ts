import type { AlertSettings } from '../catalog/catalog.ts';
import type { Directory, IndexedToken } from '../catalog/compiled.ts';
import type { Instant } from '../engine/contract.ts';
import type { Alert, Cause, Happened } from '../engine/records.ts';
import { cut, type DigestEvent, head, iso, mostListed, mostUrgentFirst, nameOf, shownAlert } from './events.ts';
import { hasLeft, type Recipient } from './settle.ts';
import type { Upcoming } from './upcoming.ts';

export interface DigestInput {
  /** All of them, notes too. */
  readonly causes: readonly Cause[];
  /** What is open, for since when and by whom it is acknowledged. */
  readonly alerts: readonly Alert[];
  /** By name. */
  readonly tokens: ReadonlyMap<string, Pick<IndexedToken, 'owner' | 'backup' | 'team'>>;
  readonly people: Directory['people'];
  readonly upcoming: readonly Upcoming[];
  readonly recent: readonly Happened[];
  readonly settings: Pick<AlertSettings, 'digestHour' | 'timeZone'>;
  readonly now: Instant;
  readonly day: string;
}

const daysAhead = 30;
const recentHours = 24;

/** The day whose digest is due: today where people live, once its hour has come. */
export function digestDay(now: Instant, { digestHour, timeZone }: DigestInput['settings']): string | undefined {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(format.formatToParts(new Date(now)).map(({ type, value }) => [type, value]));
  return Number(parts['hour']) >= digestHour ? `${parts['year']}-${parts['month']}-${parts['day']}` : undefined;
}

/**
 * One for each team that has a token, for the operators where there are tokens of no team or troubles of the whole, and for each person with
 * something to do. The same input gives the same digests.
 */
export function digestsOf(input: DigestInput): readonly DigestEvent[] {
  const { tokens, causes, people, now } = input;
  const readers = new Map<string, { to: Recipient; team?: string; tokens: Set<string>; isPerson: boolean }>();
  const add = (to: Recipient, token: string | undefined, team?: string) => {
    const reader = readers.get(nameOf(to)) ?? {
      to,
      tokens: new Set<string>(),
      isPerson: to.kind === 'person',
      ...(team ? { team } : {}),
    };
    if (token !== undefined) reader.tokens.add(token);
    readers.set(nameOf(to), reader);
  };
  for (const [name, { team, owner, backup }] of tokens) {
    add(team === undefined ? { kind: 'operators' } : { kind: 'team', id: team }, name, team);
    const responsible = [owner, backup].find((id) => !hasLeft(people[id], now));
    if (responsible !== undefined) add({ kind: 'person', id: responsible }, name);
  }
  if (causes.some(({ token }) => token === undefined)) add({ kind: 'operators' }, undefined);
  return [...readers.values()].flatMap((reader) => {
    const isTheirs = ({ token }: { readonly token?: string | undefined }) =>
      token === undefined ? reader.to.kind === 'operators' : reader.tokens.has(token);
    const open = causes.filter(isTheirs).filter(({ urgency }) => !reader.isPerson || urgency !== 'note');
    // A person with nothing to do is not written to; a team hears each day, and so knows that somebody still looks.
    return reader.isPerson && open.length === 0 ? [] : [digestOf(input, reader, open, isTheirs)];
  });
}

function digestOf(
  input: DigestInput,
  { to, team }: { readonly to: Recipient; readonly team?: string },
  causes: readonly Cause[],
  isTheirs: (about: { readonly token?: string }) => boolean,
): DigestEvent {
  const { now, day } = input;
  const alerts = new Map(input.alerts.map((alert) => [alert.id, alert]));
  const open = [...causes].sort(mostUrgentFirst);
  const upcoming = input.upcoming.filter((each) => isTheirs(each) && each.at <= now + daysAhead * 86_400_000);
  const recent = input.recent.filter(
    (each) =>
      isTheirs(each) && /^token\.(rotated|revoked|stray-revoked)$/.test(each.what) && each.at > now - recentHours * 3_600_000,
  );
  return {
    type: 'digest',
    detail: {
      ...head(now, ['digest', day, nameOf(to)], team),
      to: [to],
      day,
      open: open.slice(0, mostListed).map((cause) => shownAlert(input, { ...alerts.get(cause.id), ...cause })),
      openCount: open.length,
      upcoming: upcoming.slice(0, mostListed).map(({ token, what, at }) => ({ token, what, at: iso(at) })),
      upcomingCount: upcoming.length,
      recent: recent
        .slice(0, mostListed)
        .map(({ what, token, at, message }) => ({ what, token, at: iso(at), message: cut(message) })),
      recentCount: recent.length,
    },
  };
}
