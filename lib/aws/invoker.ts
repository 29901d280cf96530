import { setTimeout } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type ErrorCode, errorCodes, RotationError } from '../engine/errors.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { sortAwsError } from './errors.ts';

/** So long a page can wait. */
const pageMilliseconds = 20_000;

/** The same for whoever has to answer soon: what takes longer goes on without them, and they say so. */
export function openHastyAsker(configuration: ClientConfiguration): (functionName: string, event: object) => Promise<unknown> {
  const options = clientOptions({ ...configuration, maxAttempts: 1 });
  const ask = createAsker(new LambdaClient({ ...options, requestHandler: { requestTimeout: 60_000 } }));
  return async (functionName, event) => {
    const timer = new AbortController();
    const tooLong = setTimeout(pageMilliseconds, undefined, { signal: timer.signal }).then(() => {
      throw new RotationError('unavailable', `keyturn: ${functionName} has not come to its end yet, and goes on`, {
        fix: 'Look at the token again in some minutes: its page shows what came of it.',
      });
    });
    return Promise.race([ask(functionName, event), tooLong]).finally(() => timer.abort());
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
