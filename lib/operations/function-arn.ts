import type { CatalogEntry } from '../catalog/catalog.ts';
import type { SecretState } from '../engine/ports.ts';

/** The function of a token's provider, in the account and region of its secret, by its ARN without a version. */
export function functionArnOf(installation: string, { token }: CatalogEntry, { arn }: Pick<SecretState, 'arn'>): string {
  const [, partition, , region, account] = arn.split(':');
  return `arn:${partition}:lambda:${region}:${account}:function:${installation}-rotate-${token.provider}`;
}
