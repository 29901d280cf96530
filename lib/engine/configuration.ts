import { createHash } from 'node:crypto';
import type { Instant } from './contract.ts';
import type { Token } from './token.ts';

/**
 * A fingerprint of each part of an entry of the catalog on which it depends how a renewal goes: `account`, `authority`, `expectations`, `layout`,
 * `checks`, and `place <name>` for each place. Owners, schedules and overlaps are none of them. Written down with what proved that a renewal works,
 * so that it can be told later what was changed since.
 */
export type Configuration = Readonly<Record<string, string>>;

/** What last showed that a token can be renewed: a renewal that came to its end, or a rehearsal of one. */
export interface Proof {
  readonly token: string;
  readonly at: Instant;
  /** Of each part of the entry, as it was when it was last proven. */
  readonly configuration: Configuration;
}

/** The same for the same entry, in whatever order its fields are. */
export function configurationOf(token: Token): Configuration {
  const places = token.dependents.map((place) => [`place ${place.name}`, place] as const);
  return fingerprints([
    ...makingOf(token),
    ['layout', token.value],
    ['checks', token.checks.length === 0 ? undefined : token.checks],
    ...places,
  ]);
}

/** As far as a rehearsal goes, in which a token is made, looked at and ended, and none is stored or handed out. */
export function rehearsedConfiguration(token: Token): Configuration {
  return fingerprints(makingOf(token));
}

/**
 * The parts that are otherwise now than they were when something last proved them, or that nothing has proved since they are there. `proofs` newest
 * first. None where no proof says what it was a proof of: then nobody knows.
 */
export function changedSince(proofs: readonly Configuration[], now: Configuration): readonly string[] {
  if (proofs.length === 0) return [];
  return Object.entries(now).flatMap(([part, fingerprint]) => {
    const proven = proofs.find((proof) => proof[part] !== undefined)?.[part];
    return proven === fingerprint || (proven === undefined && !proofs.some(isWhole)) ? [] : [part];
  });
}

/** What is proven by both: of each part what the newer one says of it. */
export function withProof(before: Proof | undefined, proof: Proof): Proof {
  if (before === undefined) return proof;
  const [older, newer] = before.at > proof.at ? [proof, before] : [before, proof];
  return { ...newer, configuration: { ...older.configuration, ...newer.configuration } };
}

/** Of a renewal, and not of a rehearsal, which says nothing of places. */
function isWhole(proof: Configuration): boolean {
  return proof.layout !== undefined;
}

function makingOf({ provider, scope, authority, expect }: Token): readonly (readonly [string, unknown])[] {
  return [
    ['account', { provider, scope }],
    ['authority', authority],
    ['expectations', Object.keys(expect).length === 0 ? undefined : expect],
  ];
}

function fingerprints(parts: readonly (readonly [string, unknown])[]): Configuration {
  return Object.fromEntries(
    parts.flatMap(([name, part]) => {
      if (part === undefined) return [];
      return [
        [
          name,
          createHash('sha256')
            .update(JSON.stringify(sorted(part)))
            .digest('hex')
            .slice(0, 12),
        ],
      ];
    }),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}
