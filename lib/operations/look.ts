import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import type { Clock, SecretState, Store } from '../engine/ports.ts';
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

/**
 * How all tokens are, in a few calls whatever their number. It may be minutes behind what `lookAt` tells, and asks for what the list does not
 * have.
 */
export async function lookAtAll(
  sight: Sight & { readonly store: Pick<Store, 'list'> },
  pauses: readonly Pause[],
): Promise<readonly TokenStatus[]> {
  const listed = new Map<string, SecretState>();
  for await (const state of sight.store.list()) {
    listed.set(state.name, state);
    listed.set(state.arn, state);
  }
  const now = sight.clock.now();
  return Promise.all(
    sight.catalog.entries.map(async (entry) => {
      const state = listed.get(entry.token.secret);
      return state === undefined ? lookAt(sight, entry, pauses) : statusOf(entry, state, pauses, now);
    }),
  );
}
