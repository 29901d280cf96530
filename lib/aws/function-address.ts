import { GetFunctionConfigurationCommand, GetFunctionUrlConfigCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { sortAwsError } from './errors.ts';

/** A function that answers to HTTP. */
export interface ServedFunction {
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Undefined where there is no such function, or where it answers to no HTTP. */
export async function servedFunction(
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
): Promise<ServedFunction | undefined> {
  try {
    const { FunctionUrl: url } = await client.send(new GetFunctionUrlConfigCommand({ FunctionName: functionName }));
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    return url === undefined ? undefined : { url, environment: Environment?.Variables ?? {} };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw sortAwsError('keyturn', `reading how ${functionName} is set up`, error);
  }
}
