import { Duration, PhysicalName, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnEventInvokeConfig,
  CfnEventSourceMapping,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RotationError } from '../engine/errors.ts';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

// What the rotators and the reconciler have in common: a function with a name, a log, a role of its own, one code asset for all, and its
// part of the catalog in a layer of its own, so that a changed token changes nothing else.

export interface KeyturnFunctionProps {
  readonly name: string;
  readonly description: string;
  /** The handler's bundle: `rotate`. */
  readonly bundle: string;
  readonly codeFolder: string;
  /** Holds `keyturn/catalog.json`. */
  readonly catalogFolder: string;
  /** Which variable names that file. */
  readonly catalogVariable: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
  /** How often Lambda runs an asynchronous invocation again that failed. @default nothing invokes it asynchronously */
  readonly retries?: number;
  /** It has a queue of its name, and works off so many messages of it at once. @default no queue */
  readonly messagesAtOnce?: number;
  /** Its answer says which messages are to come again. @default an error says so, and any answer that they are done */
  readonly reportsFailures?: boolean;
  readonly statements: readonly PolicyStatement[];
  /** Where asynchronous invocations and messages go that failed. */
  readonly failures: IQueue;
  readonly settings: Settings;
}

/** AWS takes 10,240 characters in all inline policies of a role, 6,144 in a managed one, and ten of those; each with its frame. */
const inlineCharacters = 10_100;
const managedCharacters = 6_000;
const mostManagedPolicies = 10;

export class KeyturnFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;
  readonly queue: Queue | undefined;

  constructor(scope: Construct, id: string, props: KeyturnFunctionProps) {
    super(scope, id);
    const { name, settings, failures, retries, messagesAtOnce, reportsFailures = false } = props;
    const { subnetIds, securityGroupIds = [], logRetentionDays = 90 } = settings;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${name}`,
      retention: logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      // Has a name only where another account has to know it.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `${props.description} Made by Keyturn.`,
    });
    this.queue = messagesAtOnce === undefined ? undefined : createQueue(this, name, props.timeout, failures);
    // A policy of its own, not the function's: what it says may name the function, and a role's own policy would wait for itself.
    const policies = attach(this, this.role, name, [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      ...(retries === undefined ? [] : [allow(['sqs:SendMessage'], [failures.queueArn])]),
      ...(this.queue === undefined ? [] : [allow(polling, [this.queue.queueArn])]),
      ...(subnetIds === undefined ? [] : [networkStatement()]),
      ...props.statements,
    ]);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.codeFolder),
      handler: `${props.bundle}.handler`,
      layers: [
        new LayerVersion(this, 'Catalog', {
          code: Code.fromAsset(props.catalogFolder),
          description: `The part of the catalog that ${name} needs.`,
        }),
      ],
      environment: { [props.catalogVariable]: '/opt/keyturn/catalog.json', ...props.environment },
      role: this.role,
      logGroup,
      timeout: props.timeout,
      memorySize: 512,
    });
    if (subnetIds !== undefined) {
      const network = { SubnetIds: subnetIds, SecurityGroupIds: securityGroupIds };
      (this.lambda.node.defaultChild as CfnFunction).addPropertyOverride('VpcConfig', network);
    }
    this.lambda.node.addDependency(...policies);
    if (retries !== undefined) {
      // The next sweep sees the same within a quarter of an hour: what is older is stale.
      const asynchronous = new CfnEventInvokeConfig(this, 'Asynchronous', {
        functionName: this.lambda.functionName,
        qualifier: '$LATEST',
        maximumRetryAttempts: retries,
        maximumEventAgeInSeconds: Duration.minutes(15).toSeconds(),
        destinationConfig: { onFailure: { destination: failures.queueArn } },
      });
      asynchronous.node.addDependency(...policies);
    }
    if (this.queue !== undefined && messagesAtOnce !== undefined) {
      const mapping = new CfnEventSourceMapping(this, 'Messages', {
        functionName: this.lambda.functionName,
        eventSourceArn: this.queue.queueArn,
        // Each has the whole time of the function, and what ends the process takes no other message with it.
        batchSize: 1,
        scalingConfig: { maximumConcurrency: messagesAtOnce },
        ...(reportsFailures ? { functionResponseTypes: ['ReportBatchItemFailures'] } : {}),
      });
      mapping.node.addDependency(...policies);
    }
  }
}

/** What Lambda does in the function's name to hand it messages. */
const polling = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

/**
 * A message is hidden for longer than a function may work on it, so that nobody else begins it meanwhile; after the third time it is kept where it
 * is seen. What waits for hours was asked for again by every sweep.
 */
function createQueue(scope: Construct, name: string, timeout: Duration, failures: IQueue): Queue {
  return new Queue(scope, 'Queue', {
    queueName: name,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    visibilityTimeout: timeout.plus(Duration.minutes(2)),
    retentionPeriod: Duration.hours(4),
    deadLetterQueue: { queue: failures, maxReceiveCount: 3 },
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

export function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...new Set(resources)].sort(),
    ...(conditions === undefined ? {} : { conditions }),
  });
}

/** What Lambda does in the function's name to stand in a subnet. AWS knows no narrower resource for it. */
function networkStatement(): PolicyStatement {
  return allow(['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces'], ['*']);
}

/**
 * Statements in the role's own policy as far as AWS takes them there, and the rest in managed ones, so that many tokens that have to be named
 * one by one are no end. Refuses what fits nowhere.
 */
function attach(
  scope: Construct,
  role: Role,
  name: string,
  statements: readonly PolicyStatement[],
): readonly (Policy | ManagedPolicy)[] {
  const stack = Stack.of(scope);
  const documents: { room: number; statements: PolicyStatement[] }[] = [{ room: inlineCharacters, statements: [] }];
  for (const statement of statements.flatMap(inPieces)) {
    const length = renderedLength(stack.resolve(statement.toStatementJson())) + 1;
    let document = documents.find(({ room }) => room >= length);
    if (document === undefined) {
      document = { room: managedCharacters, statements: [] };
      documents.push(document);
    }
    document.room -= length;
    document.statements.push(statement);
  }
  if (documents.length > 1 + mostManagedPolicies) {
    throw new RotationError('catalog', `keyturn: the role of ${name} would have to name more than all policies of a role take`, {
      fix: 'Reach places on AWS through one role (`via:`), and let tokens of a provider share an authority.',
    });
  }
  return documents.map((document, index) => {
    const policy =
      index === 0
        ? new Policy(scope, 'Policy', { roles: [role], statements: document.statements })
        : new ManagedPolicy(scope, `Policy${index + 1}`, { roles: [role], statements: document.statements });
    explainWildcards(policy);
    return policy;
  });
}

/** A statement that names many resources as several that name few, so that they can be told apart. */
function inPieces(statement: PolicyStatement): readonly PolicyStatement[] {
  const { resources } = statement;
  if (resources.length <= 30) return [statement];
  const pieces = Array.from({ length: Math.ceil(resources.length / 30) }, (_, index) =>
    resources.slice(index * 30, index * 30 + 30),
  );
  return pieces.map((piece) => statement.copy({ resources: piece }));
}

/** How long a policy is once CloudFormation has filled in what only it knows; an account, region or partition is 14 characters at most. */
function renderedLength(document: unknown): number {
  const text = JSON.stringify(document, (_, value: unknown) => {
    const parts = (value as { 'Fn::Join'?: [string, unknown[]] } | null)?.['Fn::Join']?.[1];
    if (parts === undefined) return value;
    return parts.map((part) => (typeof part === 'string' ? part : 'ap-southeast-1')).join('');
  });
  return text.length;
}

const wildcards: readonly { readonly test: RegExp; readonly reason: string }[] = [
  { test: /:log-group:|\.Arn>(:\*)?$/, reason: 'The streams of its own log group: Lambda chooses their names.' },
  {
    test: /:secret:\*$/,
    reason: 'Only secrets whose rotation function is this one, by the condition secretsmanager:resource/AllowRotationLambdaArn.',
  },
  {
    test: /-\?{6}$/,
    reason: 'The six characters that AWS puts at the end of the ARN of this one secret, which the catalog calls by its name.',
  },
  { test: /^\*$/, reason: 'Network interfaces of the subnets that were asked for: AWS knows no narrower resource for them.' },
];

/** cdk-nag tells every resource with a wildcard by itself, and each is answered by itself; what has no answer here stays a finding. */
function explainWildcards(policy: Policy | ManagedPolicy): void {
  const stack = Stack.of(policy);
  const statements = (stack.resolve(policy.document.toJSON()) as { Statement: readonly { Resource: unknown }[] }).Statement;
  const resources = statements.flatMap(({ Resource }) => (Array.isArray(Resource) ? Resource : [Resource])).map(shown);
  const reasons = resources.flatMap((resource) => {
    const found = wildcards.find(({ test }) => test.test(resource));
    return /[*?]/.test(resource) && found !== undefined ? [[`AwsSolutions-IAM5[Resource::${resource}]`, found.reason]] : [];
  });
  if (reasons.length > 0) acknowledge(policy, Object.fromEntries(reasons));
}

/** A resource as cdk-nag writes it: references in angle brackets. */
function shown(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const {
    Ref: ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = resource as {
    Ref?: string;
    'Fn::GetAtt'?: readonly string[];
    'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  if (ref !== undefined) return `<${ref}>`;
  if (attribute !== undefined) return `<${attribute.join('.')}>`;
  return (join?.[1] ?? []).map(shown).join('');
}
