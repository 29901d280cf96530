// Goal: every promise of docs/deploying.md about what is deployed can be seen in the template.

import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricLine } from '../../lib/function/metrics.ts';
import { fleetRegistry, shared, tokenFile } from './fleet.ts';
import {
  account,
  list,
  type Resource,
  region,
  type Statement,
  type Synthesized,
  statementsOf,
  synthesize,
  text,
} from './setup.ts';

const farSecret = `arn:aws:secretsmanager:${region}:222222222222:secret:shop/far-AbCdEf`;
const seenSecret = `arn:aws:secretsmanager:${region}:${account}:secret:shop/seen-AbCdEf`;
const role = 'arn:aws:iam::222222222222:role/copies';
const files = {
  'mail.yaml': tokenFile('lantern-1', 'shop/mail', 'team: platform\n'),
  'map.yaml': tokenFile(
    'lantern-2',
    'shop/map',
    `dependents:
  - { name: near, kind: aws-secrets-manager-secret, target: { secret: copies/near } }
  - { name: east, kind: aws-secrets-manager-secret, target: { secret: copies/east, region: us-east-1 } }
  - { name: far, kind: aws-secrets-manager-secret, target: { secret: copies/far }, via: "${role}" }
  - { name: bell, kind: webhook, target: { url: https://bell.example.com/ }, authority: keyturn/authorities/bell }
checks: [{ name: it works, url: "https://shop.example.com/me" }]
`,
  ),
  'window.yaml': tokenFile('lantern-1', 'shop/window').replace(
    'schedule: { everyDays: 30 }',
    'schedule: { cron: "0 8 ? * TUE#1 *", windowHours: 2 }',
  ),
  'taken.yaml': tokenFile('lantern-1', 'shop/taken', 'adopt: true\nmode: retire\n'),
  'seen.yaml': tokenFile('lantern-1', seenSecret, 'mode: rotate\n'),
  'watched.yaml': tokenFile('lantern-1', 'shop/watched', 'adopt: true\n'),
  'typed.yaml': tokenFile('by-hand', 'shop/typed').replace(/authority: .*\n/, ''),
  'far.yaml': tokenFile('lantern-2', farSecret),
};

let fleet: Synthesized;
beforeAll(async () => {
  fleet = await synthesize(files, { otherAccounts: ['222222222222'] });
});

const arn = (name: string, where = region) => `arn:aws:secretsmanager:${where}:${account}:secret:${name}`;
const functionOf = (provider: string) => `keyturn-rotate-${provider}`;
const functionArn = (provider: string) => `arn:aws:lambda:${region}:${account}:function:${functionOf(provider)}`;
const queueArn = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`;
const allowing = (statements: readonly Statement[], action: string) => statements.filter(({ Action }) => Action.includes(action));

describe('a secret', () => {
  it('is made empty, and outlives its stack', () => {
    const made = Object.values(fleet.of('AWS::SecretsManager::Secret'));

    expect(made.map(({ Properties }) => Properties.Name).sort()).toEqual(['shop/mail', 'shop/map', 'shop/typed', 'shop/window']);
    for (const secret of made) {
      expect(secret.DeletionPolicy).toBe('Retain');
      expect(secret.UpdateReplacePolicy).toBe('Retain');
      expect(Object.keys(secret.Properties).sort()).toEqual(['Description', 'Name', 'Tags']);
    }
  });

  it('that exists is adopted by its name or ARN, and only observed unless its entry says more', () => {
    const schedules = Object.values(fleet.of('AWS::SecretsManager::RotationSchedule')).map(
      ({ Properties }) => Properties.SecretId,
    );

    expect(schedules).toContain('shop/taken');
    expect(schedules).toContain(seenSecret);
    expect(schedules).not.toContain('shop/watched');
  });

  it('is rotated by its schedule and never by deploying', () => {
    const schedules = Object.values(fleet.of('AWS::SecretsManager::RotationSchedule'));

    expect(schedules).toHaveLength(5);
    for (const { Properties } of schedules) expect(Properties.RotateImmediatelyOnUpdate).toBe(false);
    fleet.main.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { ScheduleExpression: 'cron(0 8 ? * TUE#1 *)', Duration: '2h' },
    });
  });

  it('has no schedule where a person makes each new token', () => {
    const [typed] =
      Object.entries(fleet.of('AWS::SecretsManager::Secret')).find(([, { Properties }]) => Properties.Name === 'shop/typed') ??
      [];

    const schedules = Object.values(fleet.of('AWS::SecretsManager::RotationSchedule'));

    expect(schedules.map(({ Properties }) => Properties.SecretId.Ref)).not.toContain(typed);
  });

  it('waits for the permission by which Secrets Manager invokes its function', () => {
    const schedules = Object.entries(fleet.of('AWS::SecretsManager::RotationSchedule'));

    for (const [, { DependsOn = [], Properties }] of schedules) {
      const provider = /rotate-(.*)$/.exec(text(Properties.RotationLambdaARN))?.[1] ?? '';
      const permissions = permissionsOf(provider).map(([id]) => id);
      expect(permissions.length).toBeGreaterThan(0);
      for (const permission of permissions) expect(DependsOn).toContain(permission);
    }
  });
});

function permissionsOf(provider: string): readonly (readonly [string, Resource])[] {
  return Object.entries(fleet.of('AWS::Lambda::Permission')).filter(
    ([id, { Properties }]) =>
      Properties.Principal === 'secretsmanager.amazonaws.com' && id.startsWith(`Rotator${provider.replace('-', '')}`),
  );
}

describe('a function', () => {
  it('is invoked by Secrets Manager for secrets of its accounts only', () => {
    const accounts = (provider: string) => permissionsOf(provider).map(([, { Properties }]) => Properties.SourceAccount);

    expect(accounts('lantern-1')).toEqual([account]);
    expect(accounts('lantern-2')).toEqual([account, '222222222222']);
    expect(accounts('by-hand')).toEqual([account]);
  });

  it('has its timeout, memory and log set on purpose, and no reserved concurrency', () => {
    const functions = Object.values(fleet.of('AWS::Lambda::Function'));

    expect(functions).toHaveLength(5);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x', MemorySize: 512 });
      expect(Properties.Timeout).toBeGreaterThanOrEqual(300);
      expect(Properties.Timeout).toBeLessThanOrEqual(900);
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(fleet.of('AWS::Logs::LogGroup')[Properties.LoggingConfig.LogGroup.Ref]?.Properties).toMatchObject({
        LogGroupName: `/aws/lambda/${Properties.FunctionName}`,
        RetentionInDays: 90,
      });
    }
  });

  it('that rules call is tried again on purpose, and what it could not do is kept', () => {
    const asynchronous = Object.values(fleet.of('AWS::Lambda::EventInvokeConfig'));

    expect(asynchronous).toHaveLength(2);
    for (const { Properties } of asynchronous)
      expect(Properties).toMatchObject({
        Qualifier: '$LATEST',
        MaximumRetryAttempts: expect.any(Number),
        MaximumEventAgeInSeconds: 900,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('Failures'), 'Arn'] } } },
      });
  });

  it('has its settings in its environment and its tokens not', () => {
    for (const { Properties } of Object.values(fleet.of('AWS::Lambda::Function')))
      expect(JSON.stringify(Properties.Environment).length).toBeLessThan(500);
    fleet.main.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: functionOf('lantern-1'),
      Environment: { Variables: { KEYTURN_CATALOG_FILE: '/opt/keyturn/catalog.json', KEYTURN_BUS: Match.anyValue() } },
    });
  });
});

describe('the role of a provider', () => {
  it('writes secrets whose rotation function it is, by one statement for any number', () => {
    const statements = statementsOf(fleet, functionOf('lantern-1'));

    expect(allowing(statements, 'secretsmanager:PutSecretValue')).toEqual([
      {
        Effect: 'Allow',
        Action: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:RotateSecret',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        Resource: [arn('*')],
        Condition: {
          StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': expect.anything() },
        },
      },
    ]);
    const [{ Condition: condition } = {}] = allowing(statements, 'secretsmanager:PutSecretValue');
    expect(
      text(
        (condition as { StringEquals: Record<string, unknown> }).StringEquals['secretsmanager:resource/AllowRotationLambdaArn'],
      ),
    ).toBe(functionArn('lantern-1'));
  });

  it('reads its own authorities, what it watches, and no other secret', () => {
    const read = allowing(statementsOf(fleet, functionOf('lantern-1')), 'secretsmanager:GetSecretValue')
      .filter(({ Condition }) => Condition === undefined)
      .flatMap(({ Resource }) => Resource);

    expect([...read].sort()).toEqual([arn('keyturn/authorities/lantern-1-??????'), arn('shop/watched-??????')]);
  });

  it('has what the facts of its places on AWS say, or the roles that the catalog names', () => {
    const statements = statementsOf(fleet, functionOf('lantern-2'));

    expect(allowing(statements, 'sts:AssumeRole').map(({ Resource }) => Resource)).toEqual([[role]]);
    const copies = allowing(statements, 'secretsmanager:PutSecretValue').filter(({ Condition }) => Condition === undefined);
    expect(copies.flatMap(({ Resource }) => [...Resource].sort())).toEqual(
      [arn('copies/east-??????', 'us-east-1'), arn('copies/near-??????')].sort(),
    );
    expect(JSON.stringify(statements)).not.toContain('copies/far');
  });

  it('has for a token that a person makes its own secret by name', () => {
    const write = allowing(statementsOf(fleet, functionOf('by-hand')), 'secretsmanager:PutSecretValue');

    expect(write.filter(({ Condition }) => Condition === undefined).map(({ Resource }) => Resource)).toEqual([
      [arn('shop/typed-??????')],
    ]);
  });

  it('starts anew the one service that the catalog names, and only looks at what AWS ties to nothing', async () => {
    const target = '{ cluster: prod, service: shop, variable: API_TOKEN, reads: secret }';
    const more = `dependents:\n  - { name: shop, kind: aws-ecs-service, target: ${target} }\n`;
    const own = await synthesize({ 'map.yaml': tokenFile('lantern-1', 'shop/map', more) });

    const ecs = statementsOf(own, functionOf('lantern-1')).filter(({ Action }) => Action.some((each) => /^ecs:/.test(each)));
    const ecsArn = (what: string) => `arn:aws:ecs:${region}:${account}:${what}`;
    expect(ecs.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [
        ['ecs:DescribeServices', 'ecs:DescribeTasks', 'ecs:UpdateService'],
        [ecsArn('service/prod/shop'), ecsArn('task/prod/*')],
      ],
      [['ecs:DescribeTaskDefinition', 'ecs:ListTasks'], ['*']],
    ]);
  });

  it('tells only its bus, invokes only itself, writes only its log, and takes from its queue', () => {
    const statements = statementsOf(fleet, functionOf('lantern-1'));

    const resources = (action: string) => allowing(statements, action).flatMap(({ Resource }) => Resource);
    expect(resources('events:PutEvents')).toEqual([expect.stringMatching(/^<NotificationsBus\w+\.Arn>$/)]);
    expect(resources('lambda:InvokeFunction')).toEqual([functionArn('lantern-1')]);
    expect(resources('logs:PutLogEvents')).toEqual([expect.stringMatching(/^<Rotatorlantern1RotatorLog\w+\.Arn>$/)]);
    expect(statements.flatMap(({ Action, Resource }) => (/^sqs:/.test(Action[0] ?? '') ? [[Action, Resource]] : []))).toEqual([
      [
        ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        [expect.stringMatching(/^<Rotatorlantern1RotatorQueue\w+\.Arn>$/)],
      ],
    ]);
    expect(
      statements
        .flatMap(({ Action }) => Action)
        .filter((action) => !/^(logs|sqs|secretsmanager|lambda|events|dynamodb):/.test(action)),
    ).toEqual([]);
  });

  it('has of the table what begins with its provider, and sees pauses', () => {
    const own = statementsOf(fleet, functionOf('lantern-1')).filter(({ Action }) =>
      Action.some((each) => /^dynamodb:/.test(each)),
    );

    expect(own.map(({ Action, Resource, Condition }) => [Action, Resource.map(tableIn), keysOf(Condition)])).toEqual([
      [['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], ['the table', 'the table/index/newest'], ['lantern-1#*']],
      [['dynamodb:Query'], ['the table'], ['fleet:pauses']],
    ]);
  });

  it('has no wildcard in any action, in any role or resource policy', () => {
    for (const template of fleet.templates.values()) {
      const actions = [...JSON.stringify(template.toJSON()).matchAll(/"Action":(\[[^\]]*\]|"[^"]*")/g)].map(
        ([, action = '']) => action,
      );
      expect(actions.length).toBeGreaterThan(0);
      // Denying everything that comes in the clear is no right.
      expect(actions.filter((action) => action.includes('*') && action !== '"sqs:*"')).toEqual([]);
    }
  });
});

/** The table's own logical id changes with its place in the stack. */
function tableIn(resource: string): string {
  return resource.replace(/^<HistoryTable\w+\.Arn>/, 'the table');
}

/** The partitions that a condition lets through: every key that is named must be one of them, and one must be named. */
function keysOf(condition: unknown): unknown {
  const { 'ForAllValues:StringLike': like, Null: absent } = condition as Record<string, Record<string, unknown>>;
  return absent?.['dynamodb:LeadingKeys'] === 'false' ? list(like?.['dynamodb:LeadingKeys']) : 'any';
}

describe('the table', () => {
  it('is one, billed by the request, forgets by itself, can be restored, and goes with the stack', () => {
    const [table, ...others] = Object.values(fleet.of('AWS::DynamoDB::Table'));

    expect(others).toEqual([]);
    expect(table).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: {
        TableName: 'keyturn-history',
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
    // Whoever only tells people needs no memory of tokens.
    const remembering = Object.values(fleet.of('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.FunctionName !== 'keyturn-notify',
    );
    expect(remembering.length).toBeGreaterThan(1);
    for (const { Properties } of remembering)
      expect(text(Properties.Environment.Variables.KEYTURN_TABLE)).toMatch(/^<HistoryTable\w+>$/);
  });
});

describe('the reconciler', () => {
  it('describes and sends jobs, keeps what people were told, and can read no value', () => {
    const statements = statementsOf(fleet, 'keyturn-reconcile');

    const actions = statements.flatMap(({ Action }) => Action);
    expect([...new Set(actions)].sort()).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'events:PutEvents',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecrets',
      'sns:ListSubscriptionsByTopic',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ]);
    const sent = allowing(statements, 'sqs:SendMessage').flatMap(({ Resource }) => Resource);
    expect([...sent].sort()).toEqual([
      expect.stringMatching(/^<NotificationsFailures\w+\.Arn>$/),
      ...['keyturn-reconcile', ...['by-hand', 'lantern-1', 'lantern-2'].map(functionOf)].map(queueArn),
    ]);
    for (const action of ['dynamodb:PutItem', 'dynamodb:DeleteItem'])
      expect(allowing(statements, action).map(({ Condition }) => keysOf(Condition))).toEqual([['fleet:alerts', 'fleet:digests']]);
    const named = allowing(statements, 'secretsmanager:DescribeSecret').filter(({ Condition }) => Condition === undefined);
    expect(named.flatMap(({ Resource }) => Resource)).toEqual([arn('shop/typed-??????'), arn('shop/watched-??????')]);
  });

  it('sweeps each quarter of an hour, and when a current value changed', () => {
    fleet.main.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(15 minutes)' });
    fleet.main.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { labelUpdated: ['AWSCURRENT'] },
      },
    });
  });
});

describe('a queue', () => {
  const queues = () =>
    Object.entries(fleet.of('AWS::SQS::Queue')).flatMap(([id, { Properties }]) =>
      Properties.QueueName === undefined ? [] : [{ id, Properties }],
    );

  it('is there for each provider and for the reconciler, by the name of the function, encrypted and bounded', () => {
    const names = queues().map(({ Properties }) => Properties.QueueName);

    expect(names.sort()).toEqual(['keyturn-reconcile', ...['by-hand', 'lantern-1', 'lantern-2'].map(functionOf)]);
    for (const { Properties } of queues())
      expect(Properties).toMatchObject({
        SqsManagedSseEnabled: true,
        RedrivePolicy: {
          maxReceiveCount: 3,
          deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringContaining('Failures'), 'Arn'] },
        },
      });
  });

  it('hides a message for longer than its function runs, and keeps it until it was there three times and longer than the alarm', () => {
    const functions = Object.values(fleet.of('AWS::Lambda::Function'));
    const waiting = Object.entries(fleet.of('AWS::CloudWatch::Alarm')).filter(([id]) => id.includes('Waiting'));

    expect(waiting).toHaveLength(4);
    for (const { Properties } of queues()) {
      const timeout = functions.find((each) => each.Properties.FunctionName === Properties.QueueName)?.Properties.Timeout;
      const all = Properties.RedrivePolicy.maxReceiveCount * Properties.VisibilityTimeout;
      expect(Properties.VisibilityTimeout).toBeGreaterThan(timeout);
      for (const [, alarm] of waiting) {
        expect(alarm.Properties.Threshold).toBeGreaterThan(all);
        expect(Properties.MessageRetentionPeriod).toBeGreaterThan(alarm.Properties.Threshold);
      }
    }
  });

  it('hands its function one message at a time, as many functions at once as the settings say, and hears which shall come again', async () => {
    const more = await synthesize({ 'mail.yaml': files['mail.yaml'] }, { jobsAtOnce: 20 });
    const concurrency = (synthesized: Synthesized) =>
      Object.fromEntries(
        Object.values(synthesized.of('AWS::Lambda::EventSourceMapping')).map(({ Properties }) => [
          text(Properties.EventSourceArn).replace(/Queue\w+\.Arn>$/, ''),
          Properties.ScalingConfig.MaximumConcurrency,
        ]),
      );

    expect(concurrency(fleet)).toEqual({
      '<RotatorbyhandRotator': 5,
      '<Rotatorlantern1Rotator': 5,
      '<Rotatorlantern2Rotator': 5,
      '<Reconciler': 2,
    });
    expect(concurrency(more)).toEqual({ '<Rotatorlantern1Rotator': 20, '<Reconciler': 2 });
    for (const { Properties, DependsOn } of Object.values(fleet.of('AWS::Lambda::EventSourceMapping'))) {
      expect(Properties.BatchSize).toBe(1);
      // What a sweep answers is for people, and says nothing of messages.
      const isRotator = Properties.FunctionName.Ref.startsWith('Rotator');
      expect(Properties.FunctionResponseTypes).toEqual(isRotator ? ['ReportBatchItemFailures'] : undefined);
      expect(Properties.EventSourceArn['Fn::GetAtt'][0].replace(/Queue\w+$/, '')).toBe(
        Properties.FunctionName.Ref.replace(/Function\w+$/, ''),
      );
      // Lambda looks at once whether it may take messages.
      expect(DependsOn).toContainEqual(expect.stringContaining('Policy'));
    }
  });

  it.each([1, 1001, 2.5])('does not take a number that Lambda would refuse: %d', async (jobsAtOnce) => {
    await expect(synthesize({ 'mail.yaml': files['mail.yaml'] }, { jobsAtOnce })).rejects.toMatchObject({ code: 'catalog' });
  });
});

describe('telling people', () => {
  it('has one topic for everybody in the catalog, whose addresses stand in no template, and one for the operators', () => {
    const topics = Object.values(fleet.of('AWS::SNS::Topic')).map(({ Properties }) => Properties.Subscription ?? []);

    expect(topics).toEqual([[{ Protocol: 'email', Endpoint: 'ops@example.com' }], []]);
    expect(fleet.of('AWS::SNS::Subscription')).toEqual({});
  });

  it('calls the function that tells for what people are told of, once, and each hour for new addresses', () => {
    const rules = Object.values(fleet.of('AWS::Events::Rule'))
      .map(({ Properties }) => Properties)
      .filter(({ Targets }) => text(Targets[0].Arn).includes('Teller'));

    expect(rules.map(({ EventPattern, ScheduleExpression }) => EventPattern?.['detail-type'] ?? ScheduleExpression)).toEqual([
      ['alert.opened', 'alert.escalated', 'alert.recovered', 'alert.summary', 'digest'],
      'rate(1 hour)',
    ]);
    for (const { Targets } of rules) expect(Targets[0].DeadLetterConfig.Arn['Fn::GetAtt'][0]).toContain('Failures');
    const [again] = Object.values(fleet.of('AWS::Lambda::EventInvokeConfig')).filter(({ Properties }) =>
      text(Properties.FunctionName).includes('Teller'),
    );
    expect(again?.Properties.MaximumRetryAttempts).toBe(0);
  });

  it('may publish to the two topics, invite to one, and read the secrets of its own ways and no other', async () => {
    const ways = shared.replace(
      'members: [',
      'slack: keyturn/slack, webhook: { url: "https://hooks.example.com/in", secret: keyturn/hook }, members: [',
    );
    const told = await synthesize({ 'keyturn.yaml': ways, 'mail.yaml': files['mail.yaml'] });

    const of = (fleetOrTold: Synthesized) =>
      statementsOf(fleetOrTold, 'keyturn-notify')
        .filter(({ Action }) => !/^(logs|sqs):/.test(Action[0] ?? ''))
        .map(({ Action, Resource }) => [Action.join(), Resource.map((each) => each.replace(/[0-9A-F]{8}>$/, '>'))]);
    const topics = [
      ['sns:Publish', ['<NotificationsOperators>', '<NotificationsPeople>']],
      ['sns:ListSubscriptionsByTopic,sns:Subscribe', ['<NotificationsPeople>']],
    ];
    expect(of(fleet)).toEqual(topics);
    expect(of(told)).toEqual([
      ...topics,
      ['secretsmanager:GetSecretValue', [arn('keyturn/hook-??????'), arn('keyturn/slack-??????')]],
    ]);
    const [rule] = Object.values(told.of('AWS::Events::Rule')).filter(
      ({ Properties }) => Properties.EventPattern?.source?.[0] === 'keyturn',
    );
    // A service is told everything, and not only what people are.
    expect(rule?.Properties.EventPattern['detail-type']).toContain('token.rotated');
  });

  it('lets in nobody who speaks in the clear, and only EventBridge and the alarms of this account', () => {
    const policies = [...Object.values(fleet.of('AWS::SNS::TopicPolicy')), ...Object.values(fleet.of('AWS::SQS::QueuePolicy'))];

    const services: string[] = [];
    expect(policies).toHaveLength(7);
    for (const { Properties } of policies) {
      const statements = Properties.PolicyDocument.Statement as { Effect: string; Condition?: unknown; Principal: unknown }[];
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
      const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
      for (const { Condition: condition } of allowed)
        expect(condition).toEqual({ StringEquals: { 'aws:SourceAccount': account } });
      for (const service of allowed.flatMap(({ Principal }) => list((Principal as { Service: unknown }).Service)))
        services.push(service);
    }
    // To the topic for people speaks nobody but the function that tells.
    expect(services.sort()).toEqual(['cloudwatch.amazonaws.com', 'events.amazonaws.com']);
  });

  it.each([
    ['a healthy sweep', {}, []],
    ['a token that is refused', { dead: 1 }, ['Dead']],
    ['a rotation that failed for good and is late', { parked: 2, overdue: 1 }, ['Overdue', 'Parked']],
    ['a secret that could not be looked at', { failed: 1 }, ['Unseen']],
  ])('goes off for %s, and for nothing else', (_, counts, expected) => {
    const none = { tokens: 3, jobs: 0, failed: 0, overdue: 0, parked: 0, debt: 0, dead: 0, paused: 0, held: 0, strays: 0 };
    const line = metricLine({ ...none, left: [], oldestDays: 1, soonestExpiryDays: undefined, ...counts }, false, 'keyturn', 0);
    const told = JSON.parse(line) as Readonly<Record<string, number>>;

    const fired = Object.entries(fleet.of('AWS::CloudWatch::Alarm')).filter(([, { Properties }]) => {
      if (Properties.Namespace !== 'Keyturn') return false;
      expect(Properties.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
      return (told[Properties.MetricName] ?? 0) >= Properties.Threshold;
    });

    expect(fired.map(([id]) => /^Observability([A-Z][a-z]+)/.exec(id)?.[1]).sort()).toEqual(expected);
  });

  it('has alarms for what nobody would notice, each to the operators', () => {
    const alarms = Object.entries(fleet.of('AWS::CloudWatch::Alarm'));
    const of = (name: string) =>
      alarms.filter(([id]) => id.startsWith(`Observability${name}`)).map(([, { Properties }]) => Properties);

    expect(of('Failed')).toHaveLength(3);
    expect(of('JobsFailed')[0]).toMatchObject({ Namespace: 'Keyturn', MetricName: 'JobsFailed', Statistic: 'Sum' });
    expect(of('Overdue')[0]).toMatchObject({
      Namespace: 'Keyturn',
      MetricName: 'Overdue',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(of('Silent')[0]).toMatchObject({
      MetricName: 'Invocations',
      Period: 3600,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(of('GivenUp')[0]).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 });
    for (const [, { Properties }] of alarms)
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringContaining('NotificationsOperators') }]);
    expect(Object.keys(fleet.of('AWS::CloudWatch::Dashboard'))).toHaveLength(1);
  });
});

describe('a secret in another account', () => {
  it('has its schedule and its policy there, two resources, and is not in the main stack', () => {
    const spoke = fleet.templates.get('keyturn-spoke-222222222222') ?? Template.fromJSON({});

    expect(
      Object.values(spoke.toJSON().Resources)
        .map((each) => (each as Resource).Type)
        .sort(),
    ).toEqual(['AWS::SecretsManager::ResourcePolicy', 'AWS::SecretsManager::RotationSchedule']);
    spoke.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: farSecret,
      RotateImmediatelyOnUpdate: false,
    });
    expect(JSON.stringify(fleet.main.toJSON())).not.toContain(farSecret);
  });

  it('lets the function write and the reconciler describe, by the roles of the hub and nobody else', () => {
    const spoke = fleet.templates.get('keyturn-spoke-222222222222') ?? Template.fromJSON({});
    const [policy] = Object.values(spoke.findResources('AWS::SecretsManager::ResourcePolicy'));
    const statements = policy?.['Properties'].ResourcePolicy.Statement as {
      Principal: { AWS: unknown };
      Action: readonly string[];
    }[];

    const principals = statements.map(({ Principal }) => text(Principal.AWS));
    expect(principals[0]).toMatch(new RegExp(`^arn:aws:iam::${account}:role/keyturn\\w+`));
    expect(principals[1]).not.toBe(principals[0]);
    expect(statements[1]?.Action).toEqual(['secretsmanager:DescribeSecret']);
    const names = Object.values(fleet.of('AWS::IAM::Role')).flatMap(({ Properties }) => Properties.RoleName ?? []);
    for (const principal of principals) expect(names).toContain(principal.split('/').at(-1));
  });
});

describe('options', () => {
  it('keeps keys to Secrets Manager, with its encryption context, and gives them to new secrets', async () => {
    const key = `arn:aws:kms:${region}:${account}:key/0a1b2c3d`;
    const withKey = await synthesize({ 'mail.yaml': files['mail.yaml'] }, { keyArn: key });

    withKey.main.hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: key });
    const [statement] = allowing(statementsOf(withKey, functionOf('lantern-1')), 'kms:Decrypt');
    expect(statement).toMatchObject({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: [key] });
    const { StringEquals, StringLike } = (statement?.Condition ?? {}) as Record<string, Record<string, unknown>>;
    expect(text(StringEquals?.['kms:ViaService'])).toBe(`secretsmanager.${region}.amazonaws.com`);
    expect(text(StringLike?.['kms:EncryptionContext:SecretARN'])).toBe(`arn:aws:secretsmanager:${region}:*:secret:*`);
    expect(JSON.stringify(fleet.templates.get('keyturn')?.toJSON())).not.toContain('kms:');
  });

  it('puts functions into subnets, bounds roles, keeps logs, and tags', async () => {
    const boundary = `arn:aws:iam::${account}:policy/boundary`;
    const all = await synthesize(
      { 'mail.yaml': files['mail.yaml'] },
      {
        subnetIds: ['subnet-0a'],
        securityGroupIds: ['sg-0a'],
        permissionsBoundaryArn: boundary,
        logRetentionDays: 365,
        prefix: 'keyturn-staging',
        tags: { cost: 'shop' },
      },
    );

    all.main.allResourcesProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: ['subnet-0a'], SecurityGroupIds: ['sg-0a'] },
    });
    all.main.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: boundary });
    all.main.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
    expect(
      Object.values(all.of('AWS::Lambda::Function', 'keyturn-staging')).map(({ Properties }) => Properties.FunctionName),
    ).toEqual(['keyturn-staging-rotate-lantern-1', 'keyturn-staging-reconcile', 'keyturn-staging-notify']);
    const [secret] = Object.values(all.of('AWS::SecretsManager::Secret', 'keyturn-staging'));
    expect(secret?.Properties.Tags).toEqual([
      { Key: 'keyturn:installation', Value: 'keyturn-staging' },
      { Key: 'keyturn:token', Value: 'mail' },
    ]);
    expect(all.app.synth().getStackByName('keyturn-staging').tags).toMatchObject({ cost: 'shop' });
  });

  it('shares no name between two installations in one account', async () => {
    const one = await synthesize({ 'mail.yaml': files['mail.yaml'] }, { prefix: 'keyturn-one' });
    const two = await synthesize(
      { 'mail.yaml': files['mail.yaml'].replace('shop/mail', 'shop/other') },
      { prefix: 'keyturn-two' },
    );

    const names = ({ templates }: Synthesized) =>
      [
        ...JSON.stringify([...templates.values()]).matchAll(
          /"(?:FunctionName|LogGroupName|DashboardName|TableName|QueueName|Name)":"([^"]*keyturn[^"]*)"/g,
        ),
      ].map(([, name]) => name);
    expect(names(one).length).toBeGreaterThan(5);
    expect(names(one).filter((name) => names(two).includes(name))).toEqual([]);
  });

  it('marks a stack for a local endpoint wherever it is seen, and refuses one that is not on loopback', async () => {
    const url = 'http://127.0.0.1:4566';
    const local = await synthesize({ 'mail.yaml': files['mail.yaml'] }, { localEndpoint: { url } });
    const elsewhere = synthesize({ 'mail.yaml': files['mail.yaml'] }, { localEndpoint: { url: 'https://aws.example.com' } });

    await expect(elsewhere).rejects.toMatchObject({ code: 'catalog', message: expect.stringContaining('not on loopback') });
    expect(local.main.toJSON().Description).toContain('LOCAL ENDPOINT');
    local.main.hasOutput('LocalEndpoint', { Value: url });
    local.main.hasResourceProperties('AWS::Lambda::Function', {
      Tags: Match.arrayWith([{ Key: 'keyturn:local-endpoint', Value: 'true' }]),
    });
    const messages = local.app
      .synth()
      .getStackByName('keyturn')
      .messages.map(({ entry }) => String(entry.data));
    expect(messages.join()).toContain(`built for the emulator at ${url}`);
    expect(JSON.stringify(fleet.main.toJSON())).not.toMatch(/local-endpoint|LOCAL ENDPOINT/);
  });
});

it('has no value and nobody’s name in any template', () => {
  const all = [...fleet.templates.values()].map((template) => JSON.stringify(template.toJSON())).join();

  expect(all).not.toMatch(/SecretString|GenerateSecretString|Ada|grace|blue key|envelope/);
});

it('is for providers of this project too', () => {
  expect(fleetRegistry().rotatorNames).toContain('npm-registry');
});

describe('calendars', () => {
  it('are served only where somebody asks for it', () => {
    expect(Object.values(fleet.of('AWS::Lambda::Url'))).toEqual([]);
  });

  it('are served by a function that reads the key of their addresses and no other value', async () => {
    const served = await synthesize(files, { otherAccounts: ['222222222222'], calendarFeed: true });

    const statements = statementsOf(served, 'keyturn-calendar');
    const [keyId] = Object.entries(served.of('AWS::SecretsManager::Secret')).find(
      ([, { Properties }]) => Properties.GenerateSecretString !== undefined,
    ) ?? [''];
    expect(allowing(statements, 'secretsmanager:GetSecretValue').flatMap(({ Resource }) => Resource)).toEqual([`<${keyId}>`]);
    const actions = new Set(statements.flatMap(({ Action }) => Action));
    expect([...actions].sort()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:Query',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    expect(Object.values(served.of('AWS::Lambda::Url')).map(({ Properties }) => Properties.AuthType)).toEqual(['NONE']);
  });
});
