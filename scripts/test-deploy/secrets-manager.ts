import { GetPolicyCommand, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { createRotationDriver, type RotationEvent } from '../../lib/local/secrets-manager/rotation.ts';
import { secretsManagerService, secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';

/** A step of a rotation as Secrets Manager asked it of a deployed function. */
export interface StepSeen {
  readonly step: RotationEvent['Step'];
  readonly secretArn: string;
  readonly versionId: string;
  readonly functionArn: string;
  readonly ok: boolean;
}

export interface OwnSecretsManager {
  readonly url: string;
  readonly steps: readonly StepSeen[];
  /** From now on it rotates, through the functions that this client reaches. */
  begin(lambda: LambdaClient): void;
  /** Resolves when no rotation is going on. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Our own Secrets Manager on 127.0.0.1, in memory, whose rotation functions are those that were deployed. As AWS does, it refuses a rotation
 * whose function it may not invoke, which it reads from the function's own policy.
 */
export async function openOwnSecretsManager(options: {
  readonly clock: { now(): number };
  readonly account: string;
  readonly region: string;
}): Promise<OwnSecretsManager> {
  const { clock, account, region } = options;
  const steps: StepSeen[] = [];
  const invocable = new Set<string>();
  let lambda: LambdaClient | undefined;

  const secretsManager = createSecretsManager({
    clock,
    random: secureRandom,
    accountId: account,
    region,
    functionExists: (functionArn) => invocable.has(functionArn),
  });
  const driver = createRotationDriver(secretsManager, {
    async invoke(functionArn, event) {
      const failure = lambda === undefined ? 'nothing is deployed yet' : await invoke(lambda, functionArn, event);
      const { Step: step, SecretId: secretArn, ClientRequestToken: versionId } = event;
      steps.push({ step, secretArn, versionId, functionArn, ok: failure === undefined });
      return failure === undefined ? { ok: true } : { ok: false, errorMessage: failure };
    },
  });
  const service = secretsManagerService(secretsManager);
  const endpoint = await openAwsEndpoint({
    services: {
      secretsmanager: {
        ...service,
        async handle(operation, input, info) {
          if (operation === 'RotateSecret' && lambda !== undefined) {
            const { RotationLambdaARN: functionArn } = input as { RotationLambdaARN?: unknown };
            if (typeof functionArn === 'string' && (await mayInvoke(lambda, functionArn, account))) invocable.add(functionArn);
          }
          return service.handle(operation, input, info);
        },
      },
    },
  });
  return {
    url: endpoint.url,
    steps,
    begin(client) {
      lambda = client;
      driver.start(200);
    },
    idle: () => driver.idle(),
    async close() {
      driver.stop();
      await endpoint.close();
    },
  };
}

/** Undefined where the step succeeded. What the function says is one of its own sentences, which hold no value. */
async function invoke(lambda: LambdaClient, functionArn: string, event: RotationEvent): Promise<string | undefined> {
  try {
    const answer = await lambda.send(new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) }));
    if (answer.FunctionError === undefined) return undefined;
    const text = Buffer.from(answer.Payload ?? []).toString('utf8');
    return (JSON.parse(text) as { errorMessage?: string }).errorMessage ?? answer.FunctionError;
  } catch (error) {
    return error instanceof Error ? error.name : 'it failed';
  }
}

/** Whether the function's policy lets Secrets Manager invoke it for this account. */
async function mayInvoke(lambda: LambdaClient, functionArn: string, account: string): Promise<boolean> {
  return (await policyStatements(lambda, functionArn)).some((statement) => {
    if (statement.Effect !== 'Allow' || statement.Principal?.Service !== 'secretsmanager.amazonaws.com') return false;
    const wanted = sourceAccount(statement);
    return wanted === undefined || wanted === account;
  });
}

export interface PolicyStatement {
  readonly Effect?: string;
  readonly Principal?: { readonly Service?: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export async function policyStatements(lambda: LambdaClient, functionName: string): Promise<readonly PolicyStatement[]> {
  try {
    const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName: functionName }));
    return (JSON.parse(Policy ?? '{}') as { Statement?: readonly PolicyStatement[] }).Statement ?? [];
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return [];
    throw error;
  }
}

export function sourceAccount({ Condition = {} }: PolicyStatement): string | undefined {
  for (const [key, value] of Object.values(Condition).flatMap((each) => Object.entries(each))) {
    if (key.toLowerCase() === 'aws:sourceaccount') return value;
  }
  return undefined;
}
