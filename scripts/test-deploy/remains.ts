import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { installation, mailbox, secretNames } from './catalog.ts';
import { isQueue, removeQueue } from './queues.ts';
import { providerStack, toolkit } from './toolkit.ts';

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamoDb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly secretsManager: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly account: string;
  readonly region: string;
}

/** For whoever finds something of a run that could not end. */
export const howToRemove =
  'Run the same command with --clean-up: it removes what is called by the names of this test, and nothing else.';

/** In the order in which they can be removed: the bootstrap stack's role is what removes the others. */
const stacks = [installation, providerStack, toolkit.toolkitStack];

/** Whatever of this test is there: of this run, or of one that was killed. */
export async function remainsOf(clients: Clients): Promise<readonly string[]> {
  const { cloudFormation, s3, secretsManager, sqs } = clients;
  const found: string[] = [];
  for (const stack of stacks) if (await isStack(cloudFormation, stack)) found.push(`stack ${stack}`);
  for (const secret of secretNames) if (await isSecret(secretsManager, secret)) found.push(`secret ${secret}`);
  if (await isQueue(sqs, mailbox)) found.push(`queue ${mailbox}`);
  if (await isBucket(s3, bucketOf(clients))) found.push(`bucket ${bucketOf(clients)}`);
  return found;
}

/** Removes all that a deployment and its secrets have left, as far as it is there, and nothing else. */
export async function removeRemains(clients: Clients): Promise<void> {
  const { cloudFormation, s3, secretsManager, sqs } = clients;
  for (const stack of stacks) if (await isStack(cloudFormation, stack)) await removeStack(cloudFormation, stack);
  for (const secret of secretNames) {
    if (!(await isSecret(secretsManager, secret))) continue;
    await secretsManager.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }));
  }
  if (await isQueue(sqs, mailbox)) await removeQueue(sqs, mailbox);
  // The bootstrap stack leaves its bucket behind, and with it every template and bundle.
  if (await isBucket(s3, bucketOf(clients))) await removeBucket(s3, bucketOf(clients));
}

function bucketOf({ account, region }: Clients): string {
  return `cdk-${toolkit.qualifier}-assets-${account}-${region}`;
}

async function isStack(cloudFormation: CloudFormationClient, StackName: string): Promise<boolean> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return Stacks.some(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return false;
    throw error;
  }
}

async function removeStack(cloudFormation: CloudFormationClient, StackName: string): Promise<void> {
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  await waitUntilStackDeleteComplete({ client: cloudFormation, maxWaitTime: 900, minDelay: 1, maxDelay: 10 }, { StackName });
}

async function isSecret(secretsManager: SecretsManagerClient, SecretId: string): Promise<boolean> {
  try {
    const { DeletedDate } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
    return DeletedDate === undefined;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

async function isBucket(s3: S3Client, Bucket: string): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) break;
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    if (Errors.length > 0) throw new Error(`${Errors.length} objects of ${Bucket} could not be removed (${Errors[0]?.Code})`);
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
