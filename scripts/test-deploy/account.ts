import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { compromised } from '../../lib/engine/labels.ts';
import { createCdk } from './cdk.ts';
import type { Place } from './place.ts';
import { inherited, Missing } from './processes.ts';
import { providerStack, toolkit } from './toolkit.ts';

const providerApp = 'node --import tsx scripts/test-deploy/provider-app.ts';

/** An account of AWS, with the credentials that are set up in this shell. The registry becomes a function of that account. */
export async function openAccount(options: {
  readonly root: string;
  readonly folder: string;
  readonly account: string;
  readonly region: string | undefined;
  readonly signal: AbortSignal;
}): Promise<Place> {
  const { root, folder, account, signal } = options;
  const region = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  if (region === undefined) throw new Missing('No region is given: name one with --region, or in AWS_REGION.');
  const endpoints = Object.keys(process.env).filter((name) => name.startsWith('AWS_ENDPOINT_URL'));
  if (endpoints.length > 0) throw new Missing(`${endpoints.join(', ')} is set, so this would not be the account: unset it.`);
  await assertAccount(account, region);

  const configuration = { region };
  const clients = {
    cloudFormation: new CloudFormationClient(configuration),
    dynamoDb: new DynamoDBClient(configuration),
    lambda: new LambdaClient(configuration),
    s3: new S3Client(configuration),
    secretsManager: new SecretsManagerClient(configuration),
    sns: new SNSClient(configuration),
    sqs: new SQSClient(configuration),
    account,
    region,
  };
  const environment = {
    ...inherited(),
    TMPDIR: folder,
    AWS_REGION: region,
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
  };
  const cdk = createCdk({ root, environment, account, region, ...toolkit, signal });
  return {
    name: `the account ${account} in ${region}`,
    cdk,
    clients,
    environment,
    isLocal: false,
    outlives: true,
    differences: [
      'the registry is a stand-in, as a function of the account',
      'the overlap was ended by a label, and not by waiting',
    ],
    context: {},
    async providers() {
      const assembly = join(folder, 'assembly-provider');
      await cdk.synth(assembly, {}, providerApp);
      await cdk.deploy(assembly);
      const { Stacks: [stack] = [] } = await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: providerStack }));
      const url = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'Url')?.OutputValue;
      if (url === undefined) throw new Error(`the stack ${providerStack} tells no address`);
      // What the registry's stand-in is made with: it guards nothing.
      return { registry: { url: url.replace(/\/$/, ''), user: 'ci-bot', password: 'canary-npm-password' }, mail: undefined };
    },
    fit: async () => ({ served: {}, stripped: {} }),
    async endOverlap(secretArn, versionId) {
      const move = { SecretId: secretArn, VersionStage: compromised, MoveToVersionId: versionId };
      await clients.secretsManager.send(new UpdateSecretVersionStageCommand(move));
      return `the replaced version gets the label ${compromised}, which ends its overlap at once: the clock of an account stands`;
    },
    // AWS's test runs are over within seconds, and nothing tells when.
    settled: () => setTimeout(15_000),
    hurry: () => {},
    pass: undefined,
    steps: undefined,
    callsOf: () => undefined,
    traffic: () => [],
    log: () => undefined,
  };
}

/** Throws unless the credentials are those of this very account. */
async function assertAccount(account: string, region: string): Promise<void> {
  let own: string | undefined;
  try {
    ({ Account: own } = await new STSClient({ region }).send(new GetCallerIdentityCommand({})));
  } catch (error) {
    throw new Missing(
      `AWS takes no credentials of this shell (${error instanceof Error ? error.name : 'no answer'}): sign in to the account ${account} first.`,
    );
  }
  if (own !== account) throw new Missing(`The credentials of this shell are for the account ${own}, and not for ${account}.`);
}
