import type { Alert, Happened, Health, Ledger, Pause, TokenRecords } from '../engine/records.ts';

/** A ledger without a disk, for tests: it compares revisions as a table does, and hands out nothing that could be changed from outside. */
export function createMemoryLedger(): Ledger & TokenRecords {
  const alerts = new Map<string, Alert>();
  const healths = new Map<string, Health>();
  const pauses = new Map<Pause['of'], Pause>();
  const days = new Set<string>();
  let all: readonly Happened[] = [];
  const isAsSeen = (id: string, seen: Alert | undefined) => alerts.get(id)?.revision === seen?.revision;
  return {
    happened: async (token, most) => all.filter((each) => each.token === token).slice(0, most),
    async record(happened) {
      if (!all.some(({ id }) => id === happened.id)) all = [happened, ...all];
    },
    async recordAction(_provider, happened) {
      if (!all.some(({ id }) => id === happened.id)) all = [happened, ...all];
    },
    health: async (token) => healths.get(token),
    healths: async () => [...healths.values()],
    async saveHealth(health) {
      healths.set(health.token, health);
    },
    alerts: async () => structuredClone([...alerts.values()]),
    async saveAlert(alert, seen) {
      if (!isAsSeen(alert.id, seen)) return 'lost';
      alerts.set(alert.id, structuredClone(alert));
      return 'saved';
    },
    async removeAlert(seen) {
      if (!isAsSeen(seen.id, seen)) return 'lost';
      alerts.delete(seen.id);
      return 'removed';
    },
    pauses: async () => [...pauses.values()],
    async savePause(pause) {
      pauses.set(pause.of, pause);
    },
    async removePause(of) {
      pauses.delete(of);
    },
    async takeDigest(day) {
      const isFirst = !days.has(day);
      days.add(day);
      return isFirst;
    },
  };
}
