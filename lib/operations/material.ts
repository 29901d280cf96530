import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Proof } from '../engine/configuration.ts';
import type { AnyRotator } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { DependentFacts, RotatorFacts } from '../engine/facts.ts';
import type { Registry } from '../engine/open-token.ts';
import type { Health, Ledger, Pause } from '../engine/records.ts';
import { dependentFor, rotatorFor } from '../engine/specific.ts';
import type { Material } from '../runbook/material.ts';
import { lookAt, type Sight } from './look.ts';
import { provenOf } from './proven.ts';
import type { TokenStatus } from './token-status.ts';

/** What is known of the whole, read once for however many runbooks. */
export interface Known {
  readonly pauses: readonly Pause[];
  readonly healths: readonly Health[];
  readonly proofs: readonly Proof[];
}

export async function knownOf({ ledger }: { readonly ledger: Ledger }): Promise<Known> {
  return {
    pauses: await orNothing(() => ledger.pauses()),
    healths: await orNothing(() => ledger.healths()),
    proofs: await orNothing(() => ledger.proofs()),
  };
}

/** Gathers what a runbook is made of. Where records cannot be read it is thinner, and none the less there. */
export async function materialFor(
  sight: Sight & { readonly ledger: Ledger },
  registry: Registry,
  entry: CatalogEntry,
  { pauses, healths, proofs }: Known,
): Promise<Material & { readonly status: TokenStatus }> {
  const { name } = entry.token;
  const health = healths.find((each) => each.token === name);
  const proven = provenOf([entry], proofs).get(name);
  return {
    ...(await writtenMaterial(sight, registry, entry)),
    status: await lookAt(sight, entry, pauses),
    ...(health === undefined ? {} : { health }),
    ...(proven === undefined ? {} : { proven }),
    happened: await orNothing(() => sight.ledger.happened(name, 100)),
    at: sight.clock.now(),
  };
}

/** The same from the catalog and the plug-ins alone: it asks nobody, and so knows nothing of how the token is. */
export async function writtenMaterial(
  { catalog, clock }: Pick<Sight, 'catalog' | 'clock'>,
  registry: Registry,
  entry: CatalogEntry,
): Promise<Material> {
  const { token } = entry;
  const rotator = await registry.rotator(token.provider);
  if (rotator === undefined) throw unknown(`the provider ${token.provider}`);
  return {
    catalog,
    entry,
    rotator: factsFor(rotator, token.scope),
    dependents: await dependentFacts(registry, entry),
    happened: [],
    at: clock.now(),
  };
}

/** A catalog that was checked has a scope that fits; one that does not is no reason to have no runbook. */
function factsFor(rotator: AnyRotator, scope: unknown): RotatorFacts {
  const parsed = rotator.scope.safeParse(scope);
  return (parsed.success ? rotatorFor(rotator, parsed.data) : rotator).facts;
}

async function dependentFacts(registry: Registry, { token }: CatalogEntry): Promise<ReadonlyMap<string, DependentFacts>> {
  const pairs = token.dependents.map(async ({ name, kind, target }) => {
    const plugin = await registry.dependent(kind);
    if (plugin === undefined) throw unknown(`the kind of place ${kind}`);
    const parsed = plugin.target.safeParse(target);
    return [name, (parsed.success ? dependentFor(plugin, parsed.data) : plugin).facts] as const;
  });
  return new Map(await Promise.all(pairs));
}

/** For whoever shows them beside other things. */
export async function orNothing<Item>(read: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RotationError && error.code === 'unavailable') return [];
    throw error;
  }
}

function unknown(what: string): RotationError {
  return new RotationError('catalog', `keyturn: there is no plug-in for ${what}`, {
    fix: 'Run `keyturn check` on the catalog.',
    definite: true,
  });
}
