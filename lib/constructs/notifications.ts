import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { namesOf, type Settings } from './settings.ts';

export interface NotificationsProps {
  /** @default an installation called `keyturn`, and nobody told of alarms */
  readonly settings?: Settings;
}

/**
 * The bus on which everything that happens is told, a topic for everybody in the catalog and one for the operators, and a queue for what could
 * not be delivered. No message holds a value. Each address has to confirm once.
 */
export class Notifications extends Construct {
  readonly bus: EventBus;
  /** For alarms, and for tokens of no team. */
  readonly operators: Topic;
  /**
   * For people and teams: each address gets what is addressed to it and nothing else. Who subscribes is no part of the stack: an invitation that
   * nobody follows is gone after two days, and CloudFormation would never send another.
   */
  readonly people: Topic;
  /** Jobs and sweeps that failed, and events that reached nobody. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string, props: NotificationsProps = {}) {
    super(scope, id);
    const { settings = {} } = props;
    const { bus, prefix } = namesOf(settings);
    this.bus = new EventBus(this, 'Bus', { eventBusName: bus, description: 'What Keyturn does, and what it needs people for.' });
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failures.addToResourcePolicy(ownAccount(this, 'sqs:SendMessage', this.failures.queueArn, 'events.amazonaws.com'));
    acknowledge(this.failures, { 'AwsSolutions-SQS3': 'This is the dead-letter queue: what lies in it sets off an alarm.' });
    this.operators = new Topic(this, 'Operators', { displayName: `${prefix}: operators`, enforceSSL: true });
    // The address stands in the topic itself, and is no resource of its own: a stack takes 500.
    if (settings.alarmsEmail !== undefined)
      (this.operators.node.defaultChild as CfnTopic).subscription = [{ protocol: 'email', endpoint: settings.alarmsEmail }];
    this.operators.addToResourcePolicy(ownAccount(this, 'sns:Publish', this.operators.topicArn, 'cloudwatch.amazonaws.com'));
    this.people = new Topic(this, 'People', { displayName: `${prefix}: people`, enforceSSL: true });
  }
}

/** Lets a service act for this account, and for no other that knows the name. */
function ownAccount(scope: Construct, action: string, resource: string, service: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'ServicesOfThisAccount',
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal(service)],
    actions: [action],
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
