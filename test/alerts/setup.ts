import type { AlertEvent, DigestEvent } from '../../lib/alerts/events.ts';
import { eventSchemas } from '../../lib/alerts/events.ts';
import type { Looked, Situation } from '../../lib/alerts/settle.ts';
import { tellAlerts } from '../../lib/alerts/tell.ts';
import { builtInAlerts } from '../../lib/catalog/catalog.ts';
import type { Directory } from '../../lib/catalog/compiled.ts';
import type { Cause, Ledger } from '../../lib/engine/records.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';

export const start = Date.UTC(2026, 10, 25, 6, 0);
export const hour = 3_600_000;
export const minute = 60_000;

export const directory: Directory = {
  version: 1,
  people: {
    ada: { name: 'Ada Lovelace', email: 'ada@example.com' },
    grace: { name: 'Grace Hopper', email: 'grace@example.com' },
    gone: { name: 'Gone Away', email: 'gone@example.com', left: '2026-11-01' },
  },
  teams: { platform: { name: 'Platform', email: 'platform@example.com', members: ['ada', 'grace'] } },
  alerts: builtInAlerts,
};

export const tokens = new Map([
  ['npm', { owner: 'ada', backup: 'grace', team: 'platform' }],
  ['mail', { owner: 'ada', backup: 'grace' }],
  ['left', { owner: 'gone', backup: 'grace', team: 'platform' }],
  ['orphan', { owner: 'gone', backup: 'gone', team: 'platform' }],
  ...Array.from({ length: 20 }, (_, index) => [`many-${index}`, { owner: 'ada', backup: 'grace', team: 'platform' }] as const),
]);

export function cause(token: string | undefined, more: Partial<Cause> = {}): Cause {
  const name = token ?? 'all';
  return {
    id: `parked/${name}`,
    code: 'parked',
    ...(token === undefined ? {} : { token }),
    urgency: 'now',
    message: `The rotation of ${name} was given up`,
    next: 'It is tried again in two hours',
    fix: `Run \`keyturn release ${name}\``,
    ...more,
  };
}

export type Event = AlertEvent | DigestEvent;

/** Sweeps one after another over one ledger, with what each told, in short: `opened parked/npm -> person ada`. */
export function createSweeps(ledger: Ledger = createMemoryLedger()) {
  const events: Event[] = [];
  let now = start;
  const look = (more: Partial<Looked>): Looked => ({
    tokens: new Set(tokens.keys()),
    isWhole: true,
    isFirst: false,
    ...more,
  });
  const sweep = async (causes: readonly Cause[], more: Partial<Looked> & Partial<Pick<Situation, 'tokens'>> = {}) => {
    const told: Event[] = [];
    const { tokens: lookedAt, isWhole, isFirst } = look(more as Partial<Looked>);
    await tellAlerts(
      { ledger, publish: async (all) => void told.push(...all) },
      {
        causes,
        looked: { tokens: lookedAt, isWhole, isFirst },
        tokens,
        people: directory.people,
        escalateHours: directory.alerts.escalateHours,
        now,
      },
    );
    for (const { type, detail } of told) eventSchemas[type].parse(detail);
    events.push(...told);
    return told.map(short);
  };
  return {
    ledger,
    events,
    sweep,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    now: () => now,
  };
}

export function short(event: Event): string {
  const { type, detail } = event;
  const to = detail.to.map((each) => (each.kind === 'operators' ? 'operators' : `${each.kind} ${each.id}`)).join(', ');
  if (type === 'digest') return `digest -> ${to}`;
  if (type === 'alert.summary') return `${detail.count} ${detail.what} -> ${to}`;
  return `${type.replace('alert.', '')} ${detail.alert.id} -> ${to}`;
}
