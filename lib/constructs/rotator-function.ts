import { Annotations, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { secretArnPattern } from '../catalog/secret-id.ts';
import { allow, KeyturnFunction } from './function.ts';
import type { History } from './history.ts';
import { jobsAtOnceOf, namesOf, type Settings } from './settings.ts';

export interface RotatorFunctionProps {
  /** The provider, by the name of its plug-in. */
  readonly provider: string;
  /** All tokens of this provider, and no others. */
  readonly entries: readonly CatalogEntry[];
  /** Where the bundled handlers are: {@link Prepared.codeFolder}. */
  readonly codeFolder: string;
  /** Where the compiled catalog of this provider is: {@link Prepared.catalogFolders}. */
  readonly catalogFolder: string;
  /** Where it tells what happened. */
  readonly bus: IEventBus;
  /** Where it keeps what it wrote where. */
  readonly history: History;
  /** Where jobs go that failed. */
  readonly failures: IQueue;
  /** @default an installation called `keyturn` in its own account, outside of any VPC */
  readonly settings?: Settings;
}

/**
 * The function that rotates the tokens of one provider, with a role that can do this and nothing else, the permission by which Secrets
 * Manager invokes it, for secrets of these accounts only, and a queue of jobs. It reaches no hosts but those that its compiled catalog names.
 */
export class RotatorFunction extends Construct {
  /** Without a version: Secrets Manager and every policy name it so. */
  readonly functionArn: string;
  readonly function: KeyturnFunction;
  /** What a schedule has to wait for, one for each account that secrets are in. */
  readonly permissions: readonly CfnPermission[];

  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const { provider, entries, bus, history, settings = {} } = props;
    const names = namesOf(settings);
    const name = names.rotator(provider);
    this.functionArn = rotatorArn(this, name);
    this.function = new KeyturnFunction(this, 'Rotator', {
      name,
      description: `Rotates the tokens of ${provider}.`,
      bundle: 'rotate',
      codeFolder: props.codeFolder,
      catalogFolder: props.catalogFolder,
      catalogVariable: 'KEYTURN_CATALOG_FILE',
      environment: {
        KEYTURN_BUS: bus.eventBusName,
        KEYTURN_INSTALLATION: names.prefix,
        KEYTURN_TABLE: history.table.tableName,
      },
      // One job may go through all four steps, each of which waits two minutes at most for what is not in effect yet.
      timeout: Duration.minutes(10),
      messagesAtOnce: jobsAtOnceOf(settings),
      reportsFailures: true,
      statements: [
        ...secretStatements(this, entries, this.functionArn),
        allow(['events:PutEvents'], [bus.eventBusArn]),
        ...history.statementsFor(provider),
        ...placeStatements(this, entries),
        ...keyStatements(this, settings),
      ],
      failures: props.failures,
      settings,
    });
    this.permissions = accountsOf(this, entries).map(
      (account, index) =>
        new CfnPermission(this, index === 0 ? 'Permission' : `Permission${account}`, {
          action: 'lambda:InvokeFunction',
          functionName: this.function.lambda.functionArn,
          principal: 'secretsmanager.amazonaws.com',
          // Without it, a secret of any account in the world could be pointed at this function.
          sourceAccount: account,
        }),
    );
    const outside = entries.flatMap(({ token }) => token.dependents.flatMap(({ via }) => (via === undefined ? [] : [via])));
    if (outside.length > 0)
      new CfnOutput(this, 'RoleArn', {
        value: this.function.role.roleArn,
        description: `Whom the roles that the catalog names as \`via\` must trust for ${provider}.`,
      });
  }
}

/** A function's ARN from its name: a reference to it would make stacks, and policies of its role, wait for each other. */
export function rotatorArn(scope: Construct, name: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:lambda:${region}:${account}:function:${name}`;
}

/** The same of a queue, which has the name of its function. */
export function queueArn(scope: Construct, name: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:sqs:${region}:${account}:${name}`;
}

/** The ARN of a secret that is called by its name or by its ARN. */
export function secretResource(scope: Construct, id: string): string {
  const { partition, region, account } = Stack.of(scope);
  return secretArnPattern.test(id) ? id : `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}-??????`;
}

/** The accounts of the secrets, the own one first. */
export function accountsOf(scope: Construct, entries: readonly CatalogEntry[]): readonly string[] {
  const { account: own } = Stack.of(scope);
  const accounts = entries.map(({ token: { secret } }) => (secretArnPattern.test(secret) ? (secret.split(':')[4] ?? own) : own));
  return [...new Set([own, ...accounts.sort()])];
}

const reading = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
const writing = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

function secretStatements(scope: Construct, entries: readonly CatalogEntry[], functionArn: string): readonly PolicyStatement[] {
  const { partition, region } = Stack.of(scope);
  const named = (which: (entry: CatalogEntry) => boolean) =>
    entries.filter(which).map(({ token }) => secretResource(scope, token.secret));
  const watched = named(({ token }) => token.mode === 'observe' || token.rotation === 'external');
  const assisted = named(({ token, needs }) => token.mode !== 'observe' && token.rotation !== 'external' && needs.isAssisted);
  const authorities = entries.flatMap(({ token }) =>
    [token.authority, ...token.dependents.map(({ authority }) => authority)].flatMap((id) =>
      id === undefined ? [] : [secretResource(scope, id)],
    ),
  );
  return [
    // One statement for any number of secrets: it holds for those that name this function as their rotation function.
    allow(
      [...reading, ...writing, 'secretsmanager:RotateSecret'],
      accountsOf(scope, entries).map((account) => `arn:${partition}:secretsmanager:${region}:${account}:secret:*`),
      { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': functionArn } },
    ),
    // Who asks for a rotation must be allowed to invoke what does it. A new, empty secret is begun so.
    allow(['lambda:InvokeFunction'], [functionArn]),
    // Those that have no rotation function are named one by one.
    ...(watched.length === 0 ? [] : [allow(reading, watched)]),
    ...(assisted.length === 0
      ? []
      : [
          allow([...reading, ...writing], assisted),
          // The first submission tells Secrets Manager of this function, and of no other.
          allow(['secretsmanager:RotateSecret'], assisted, { StringEquals: { 'secretsmanager:RotationLambdaARN': functionArn } }),
        ]),
    ...(authorities.length === 0 ? [] : [allow(['secretsmanager:GetSecretValue'], authorities)]),
  ];
}

/** Places on AWS: through the roles that the catalog names, or by what the facts of their plug-ins say. */
function placeStatements(scope: Construct, entries: readonly CatalogEntry[]): readonly PolicyStatement[] {
  const { partition, region, account } = Stack.of(scope);
  const filled = (resource: string) =>
    resource.replaceAll('{partition}', partition).replaceAll('{region}', region).replaceAll('{account}', account);
  const roles = entries.flatMap(({ token }) => token.dependents.flatMap(({ via }) => (via === undefined ? [] : [via])));
  const byActions = new Map<string, string[]>();
  for (const { actions, resources } of entries.flatMap(({ needs }) => needs.aws)) {
    if (resources.length === 0) {
      Annotations.of(scope).addError(
        'A plug-in names AWS actions and not on what: give its facts `awsResources`, or the dependent a `via`.',
      );
      continue;
    }
    const key = [...actions].sort().join();
    byActions.set(key, [...(byActions.get(key) ?? []), ...resources.map(filled)]);
  }
  return [
    ...(roles.length === 0 ? [] : [allow(['sts:AssumeRole'], roles)]),
    ...[...byActions].map(([actions, resources]) => allow(actions.split(','), resources)),
  ];
}

/**
 * Keys, for the secrets of this region only and only on behalf of Secrets Manager, which lets the function at those above and no others.
 * One pattern and not a list, because a list would grow with the tokens past what a policy may hold.
 */
export function keyStatements(
  scope: Construct,
  { keyArn, otherKeyArns = [] }: Settings,
  actions: readonly string[] = ['kms:Decrypt', 'kms:GenerateDataKey'],
): readonly PolicyStatement[] {
  const keys = [...(keyArn === undefined ? [] : [keyArn]), ...otherKeyArns];
  if (keys.length === 0) return [];
  const { partition, region, urlSuffix } = Stack.of(scope);
  return [
    allow(actions, keys, {
      StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
      StringLike: { 'kms:EncryptionContext:SecretARN': `arn:${partition}:secretsmanager:${region}:*:secret:*` },
    }),
  ];
}
