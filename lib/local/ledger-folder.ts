import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert, Happened, Health, Ledger, Pause, TokenRecords } from '../engine/records.ts';
import { fileNameFor, readJson, writeJson } from './files.ts';

/** Ledger and records in a folder, for a laptop: one file each, so that two processes never write the same one over each other's work. */
export function createLedgerFolder(folder: string): Ledger & TokenRecords {
  const file = (kind: string, id: string) => join(folder, kind, `${fileNameFor(id)}.json`);
  const all = <Kept>(kind: string): readonly Kept[] =>
    list(join(folder, kind)).map((name) => readJson(join(folder, kind, name)) as Kept);
  const stored = (id: string) => readJson(file('alerts', id)) as Alert | undefined;
  return {
    healths: async () => all<Health>('healths'),
    happened: async (token, most) =>
      all<Happened>(join('happened', fileNameFor(token)))
        .toSorted((one, other) => other.at - one.at)
        .slice(0, most),
    async record(happened) {
      const path = file(join('happened', fileNameFor(happened.token)), happened.id);
      if (readJson(path) === undefined) writeJson(path, happened);
    },
    health: async (token) => readJson(file('healths', token)) as Health | undefined,
    async saveHealth(health) {
      writeJson(file('healths', health.token), health);
    },
    alerts: async () => all<Alert>('alerts'),
    async saveAlert(alert, seen) {
      if (stored(alert.id)?.revision !== seen?.revision) return 'lost';
      writeJson(file('alerts', alert.id), alert);
      return 'saved';
    },
    async removeAlert(seen) {
      if (stored(seen.id)?.revision !== seen.revision) return 'lost';
      rmSync(file('alerts', seen.id), { force: true });
      return 'removed';
    },
    pauses: async () => all<Pause>('pauses'),
    async savePause(pause) {
      writeJson(file('pauses', pause.of), pause);
    },
    async removePause(of) {
      rmSync(file('pauses', of), { force: true });
    },
    async takeDigest(day) {
      if (readJson(file('digests', day)) !== undefined) return false;
      writeJson(file('digests', day), { day });
      return true;
    },
  };
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // nothing was written there yet
  }
}
