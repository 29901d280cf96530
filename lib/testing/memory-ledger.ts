import { type Proof, withProof } from '../engine/configuration.ts';
import type { Alert, Happened, Health, Ledger, Pause, TokenRecords } from '../engine/records.ts';

/** A ledger without a disk, for tests: it compares revisions as a table does, and hands out nothing that could be changed from outside. */
export function createMemoryLedger(): Ledger & TokenRecords {
  const alerts = new Map<string, Alert>();
  const healths = new Map<string, Health>();
  const pauses = new Map<Pause['of'], Pause>();
  const proofs = new Map<string, Proof>();
  const days = new Set<string>();
  let all: readonly Happened[] = [];
  const isAsSeen = (id: string, seen: Alert | undefined) => alerts.get(id)?.revision === seen?.revision;
  const record = async (happened: Happened) => {
    const { id, token, at, configuration } = happened;
    if (!all.some((each) => each.id === id)) all = [happened, ...all];
    if (configuration !== undefined) proofs.set(token, withProof(proofs.get(token), { token, at, configuration }));
  };
  return {
    proofs: async () => [...proofs.values()],
    happened: async (token, most) => all.filter((each) => each.token === token).slice(0, most),
    record,
    recordAction: (_provider, happened) => record(happened),
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
