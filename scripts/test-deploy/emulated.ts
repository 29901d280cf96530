import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createMovableClock } from '../../lib/local/clock.ts';
import { makeFolder } from '../../lib/local/files.ts';
import { facts as sendgrid } from '../../rotators/sendgrid/facts.ts';
import { fitAssembly } from './assembly.ts';
import { createCdk } from './cdk.ts';
import type { Cleanup } from './cleanup.ts';
import type { Emulator } from './emulator.ts';
import { openFront } from './front.ts';
import { unknownTypesOf } from './known-types.ts';
import { createLedger } from './ledger.ts';
import type { Place } from './place.ts';
import { servedTypesPath } from './routing.ts';
import { openOwnSecretsManager } from './secrets-manager.ts';
import { serveType } from './served-types.ts';
import { serveStandIns } from './stand-ins.ts';
import { toolkit } from './toolkit.ts';

const account = '000000000000';
const region = 'us-east-1';

/** An emulator that runs functions on this machine, behind a front that sends Secrets Manager's calls to our own. */
export async function openEmulated(options: {
  readonly root: string;
  readonly folder: string;
  readonly emulator: Pick<Emulator, 'url' | 'name'> & Partial<Emulator>;
  /** It was there before, and will be. */
  readonly outlives: boolean;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}): Promise<Place> {
  const { root, folder, emulator, cleanup, signal } = options;
  const stateFolder = join(folder, 'state');
  makeFolder(stateFolder);
  // The functions of the build for loopback look at the same file, so that everybody has one time.
  const clock = createMovableClock(stateFolder);
  const ledger = createLedger();
  const standIns = await serveStandIns(clock, cleanup);
  const own = await openOwnSecretsManager({ clock, account, region });
  cleanup.add('closing our Secrets Manager', own.close);
  const front = await openFront({
    emulatorUrl: emulator.url,
    secretsManagerUrl: own.url,
    serveType: (event) => serveType(event, secretsManager),
    ledger,
  });
  cleanup.add('closing the front', front.close);

  const credentials = { accessKeyId: account, secretAccessKey: 'emulated' };
  const configuration = { region, endpoint: front.url, credentials };
  const secretsManager = new SecretsManager(configuration);
  const lambda = new LambdaClient(configuration);
  const s3 = new S3Client({ ...configuration, forcePathStyle: true });
  const cloudFormation = new CloudFormationClient(configuration);
  const dynamoDb = new DynamoDBClient(configuration);
  const sns = new SNSClient(configuration);
  const sqs = new SQSClient(configuration);
  own.begin(lambda);
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TMPDIR: folder,
    AWS_ENDPOINT_URL: front.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // Whatever this machine knows of real accounts stays out of it.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
  };

  return {
    name: `${emulator.name} on this machine, with our own Secrets Manager`,
    environment,
    clients: { cloudFormation, dynamoDb, lambda, s3, secretsManager, sns, sqs, account, region },
    isLocal: true,
    differences: [
      'the providers are stand-ins on 127.0.0.1',
      'the functions are built for 127.0.0.1: their endpoint, and a clock that this script moves',
      'nothing in the table of the history ends: the emulator drops its TimeToLiveSpecification',
      ...(options.outlives
        ? []
        : ['a file loaded into each function lets it read its layer at /opt, where the emulator puts none']),
    ],
    outlives: options.outlives,
    cdk: createCdk({
      root,
      environment,
      account,
      region,
      ...toolkit,
      signal,
    }),
    context: {
      'keyturn:localEndpoint': front.url,
      'keyturn:localHosts': JSON.stringify({ [new URL(sendgrid.api).host]: standIns.mail.url }),
      'keyturn:localStateFolder': stateFolder,
    },
    providers: async () => standIns,
    fit: (assemblyFolder) =>
      fitAssembly(assemblyFolder, (template) => unknownTypesOf(cloudFormation, template), `${front.url}${servedTypesPath}`),
    async endOverlap(_secretArn, _versionId, overlapHours) {
      clock.move((overlapHours + 2) * 3_600_000);
      return `the clock of the functions, the providers and Secrets Manager is moved ${overlapHours + 2} hours on`;
    },
    settled: own.idle,
    hurry: () => clock.move(5000),
    pass: (minutes) => clock.move(minutes * 60_000),
    steps: own.steps,
    callsOf: (operation) => ledger.calls('secrets-manager', operation),
    traffic: ledger.lines,
    log: () => emulator.log?.(),
  };
}
