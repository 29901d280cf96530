import { DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, type LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { table } from '../../lib/history/table.ts';

// What is there, asked from outside through the real SDK.

/** Every function whose name begins so: all that can change about it by a deployment, as one text. */
export async function functionsNow(lambda: LambdaClient, namePrefix: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let marker: string | undefined;
  do {
    const answer = await lambda.send(new ListFunctionsCommand({ ...(marker === undefined ? {} : { Marker: marker }) }));
    for (const {
      FunctionName: name = '',
      CodeSha256,
      Layers = [],
      Environment,
      Timeout,
      MemorySize,
      Handler,
      Role,
    } of answer.Functions ?? []) {
      if (!name.startsWith(namePrefix)) continue;
      const layers = Layers.map(({ Arn }) => Arn);
      found.set(
        name,
        JSON.stringify({ CodeSha256, layers, environment: Environment?.Variables, Timeout, MemorySize, Handler, Role }),
      );
    }
    marker = answer.NextMarker;
  } while (marker !== undefined);
  return found;
}

/** The names that are not the same in both. */
export function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Runs a function to its end. Throws where the function does. */
export async function invoke(lambda: LambdaClient, functionName: string, event: object): Promise<unknown> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }));
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  const payload: unknown = text === '' ? undefined : JSON.parse(text);
  if (answer.FunctionError === undefined) return payload;
  throw new Error(
    `${functionName} failed: ${(payload as { errorMessage?: string } | undefined)?.errorMessage ?? answer.FunctionError}`,
  );
}

export interface SecretNow {
  readonly arn: string;
  readonly rotationEnabled: boolean;
  readonly rotationFunctionArn: string | undefined;
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

export async function describe(secretsManager: SecretsManagerClient, secretId: string): Promise<SecretNow> {
  const answer = await secretsManager.send(new DescribeSecretCommand({ SecretId: secretId }));
  return {
    arn: answer.ARN ?? '',
    rotationEnabled: answer.RotationEnabled === true,
    rotationFunctionArn: answer.RotationLambdaARN,
    versions: answer.VersionIdsToStages ?? {},
  };
}

export function holderOf({ versions }: SecretNow, label: string): string | undefined {
  return Object.keys(versions).find((versionId) => versions[versionId]?.includes(label));
}

/** The stored text, or one field of it; undefined where there is none. */
export async function storedValue(
  secretsManager: SecretsManagerClient,
  secretId: string,
  field?: string,
  label = 'AWSCURRENT',
): Promise<string | undefined> {
  try {
    const { SecretString: text = '' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionStage: label }),
    );
    return field === undefined ? text : (JSON.parse(text) as Record<string, string>)[field];
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** The name of a table's attribute that ends its items; undefined where there is no such table. */
export async function expiryOf(dynamoDb: DynamoDBClient, TableName: string): Promise<string | undefined> {
  try {
    await dynamoDb.send(new DescribeTableCommand({ TableName }));
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
  const { TimeToLiveDescription: found } = await dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }));
  return found?.AttributeName ?? 'none';
}

/** What is written down under one partition of a table. */
export async function writtenDown(
  dynamoDb: DynamoDBClient,
  TableName: string,
  partition: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { Items = [] } = await dynamoDb.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': table.partition },
      ExpressionAttributeValues: { ':partition': { S: partition } },
    }),
  );
  return Items.map(({ [table.content]: content }) => JSON.parse(content?.S ?? 'null') as Record<string, unknown>);
}
