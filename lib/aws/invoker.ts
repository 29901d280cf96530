import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { SweepJob } from '../engine/plan.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { sortAwsError } from './errors.ts';

/** Hands jobs to the providers' functions without waiting for them: Lambda's own queue keeps them, and tries again. */
export function createInvoker(
  configuration: ClientConfiguration,
  prefix: string,
): (provider: string, job: SweepJob) => Promise<void> {
  const client = new LambdaClient(clientOptions(configuration));
  return async (provider, { job, secretArn }) => {
    const payload = Buffer.from(JSON.stringify({ Job: job, SecretId: secretArn }));
    const command = new InvokeCommand({ FunctionName: `${prefix}${provider}`, InvocationType: 'Event', Payload: payload });
    await client.send(command).catch((error) => {
      throw sortAwsError('keyturn', `Invoke of ${prefix}${provider}`, error);
    });
  };
}
