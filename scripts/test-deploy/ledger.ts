import type { Destination, Routed } from './routing.ts';

/** What went where, so that nothing about the test is hidden. */
export interface Ledger {
  count(routed: Routed): void;
  /** How many calls of this operation have gone there. */
  calls(to: Destination, operation: string): number;
  lines(): readonly LedgerLine[];
}

export interface LedgerLine {
  readonly to: Destination;
  readonly what: string;
  readonly calls: number;
}

export function createLedger(): Ledger {
  const counts = new Map<string, { routed: Routed; calls: number }>();
  return {
    count(routed) {
      const key = [routed.to, routed.service, routed.operation ?? ''].join(' ');
      const entry = counts.get(key) ?? { routed, calls: 0 };
      entry.calls += 1;
      counts.set(key, entry);
    },
    calls: (to, operation) =>
      [...counts.values()].reduce(
        (sum, { routed, calls }) => (routed.to === to && routed.operation === operation ? sum + calls : sum),
        0,
      ),
    lines: () =>
      [...counts.values()]
        .map(({ routed: { to, service, operation }, calls }) => ({
          to,
          what: operation === undefined ? service : `${service} ${operation}`,
          calls,
        }))
        .sort((one, other) => `${one.to} ${one.what}`.localeCompare(`${other.to} ${other.what}`)),
  };
}
