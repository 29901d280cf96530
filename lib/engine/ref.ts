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
  const part = facts.secretRefPart;
  const secret = part === 'value' ? credential.value : part && credential.parts[part];
  const ref = secret ? secret.reveal() : undefined;
  return ref !== undefined && refDigest(ref) === ours.ref ? ref : undefined;
}

/** The same, or what the provider says whose it is; undefined where it does not tell. */
export async function findRef(open: OpenToken, version: StoredVersion, credential: Credential): Promise<string | undefined> {
  const known = refOf(open.rotator.facts, version.labels, credential);
  const inspect = open.rotator.inspect?.bind(open.rotator);
  if (known !== undefined || inspect === undefined) return known;
  return (await open.withAuthority((context) => inspect(context, { credential }))).ref;
}
