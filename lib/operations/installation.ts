import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { RotationError } from '../engine/errors.ts';
import type { Clock, SecretState, Store } from '../engine/ports.ts';
import type { Ledger, Pause } from '../engine/records.ts';

/** A catalog and what stands behind it, opened with the credentials of whoever acts. What people do goes through here, by command or by page. */
export interface Installation {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly store: Store;
  readonly ledger: Ledger;
  /** The entry of a token, or an error that names the near ones. */
  entry(name: string): CatalogEntry;
  describe(entry: CatalogEntry): Promise<SecretState>;
  /** The function of the token's provider, by its ARN without a version. */
  functionArn(entry: CatalogEntry, state: SecretState): string;
  /** Asks the function of the token's provider, and waits. No value comes back. */
  ask<Answer>(
    entry: CatalogEntry,
    state: SecretState,
    event: { readonly Job: string; readonly [field: string]: string },
  ): Promise<Answer>;
}

/** For whoever only shows them beside other things: who may not read the table sees the rest. */
export async function pausesOf({ ledger }: Pick<Installation, 'ledger'>): Promise<readonly Pause[]> {
  try {
    return await ledger.pauses();
  } catch (error) {
    if (error instanceof RotationError && error.code === 'unavailable') return [];
    throw error;
  }
}
