import type { Credential } from './contract.ts';
import type { RotatorFacts } from './facts.ts';
import { readOurLabel, refDigest } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';

/** How the provider names a stored token: from its label, or, where the ref is itself secret, from the value that the label's digest fits. */
export function refOf(facts: RotatorFacts, labels: readonly string[], credential: Credential): string | undefined {
  const ours = readOurLabel(labels);
  if (ours === undefined || ours.provider !== facts.name) return undefined;
  if (!ours.isDigest) return ours.ref;
  const ref = refWithin(facts, credential);
  return ref !== undefined && refDigest(ref) === ours.ref ? ref : undefined;
}

/** A ref that is itself secret stands in the token, whoever stored it. */
export function refWithin({ secretRefPart: part }: RotatorFacts, { value, parts }: Credential): string | undefined {
  if (part === undefined) return undefined;
  return (part === 'value' ? value : parts[part])?.reveal();
}

/** How the provider names a stored token, whoever stored it: by its label or by itself, or as the provider says; undefined where it does not tell. */
export async function findRef(open: OpenToken, version: StoredVersion, credential: Credential): Promise<string | undefined> {
  const { facts } = open.rotator;
  const isOurs = readOurLabel(version.labels) !== undefined;
  const known = isOurs ? refOf(facts, version.labels, credential) : refWithin(facts, credential);
  const inspect = open.rotator.inspect?.bind(open.rotator);
  if (known !== undefined || inspect === undefined) return known;
  return (await open.withAuthority((context) => inspect(context, { credential }))).ref;
}
