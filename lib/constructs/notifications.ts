import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus, EventField, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { eventSource } from '../aws/event-bridge.ts';
import type { Team } from '../catalog/catalog.ts';
import type { Happening } from '../engine/ports.ts';
import { acknowledge } from './acknowledge.ts';
import { namesOf, type Settings } from './settings.ts';

export interface NotificationsProps {
  /** By id: each gets a topic with its e-mail address. */
  readonly teams: ReadonlyMap<string, Team>;
  /** @default an installation called `keyturn`, and nobody told of alarms */
  readonly settings?: Settings;
}

/** What somebody has to look at. Everything else is on the bus too, for whoever wants it. */
const toPeople: readonly Happening['what'][] = [
  'rotation.failed',
  'rotation.rolled-forward',
  'retirement.held',
  'stray.reported',
];

/**
 * The bus on which everything that happens is told, a topic for each team and one for the operators, and queues for what could not be
 * delivered. No message holds a value. Each address has to confirm its subscription once.
 */
export class Notifications extends Construct {
  readonly bus: EventBus;
  /** For alarms, and for tokens of no team. */
  readonly operators: Topic;
  readonly teams: ReadonlyMap<string, Topic>;
  /** Jobs and sweeps that failed, and events that reached nobody. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { teams, settings = {} } = props;
    const { bus, prefix } = namesOf(settings);
    this.bus = new EventBus(this, 'Bus', { eventBusName: bus, description: 'What Keyturn does, and what it needs people for.' });
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failures.addToResourcePolicy(ownAccount(this, 'sqs:SendMessage', this.failures.queueArn, ['events.amazonaws.com']));
    acknowledge(this.failures, { 'AwsSolutions-SQS3': 'This is the dead-letter queue: what lies in it sets off an alarm.' });
    this.operators = this.topic('Operators', `${prefix}: operators`, settings.alarmsEmail);
    this.teams = new Map(
      [...teams].map(([team, { name, email }]) => [team, this.topic(`Team-${team}`, `${prefix}: ${name}`, email)]),
    );
    for (const [team, topic] of this.teams) this.route(`To-${team}`, [team], topic);
    // Of a team that the catalog no longer has, too: nobody's trouble must be lost.
    const others = teams.size === 0 ? [] : [{ 'anything-but': [...teams.keys()].sort() }];
    this.route('ToOperators', teams.size === 0 ? undefined : [...others, ...Match.doesNotExist()], this.operators);
  }

  private route(id: string, team: readonly unknown[] | undefined, topic: Topic): void {
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    new Rule(this, id, {
      eventBus: this.bus,
      eventPattern: {
        source: [eventSource],
        detailType: [...toPeople],
        ...(team === undefined ? {} : { detail: { team: [...team] } }),
      },
      targets: [
        {
          // CDK's own target would let EventBridge of every account in, and add a statement a rule to a policy of limited size.
          bind: () => ({
            arn: topic.topicArn,
            targetResource: topic,
            deadLetterConfig: { arn: this.failures.queueArn },
            input: RuleTargetInput.fromMultilineText(
              `${field('message')}.\n${field('fix')}\nToken: ${field('token')}\nSecret: ${field('secretArn')}`,
            ),
          }),
        },
      ],
    });
  }

  private topic(id: string, displayName: string, email: string | undefined): Topic {
    const topic = new Topic(this, id, { displayName: displayName.slice(0, 100), enforceSSL: true });
    // The address stands in the topic itself, and is no resource of its own: a stack takes 500.
    if (email !== undefined) (topic.node.defaultChild as CfnTopic).subscription = [{ protocol: 'email', endpoint: email }];
    topic.addToResourcePolicy(
      ownAccount(this, 'sns:Publish', topic.topicArn, ['cloudwatch.amazonaws.com', 'events.amazonaws.com']),
    );
    return topic;
  }
}

/** Lets services act for this account, and for no other that knows the name. */
function ownAccount(scope: Construct, action: string, resource: string, services: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'ServicesOfThisAccount',
    effect: Effect.ALLOW,
    principals: services.map((service) => new ServicePrincipal(service)),
    actions: [action],
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
