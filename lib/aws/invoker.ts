import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type ErrorCode, errorCodes, RotationError } from '../engine/errors.ts';
import { sortAwsError } from './errors.ts';

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
