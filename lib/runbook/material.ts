import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import type { Instant } from '../engine/contract.ts';
import type { DependentFacts, RotatorFacts } from '../engine/facts.ts';
import type { Happened, Health } from '../engine/records.ts';
import { day } from '../engine/time.ts';
import type { Proven } from '../operations/proven.ts';
import type { TokenStatus } from '../operations/token-status.ts';

/** All that a runbook is made of. What is not known of a token's present is left out, and the runbook says so. */
export interface Material {
  readonly catalog: Pick<Catalog, 'people' | 'teams'>;
  readonly entry: CatalogEntry;
  readonly rotator: RotatorFacts;
  /** By the name of the place. */
  readonly dependents: ReadonlyMap<string, DependentFacts>;
  readonly status?: TokenStatus;
  readonly health?: Health;
  /** When something last showed that it can be renewed, and what was changed since; missing where nothing is on record. */
  readonly proven?: Proven;
  /** Newest first. */
  readonly happened: readonly Happened[];
  /** When all this was looked at. */
  readonly at: Instant;
}

/** The day that a text such as `2026-11-22` names is so many days before a moment. */
export function daysSince(date: string, at: Instant): number {
  return Math.floor((Date.parse(day(at)) - Date.parse(date)) / 86_400_000);
}
