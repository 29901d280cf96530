import { setTimeout } from 'node:timers/promises';
import { CancelRotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RotationError } from '../engine/errors.ts';
import { planRemoval, type Removal } from '../engine/uninstall.ts';
import { sortAwsError } from './errors.ts';
import { createSecretsManagerStore, type Sender } from './secrets-manager-store.ts';

/** With the credentials, the region and the endpoint of whoever runs the command line. */
export function openClient(): Sender {
  return new SecretsManagerClient({});
}

/**
 * Finds what Keyturn left on a secret and, unless it is only a rehearsal, takes it off: first the rotation, so that nothing begins behind it, then
 * what is there by then. Values are neither read nor changed. Undefined where there is no such secret. Running it again does what is left.
 */
export async function removeFrom(
  client: Sender,
  { secret, provider }: { readonly secret: string; readonly provider: string },
  isRehearsal: boolean,
): Promise<Removal | undefined> {
  const clock = { now: () => Date.now(), sleep: (milliseconds: number) => setTimeout(milliseconds) };
  const store = createSecretsManagerStore({ client, once: client }, clock);
  const look = async () => planRemoval(await store.describe(secret), provider);
  const found = await look().catch((error: unknown) => {
    if (error instanceof RotationError && error.code === 'not-ours') return undefined;
    throw error;
  });
  if (found === undefined || isRehearsal) return found;
  if (found.cancels) {
    await client.send(new CancelRotateSecretCommand({ SecretId: secret })).catch((error: unknown) => {
      throw sortAwsError('keyturn', 'CancelRotateSecret', error);
    });
  }
  const { labels } = await look();
  for (const { label, versionId } of labels) await store.moveLabel(secret, label, { from: versionId });
  return found;
}
