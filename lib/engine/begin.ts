import { current, holderOf, pending } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState } from './ports.ts';

/** Whether a secret was never given a token, and nobody is about to: made by a deployment, which rotates nothing by itself. */
export function isEmpty(state: SecretState): boolean {
  return holderOf(state, current) === undefined && holderOf(state, pending) === undefined;
}

/**
 * Begins the first rotation of an empty secret, which Secrets Manager would leave empty until its next window. Looks again first: a value that
 * was put in meanwhile is not disturbed. Without a schedule there is nothing to begin: a person makes that token.
 */
export async function beginFirst({ ports, token }: OpenToken, secretArn: string): Promise<'begun' | 'not needed'> {
  if (token.mode === 'observe') return 'not needed';
  const state = await ports.store.describe(secretArn);
  if (!isEmpty(state) || state.rotationEnabled !== true) return 'not needed';
  const versionId = Buffer.from(ports.random(16)).toString('hex');
  return (await ports.store.startRotation(state.arn, versionId)) === 'started' ? 'begun' : 'not needed';
}
