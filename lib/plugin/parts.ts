import type { Credential } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { RotatorFacts } from '../engine/facts.ts';
import type { Secret } from '../engine/secret.ts';

/** A part that a stored token cannot do without. Where somebody stored a value without it, nothing can be said of that token. */
export function requiredPart({ name, parts: known }: RotatorFacts, { parts }: Credential, part: string): Secret {
  const found = parts[part];
  if (found !== undefined) return found;
  throw new RotationError('value-shape', `${name}: the stored token lacks \`${part}\`, ${known[part]}`, {
    fix: 'Store it in the field that the catalog gives it, beside the value that it belongs to; or rotate: the next token is stored with it.',
    definite: true,
  });
}
