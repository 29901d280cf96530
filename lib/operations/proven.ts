import type { CatalogEntry } from '../catalog/catalog.ts';
import { changedSince, configurationOf, type Proof } from '../engine/configuration.ts';
import type { Instant } from '../engine/contract.ts';

/** When something last showed that a token can be renewed, and which parts of its entry were changed since: `account`, `place <name>`. */
export interface Proven {
  readonly at: Instant;
  readonly changed: readonly string[];
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
