import { Duration, Stack } from 'aws-cdk-lib';
import { type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type CatalogEntry, isScheduled } from '../catalog/catalog.ts';
import { sweepMinutes } from '../engine/plan.ts';
import { allow, KeyturnFunction } from './function.ts';
import type { History } from './history.ts';
import { accountsOf, queueArn, rotatorArn, secretResource } from './rotator-function.ts';
import { namesOf, type Settings } from './settings.ts';

export interface ReconcilerProps {
  /** Every token of the catalog. */
  readonly entries: readonly CatalogEntry[];
  /** Where the bundled handlers are: {@link Prepared.codeFolder}. */
  readonly codeFolder: string;
  /** Where the compiled index is: {@link Prepared.indexFolder}. */
  readonly indexFolder: string;
  /** Where it sees how tokens are, and keeps what people were told. */
  readonly history: History;
  /** Where sweeps go that failed. */
  readonly failures: IQueue;
  /** Where it tells what it found. */
  readonly bus: IEventBus;
  /** Whose addresses it looks at: one that never confirmed is a trouble of its own. */
  readonly people: ITopic;
  /** @default an installation called `keyturn` in its own account, outside of any VPC */
  readonly settings?: Settings;
}

/**
 * Looks at every secret's labels each quarter of an hour, and at one as soon as its current value changed, and asks the rotators by their
 * queues for what is due. What it does not reach in time it hands on to itself. It only plans: its role reads no value, and writes nothing but
 * what people were told.
 */
export class Reconciler extends Construct {
  readonly function: KeyturnFunction;

  constructor(scope: Construct, id: string, props: ReconcilerProps) {
    super(scope, id);
    const { entries, history, bus, people, settings = {} } = props;
    const names = namesOf(settings);
    const providers = [...new Set(entries.map(({ token }) => token.provider))].sort();
    const rotators = providers.map((provider) => names.rotator(provider));
    const { account, region, urlSuffix } = Stack.of(this);
    this.function = new KeyturnFunction(this, 'Reconciler', {
      name: names.reconciler,
      description: 'Finds what is due for each token, and asks the rotators for it.',
      bundle: 'reconcile',
      codeFolder: props.codeFolder,
      catalogFolder: props.indexFolder,
      catalogVariable: 'KEYTURN_INDEX_FILE',
      environment: {
        KEYTURN_QUEUE_PREFIX: `https://sqs.${region}.${urlSuffix}/${account}/${names.prefix}-`,
        KEYTURN_INSTALLATION: names.prefix,
        KEYTURN_BUS: bus.eventBusName,
        KEYTURN_PEOPLE_TOPIC: people.topicArn,
        KEYTURN_TABLE: history.table.tableName,
      },
      timeout: Duration.minutes(5),
      retries: 1,
      // Nothing hands on more than one rest of a sweep, and Lambda takes no fewer.
      messagesAtOnce: 2,
      statements: [
        ...describing(
          this,
          entries,
          rotators.map((name) => rotatorArn(this, name)),
        ),
        allow(
          ['sqs:SendMessage'],
          [names.reconciler, ...rotators].map((name) => queueArn(this, name)),
        ),
        allow(['secretsmanager:ListSecrets'], ['*']), // it knows no resources
        allow(['events:PutEvents'], [bus.eventBusArn]),
        allow(['sns:ListSubscriptionsByTopic'], [people.topicArn]),
        ...history.statementsForReconciler(),
      ],
      failures: props.failures,
      settings,
    });
    const target = new LambdaFunction(this.function.lambda, { retryAttempts: 2, maxEventAge: Duration.minutes(sweepMinutes) });
    new Rule(this, 'Sweep', {
      description: 'Keyturn looks at all tokens.',
      schedule: Schedule.rate(Duration.minutes(sweepMinutes)),
      targets: [target],
    });
    // An event may come late, twice or never: then the next sweep sees the same.
    new Rule(this, 'Changed', {
      description: 'Keyturn looks at a token whose current value changed.',
      eventPattern: {
        source: ['aws.secretsmanager'],
        detailType: ['Secret Label Updated'],
        detail: { labelUpdated: ['AWSCURRENT'] },
      },
      targets: [target],
    });
  }
}

/** As many as can be named one by one. */
const mostNamed = 60;

/**
 * Labels and dates of the catalog's secrets, never a value: those that name one of our functions by one statement, the others by name. Too
 * many to be named are looked at by one pattern, because what DescribeSecret tells is no secret.
 */
export function describing(
  scope: Construct,
  entries: readonly CatalogEntry[],
  functionArns: readonly string[],
): readonly PolicyStatement[] {
  if (entries.length === 0) return [];
  const { partition, region } = Stack.of(scope);
  const all = accountsOf(scope, entries).map((account) => `arn:${partition}:secretsmanager:${region}:${account}:secret:*`);
  const action = ['secretsmanager:DescribeSecret'];
  const unscheduled = entries.filter((entry) => !isScheduled(entry));
  if (unscheduled.length > mostNamed) return [allow(action, all)];
  const named = unscheduled.map(({ token }) => secretResource(scope, token.secret));
  return [
    allow(action, all, { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': functionArns } }),
    ...(named.length === 0 ? [] : [allow(action, named)]),
  ];
}
