import { randomInt } from 'node:crypto';
import { type JsonService, openAwsEndpoint } from '../aws-endpoint.ts';
import { AwsError } from '../aws-error.ts';
import { randomValueFunctionArn, rotateToRandomValue } from './random-value-function.ts';
import { createRotationDriver } from './rotation.ts';
import { createSecretsManager, type SecretsManager } from './service.ts';
import type { Store } from './store.ts';
import type { Switches } from './switches.ts';

/** Secrets Manager for an endpoint, under the prefix `secretsmanager`. With a store, no call is answered before what it saw is on the disk. */
export function secretsManagerService(secretsManager: SecretsManager, store?: Store): JsonService {
  return {
    async handle(operation, input, info) {
      try {
        return secretsManager.call(operation, input, info);
      } finally {
        await store?.durable().catch((error: Error) => {
          throw new AwsError('InternalServiceError', error.message, 500);
        });
      }
    },
    resourceOf(input, info, answer) {
      if (answer) return 'ARN' in answer ? String(answer.ARN) : undefined;
      const { SecretId } = input as { SecretId?: unknown };
      return typeof SecretId === 'string' ? secretsManager.resolve(SecretId, info) : undefined;
    },
  };
}

/** Chance for real life. */
export const secureRandom = () => randomInt(2 ** 47) / 2 ** 47;

/** Secrets Manager alone, empty and in memory, with one rotation function that makes up random values. Prints nothing. */
export async function serveSecretsManagerAlone({
  port = 0,
  switches,
}: {
  port?: number;
  switches?: Partial<Switches>;
} = {}): Promise<{ url: string; close(): Promise<void> }> {
  const secretsManager = createSecretsManager({
    clock: Date,
    random: secureRandom,
    functionExists: (functionArn) => functionArn === randomValueFunctionArn,
    ...(switches === undefined ? {} : { switches }),
  });
  const driver = createRotationDriver(secretsManager, {
    async invoke(_, event) {
      rotateToRandomValue(secretsManager, event);
      return { ok: true };
    },
  });
  const endpoint = await openAwsEndpoint({ port, services: { secretsmanager: secretsManagerService(secretsManager) } });
  driver.start();
  return {
    url: endpoint.url,
    async close() {
      driver.stop();
      await endpoint.close();
    },
  };
}
