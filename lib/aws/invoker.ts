import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type ErrorCode, errorCodes, RotationError } from '../engine/errors.ts';
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

/** Asks a function and waits for its answer. What the function threw is thrown again: its code, its sentence, and what to do. */
export function createAsker(client: Pick<LambdaClient, 'send'>): (functionName: string, event: object) => Promise<unknown> {
  return async (functionName, event) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) });
    const answer = await client.send(command).catch((error) => {
      throw sortAwsError('keyturn', `Invoke of ${functionName}`, error);
    });
    const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? new Uint8Array()).toString('utf8') || 'null');
    if (answer.FunctionError !== undefined) throw thrownBy(functionName, payload);
    return payload;
  };
}

/** A function's error is one sentence and what to do, with its code for a name; anything else is the runtime's, such as a time-out. */
function thrownBy(functionName: string, payload: unknown): RotationError {
  const { errorType = '', errorMessage = '' } = (payload ?? {}) as {
    readonly errorType?: string;
    readonly errorMessage?: string;
  };
  if (!Object.hasOwn(errorCodes, errorType)) {
    return new RotationError(
      'unavailable',
      `keyturn: ${functionName} came to no answer (${errorType || 'no reason was given'})`,
      {
        fix: 'Try again; if it happens again, see the log of this function.',
      },
    );
  }
  const [, message = errorMessage, fix = ''] = /^(.*?)\. ([A-Z`].*)$/s.exec(errorMessage) ?? [];
  return new RotationError(errorType as ErrorCode, message, { fix });
}
