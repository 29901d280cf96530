import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import type { Clock, SecretState } from '../engine/ports.ts';
import type { Pause } from '../engine/records.ts';
import { statusOf, type TokenStatus } from './token-status.ts';

/** What looking needs. */
export interface Sight {
  readonly catalog: Catalog;
  readonly clock: Clock;
  describe(entry: CatalogEntry): Promise<SecretState>;
}

/** How a token is, by its labels. One secret's trouble is no other's: it is a state too. */
export async function lookAt(sight: Sight, entry: CatalogEntry, pauses: readonly Pause[]): Promise<TokenStatus> {
  try {
    return statusOf(entry, await sight.describe(entry), pauses, sight.clock.now());
  } catch (problem) {
    const { code, message, fix } = asRotationError(problem, 'status');
    const { name: token, provider, secret } = entry.token;
    const state = code === 'not-ours' ? 'missing' : 'unreadable';
    return { token, provider, owner: entry.owner, secret, state, debts: [], trouble: `${message}. ${fix}` };
  }
}
