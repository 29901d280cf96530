import type { Credential } from './contract.ts';
import type { RotatorFacts } from './facts.ts';
import { readOurLabel, refDigest } from './labels.ts';

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
