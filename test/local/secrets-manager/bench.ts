import * as sdk from '@aws-sdk/client-secrets-manager';
import { afterAll } from 'vitest';
import { type Faults, type ObservedCall, openAwsEndpoint } from '../../../lib/local/aws-endpoint.ts';
import type { EventBridgeEvent, Report } from '../../../lib/local/secrets-manager/events.ts';
import { createRotationDriver, type RotationEvent } from '../../../lib/local/secrets-manager/rotation.ts';
import { secretsManagerService } from '../../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../../lib/local/secrets-manager/service.ts';
import type { Switches } from '../../../lib/local/secrets-manager/switches.ts';

import { seeded } from './seeded.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the SDK answers is looked at member by member
type Answered = any;

export const day = 86_400_000;
export const hour = 3_600_000;
export const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:rotator';

/** A clock that stands on Monday 5 January 2026, 10:00 UTC, moves a millisecond with each look, and further when told. */
export function movableClock(start = Date.UTC(2026, 0, 5, 10)) {
  let at = start;
  return {
    now: () => {
      at += 1;
      return at;
    },
    move: (milliseconds: number) => {
      at += milliseconds;
    },
    set: (moment: string) => {
      at = Date.parse(moment);
    },
  };
}

const commands = new Map<string, unknown>(Object.entries(sdk));

export type Bench = Awaited<ReturnType<typeof openBench>>;

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(opened.map((close) => close()));
});

/** The emulator behind a real endpoint, the real SDK in front, a clock to move, and a rotation function to script. */
export async function openBench(options: { switches?: Partial<Switches>; faults?: Faults } = {}) {
  const clock = movableClock();
  const reports: Report[] = [];
  const calls: ObservedCall[] = [];
  const invoked: RotationEvent[] = [];
  const secretsManager = createSecretsManager({
    clock,
    random: seeded(),
    switches: options.switches,
    functionExists: (arn) => arn === functionArn,
    onEvent: (report) => reports.push(report),
  });
  const endpoint = await openAwsEndpoint({
    services: { secretsmanager: secretsManagerService(secretsManager) },
    onCall: (call) => calls.push(call),
    faults: options.faults,
  });

  function clientFor(region: string, accessKeyId = 'anything') {
    const credentials = { accessKeyId, secretAccessKey: 'whatever' };
    const client = new sdk.SecretsManagerClient({ endpoint: endpoint.url, region, credentials, maxAttempts: 1 });
    return async (operation: string, input: object = {}): Promise<Answered> => {
      const Command = commands.get(`${operation}Command`) as new (input: object) => sdk.GetSecretValueCommand;
      const { $metadata, ...answer } = await client.send(new Command(input));
      return answer;
    };
  }

  const bench = {
    clock,
    secretsManager,
    url: endpoint.url,
    reports,
    calls,
    invoked,
    close: endpoint.close,
    clientFor,
    ask: clientFor('us-east-1'),
    events: (): EventBridgeEvent[] => reports.flatMap((report) => (report.kind === 'event' ? [report.event] : [])),
    /** Names of the service's own CloudTrail events, in order. */
    trail: () =>
      bench
        .events()
        .filter((event) => event['detail-type'] === 'AWS Service Event via CloudTrail')
        .map((event) => String(event.detail['eventName'])),

    /** What the rotation function does; throws to fail. At first, what a good one does. */
    rotate: undefined as unknown as (event: RotationEvent) => Promise<void> | void,
    async goodRotation({ Step, SecretId, ClientRequestToken }: RotationEvent) {
      const { VersionIdsToStages = {} } = await bench.ask('DescribeSecret', { SecretId });
      const labels: string[] | undefined = VersionIdsToStages[ClientRequestToken];
      if (!labels) throw new Error('the token has no label');
      if (labels.includes('AWSCURRENT')) return;
      if (!labels.includes('AWSPENDING')) throw new Error('the token is not pending');
      if (Step === 'createSecret') {
        const SecretString = `new-${ClientRequestToken}`;
        await bench.ask('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] });
      }
      if (Step === 'finishSecret') {
        const old = Object.entries<string[]>(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];
        const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: old };
        await bench.ask('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSCURRENT', ...move });
      }
    },
    driver: createRotationDriver(secretsManager, {
      async invoke(_, event) {
        invoked.push(event);
        await bench.rotate(event);
        return { ok: true };
      },
    }),

    /** A secret with the value `one`; answers its ARN and VersionId. */
    create: (name = 'a/token', more: object = {}): Promise<{ ARN: string; Name: string; VersionId: string }> =>
      bench.ask('CreateSecret', { Name: name, SecretString: 'one', ...more }),
    labels: async (secretId: string): Promise<Record<string, string[]>> =>
      (await bench.ask('DescribeSecret', { SecretId: secretId })).VersionIdsToStages,
    value: async (secretId: string, stage = 'AWSCURRENT'): Promise<string> =>
      (await bench.ask('GetSecretValue', { SecretId: secretId, VersionStage: stage })).SecretString,
    /** One plain HTTP request, as no SDK would send it. */
    async raw(operation: string, body: unknown, headers: Record<string, string> = {}) {
      const answer = await fetch(endpoint.url, {
        method: 'POST',
        headers: { 'x-amz-target': `secretsmanager.${operation}`, 'content-type': 'application/x-amz-json-1.1', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        type: answer.headers.get('content-type'),
        text,
        body: JSON.parse(text || '{}') as Answered,
      };
    },
  };
  bench.rotate = bench.goodRotation;
  opened.push(endpoint.close);
  return bench;
}

/** The error of a call that has to fail: code, message and HTTP status. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string; status: number }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as sdk.SecretsManagerServiceException;
    return { code: name, message, status: $metadata?.httpStatusCode ?? 0 };
  }
  throw new Error('The call was to be refused, and was not.');
}

export const token = (letter: string) => letter.repeat(32);

/** A rule of the protocol, as recorded, documented or reported; its id says where it belongs. */
export type Rule = {
  readonly id: string;
  readonly says: string;
  readonly switches?: Partial<Switches>;
  check(bench: Bench): Promise<void>;
};
