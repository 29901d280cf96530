import { GetFunctionUrlConfigCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { sortAwsError } from './errors.ts';

/** Where a function answers to HTTP; undefined where it does not, or where there is no such function. */
export async function addressOfFunction(client: Pick<LambdaClient, 'send'>, functionName: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetFunctionUrlConfigCommand({ FunctionName: functionName }))).FunctionUrl;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw sortAwsError('keyturn', `GetFunctionUrlConfig of ${functionName}`, error);
  }
}
