import type { CatalogEntry } from '../catalog/catalog.ts';
import { changedSince, configurationOf, type Proof } from '../engine/configuration.ts';
import type { Instant } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { Installation } from './installation.ts';

/** When something last showed that a token can be renewed, and which parts of its entry were changed since: `account`, `place <name>`. */
export interface Proven {
  readonly at: Instant;
  readonly changed: readonly string[];
}

/** The same for a list of all tokens; undefined where the record does not answer, for then nobody knows that nothing is on it. */
export async function provenOfAll({
  catalog,
  ledger,
}: Pick<Installation, 'catalog' | 'ledger'>): Promise<ReadonlyMap<string, Proven> | undefined> {
  try {
    return provenOf(catalog.entries, await ledger.proofs());
  } catch (error) {
    if (error instanceof RotationError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

/** By the token's name; none of which nothing is on record. */
export function provenOf(entries: readonly CatalogEntry[], proofs: readonly Proof[]): ReadonlyMap<string, Proven> {
  const known = new Map(proofs.map((proof) => [proof.token, proof]));
  return new Map(
    entries.flatMap(({ token }) => {
      const proof = known.get(token.name);
      if (proof === undefined) return [];
      return [[token.name, { at: proof.at, changed: changedSince([proof.configuration], configurationOf(token)) }] as const];
    }),
  );
}
