import { Duration } from 'aws-cdk-lib';
import { type IRuleTarget, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { eventSchemas } from '../alerts/events.ts';
import { eventSource } from '../aws/event-bridge.ts';
import type { Directory } from '../catalog/compiled.ts';
import { allow, KeyturnFunction } from './function.ts';
import type { Notifications } from './notifications.ts';
import { keyStatements, secretResource } from './rotator-function.ts';
import { namesOf, type Settings } from './settings.ts';

export interface TellerProps {
  /** Whom a message can go to, and by which ways. */
  readonly directory: Directory;
  /** Where the bundled handlers are: {@link Prepared.codeFolder}. */
  readonly codeFolder: string;
  /** Where the same directory lies: {@link Prepared.directoryFolder}. */
  readonly directoryFolder: string;
  /** The bus that it listens to, the topics that it writes to, and the queue for what reached nobody. */
  readonly notifications: Notifications;
  /** Where the console is, so that messages lead there. @default messages name the command */
  readonly consoleUrl?: string;
  /** @default an installation called `keyturn`, outside of any VPC */
  readonly settings?: Settings;
}

/**
 * The function that tells people: by e-mail, Slack and signed webhooks. It knows who is called what and nothing of the tokens; its role publishes
 * to two topics and reads the secrets of its own ways, and no other.
 */
export class Teller extends Construct {
  readonly function: KeyturnFunction;

  constructor(scope: Construct, id: string, props: TellerProps) {
    super(scope, id);
    const { directory, notifications, consoleUrl, settings = {} } = props;
    const { bus, failures, operators, people } = notifications;
    const ways = waysOf(directory);
    this.function = new KeyturnFunction(this, 'Teller', {
      name: namesOf(settings).notify,
      description: 'Tells people what Keyturn needs them for.',
      bundle: 'notify',
      codeFolder: props.codeFolder,
      catalogFolder: props.directoryFolder,
      catalogVariable: 'KEYTURN_DIRECTORY_FILE',
      environment: {
        KEYTURN_PEOPLE_TOPIC: people.topicArn,
        KEYTURN_OPERATORS_TOPIC: operators.topicArn,
        ...(consoleUrl === undefined ? {} : { KEYTURN_RUNBOOK_URL: `${consoleUrl}/tokens/{token}` }),
      },
      timeout: Duration.minutes(5),
      // It tries each way several times by itself; once more from the start would tell those again who have heard.
      retries: 0,
      statements: [
        allow(['sns:Publish'], [people.topicArn, operators.topicArn]),
        allow(['sns:Subscribe', 'sns:ListSubscriptionsByTopic'], [people.topicArn]),
        ...(ways.length === 0
          ? []
          : [
              allow(
                ['secretsmanager:GetSecretValue'],
                ways.map((way) => secretResource(this, way)),
              ),
            ]),
        ...(ways.length === 0 ? [] : keyStatements(this, settings, ['kms:Decrypt'])),
      ],
      failures,
      settings,
    });
    const lambda = new LambdaFunction(this.function.lambda);
    const target: IRuleTarget = {
      // CDK's own way would add a statement a rule to the policy of the queue.
      bind: (rule, targetId) => ({ ...lambda.bind(rule, targetId), deadLetterConfig: { arn: failures.queueArn } }),
    };
    const hasWebhook = Object.values(directory.teams).some(({ webhook }) => webhook !== undefined);
    new Rule(this, 'Told', {
      description: 'Keyturn has something to tell.',
      eventBus: bus,
      eventPattern: {
        source: [eventSource],
        detailType: Object.keys(eventSchemas).filter((type) => hasWebhook || /^(alert\.|digest$)/.test(type)),
      },
      targets: [target],
    });
    new Rule(this, 'Addresses', {
      description: 'Keyturn invites addresses that it does not know yet.',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [target],
    });
  }
}

/** The secrets of the teams' channels and webhooks, each once. */
function waysOf({ teams }: Directory): readonly string[] {
  const ways = Object.values(teams).flatMap(({ slack, webhook }) => [slack, webhook?.secret]);
  return [...new Set(ways.filter((way) => way !== undefined))];
}
