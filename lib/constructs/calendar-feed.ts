import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { acknowledge } from './acknowledge.ts';
import { allow, KeyturnFunction } from './function.ts';
import type { History } from './history.ts';
import { describing } from './reconciler.ts';
import { keyStatements, rotatorArn } from './rotator-function.ts';
import { namesOf, type Settings } from './settings.ts';

export interface CalendarFeedProps {
  /** Every token of the catalog. */
  readonly entries: readonly CatalogEntry[];
  /** Where the bundled handlers are: {@link Prepared.codeFolder}. */
  readonly codeFolder: string;
  /** Where the compiled index is: {@link Prepared.indexFolder}. */
  readonly indexFolder: string;
  /** Where it sees when tokens expire. */
  readonly history: History;
  /** Where invocations go that failed. */
  readonly failures: IQueue;
  /** @default an installation called `keyturn` in its own account, outside of any VPC */
  readonly settings?: Settings;
}

/**
 * The calendars of people and teams at an address of their own, which calendar programs fetch by themselves. They know no sign-in, so the address
 * is public and the signature in it is what lets somebody in: made with a key that only this function and the operators read. Its role reads that
 * key, dates and labels, and no other value.
 */
export class CalendarFeed extends Construct {
  readonly function: KeyturnFunction;
  /** Where addresses begin. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: CalendarFeedProps) {
    super(scope, id);
    const { entries, history, settings = {} } = props;
    const names = namesOf(settings);
    // Without a name of its own: AWS keeps that of a deleted secret for days, and the next deployment could not have it.
    const key = new Secret(this, 'Key', {
      description: 'Signs the addresses of calendars. With a new value every address is worth nothing.',
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(key, {
      'AwsSolutions-SMG4': 'A new key would take everybody their calendar: it is changed by hand when an address got about.',
    });
    const providers = [...new Set(entries.map(({ token }) => token.provider))].sort();
    this.function = new KeyturnFunction(this, 'Calendar', {
      name: names.calendar,
      description: 'Answers the calendars of people and teams.',
      bundle: 'calendar',
      codeFolder: props.codeFolder,
      catalogFolder: props.indexFolder,
      catalogVariable: 'KEYTURN_INDEX_FILE',
      environment: { KEYTURN_CALENDAR_KEY: key.secretArn, KEYTURN_TABLE: history.table.tableName },
      timeout: Duration.seconds(30),
      statements: [
        allow(['secretsmanager:GetSecretValue'], [key.secretArn]),
        ...describing(
          this,
          entries,
          providers.map((provider) => rotatorArn(this, names.rotator(provider))),
        ),
        ...keyStatements(this, settings, ['kms:Decrypt']),
        ...history.statementsForCalendar(),
      ],
      failures: props.failures,
      settings,
    });
    this.url = this.function.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
    new CfnOutput(this, 'Url', { value: this.url, description: 'Where the addresses of calendars begin.' });
    new CfnOutput(this, 'KeyArn', {
      value: key.secretArn,
      description: 'With a new value every address of a calendar is worth nothing.',
    });
  }
}
