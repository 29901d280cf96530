import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { everyTokensPartitions, partitions, partitionsOf } from '../history/partitions.ts';
import { table } from '../history/table.ts';
import { allow } from './function.ts';
import { namesOf, type Settings } from './settings.ts';

export interface HistoryProps {
  /** @default an installation called `keyturn` */
  readonly settings?: Settings;
}

/**
 * The one table of an installation: receipts of what was written where, what happened, the health of tokens, and what people were told. It costs
 * by the request. Losing it loses no token, so it goes with its stack; AWS keeps what was in it for 35 days more.
 */
export class History extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { settings = {} }: HistoryProps = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName: namesOf(settings).table,
      partitionKey: { name: table.partition, type: AttributeType.STRING },
      sortKey: { name: table.key, type: AttributeType.STRING },
      timeToLiveAttribute: table.expiresAt,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.table.addLocalSecondaryIndex({
      indexName: table.newestIndex,
      sortKey: { name: table.at, type: AttributeType.NUMBER },
      projectionType: ProjectionType.ALL,
    });
  }

  /** What the function of a provider may do: everything with what begins with this provider, and look for pauses. */
  statementsFor(provider: string): readonly PolicyStatement[] {
    return [
      allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], this.resources, within([partitionsOf(provider)])),
      allow(['dynamodb:Query'], [this.table.tableArn], within([partitions.pauses])),
    ];
  }

  /** What the reconciler may do: see everything, and write what people are told. */
  statementsForReconciler(): readonly PolicyStatement[] {
    return [
      allow(['dynamodb:GetItem', 'dynamodb:Query'], this.resources),
      allow(['dynamodb:DeleteItem', 'dynamodb:PutItem'], [this.table.tableArn], within([partitions.alerts, partitions.digests])),
    ];
  }

  /** What the calendars may do: see when tokens expire. */
  statementsForCalendar(): readonly PolicyStatement[] {
    return [allow(['dynamodb:GetItem', 'dynamodb:Query'], this.resources)];
  }

  /** What the console may do: see everything, write down what people do and say, stop and go on, and keep who has signed in. */
  statementsForConsole(): readonly PolicyStatement[] {
    const written = [...everyTokensPartitions, partitions.alerts, partitions.pauses, partitions.sessions];
    return [
      allow(['dynamodb:GetItem', 'dynamodb:Query'], this.resources),
      allow(['dynamodb:PutItem'], [this.table.tableArn], within(written)),
      allow(['dynamodb:DeleteItem'], [this.table.tableArn], within([partitions.pauses, partitions.sessions])),
    ];
  }

  private get resources(): readonly string[] {
    return [this.table.tableArn, `${this.table.tableArn}/index/${table.newestIndex}`];
  }
}

/** Every key that a call names must be one of these, and it must name one. */
function within(keys: readonly string[]): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys }, Null: { 'dynamodb:LeadingKeys': 'false' } };
}
