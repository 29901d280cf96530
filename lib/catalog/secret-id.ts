import type { Token } from '../engine/token.ts';

// A secret is named in a catalog by its name, or by its full ARN: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SIX123.
// This file goes into the Lambda: it imports nothing but types.

export const secretNamePattern = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
export const secretArnPattern =
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}$/;

/** The secret's name, whether a name or a full ARN was given. */
export function secretName(id: string): string {
  if (!secretArnPattern.test(id)) return id;
  // Exactly the last seven characters are AWS's, however much the name itself may end like them.
  return id.slice(id.indexOf(':secret:') + ':secret:'.length, -7);
}

/** Whether two ids may stand for one secret. A name and an ARN are taken to be in the same account and region. */
export function isSameSecret(a: string, b: string): boolean {
  if (a === b) return true;
  const bothAreArns = secretArnPattern.test(a) && secretArnPattern.test(b);
  return !bothAreArns && secretName(a) === secretName(b);
}

/** The token that a full secret ARN belongs to. Undefined for an ARN that is not whole, or is in nobody's entry. */
export function tokenOfArn<T extends Pick<Token, 'secret'>>(tokens: readonly T[], arn: string): T | undefined {
  if (!secretArnPattern.test(arn)) return undefined;
  const name = secretName(arn);
  return tokens.find(({ secret }) => secret === arn) ?? tokens.find(({ secret }) => secret === name);
}
