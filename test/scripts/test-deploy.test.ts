// The parts of `npm run test:deploy` that can be wrong without its noticing: what it does to templates, whom it lets answer, what it makes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomValueFunctionArn } from '../../lib/local/secrets-manager/random-value-function.ts';
import { serveSecretsManagerAlone } from '../../lib/local/secrets-manager/serve.ts';
import { createCleanup } from '../../scripts/test-deploy/cleanup.ts';
import { typesIn } from '../../scripts/test-deploy/known-types.ts';
import { createLedger } from '../../scripts/test-deploy/ledger.ts';
import { answer } from '../../scripts/test-deploy/provider-function.ts';
import { createReport } from '../../scripts/test-deploy/report.ts';
import { routeOf, servedTypesPath } from '../../scripts/test-deploy/routing.ts';
import { serveType, type TypeAnswer } from '../../scripts/test-deploy/served-types.ts';
import { changedTypes, fitTemplate, type Template } from '../../scripts/test-deploy/template.ts';

const url = 'http://127.0.0.1:1/keyturn/served-types';
const secret = { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'a' }, DeletionPolicy: 'Retain' };

function templateOf(Resources: Template['Resources'], rest: object = {}): Template {
  return { Resources, ...rest };
}

it('hands the types of Secrets Manager to a function and leaves everything else of them as it is', () => {
  const schedule = {
    Type: 'AWS::SecretsManager::RotationSchedule',
    Properties: { SecretId: { Ref: 'Secret' } },
    DependsOn: ['Permission'],
  };
  const permission = { Type: 'AWS::Lambda::Permission' };

  const { template, served, stripped } = fitTemplate(
    templateOf({ Secret: secret, Schedule: schedule, Permission: permission }),
    new Set(),
    url,
  );

  expect(served).toEqual({ 'AWS::SecretsManager::Secret': 1, 'AWS::SecretsManager::RotationSchedule': 1 });
  expect(stripped).toEqual({});
  const ServiceToken = { 'Fn::GetAtt': ['KeyturnServedTypes', 'Arn'] };
  expect(template.Resources['Secret']).toEqual({
    ...secret,
    Type: 'Custom::AWS-SecretsManager-Secret',
    Properties: { ServiceToken, Name: 'a' },
  });
  expect(template.Resources['Schedule']).toEqual({
    Type: 'Custom::AWS-SecretsManager-RotationSchedule',
    Properties: { ServiceToken, SecretId: { Ref: 'Secret' } },
    DependsOn: ['Permission'],
  });
  expect(template.Resources['Permission']).toEqual(permission);
  expect(JSON.stringify(template.Resources['KeyturnServedTypes'])).toContain(url);
});

it('leaves a template alone that has nothing to be changed', () => {
  const template = templateOf({ Queue: { Type: 'AWS::SQS::Queue', DependsOn: 'Topic' }, Topic: { Type: 'AWS::SNS::Topic' } });

  expect(fitTemplate(template, new Set(), url)).toEqual({ template, served: {}, stripped: {} });
});

it('leaves out what the emulator does not know, and whatever waited for it waits no more', () => {
  const { template, stripped } = fitTemplate(
    templateOf({
      Odd: { Type: 'AWS::Odd::Thing' },
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [] } },
      Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
      Queue: { Type: 'AWS::SQS::Queue', DependsOn: ['Odd'] },
    }),
    new Set(['AWS::Odd::Thing']),
    url,
  );

  expect(stripped).toEqual({ 'AWS::Odd::Thing': 1, 'AWS::CloudWatch::Alarm with metric math': 1 });
  expect(Object.keys(template.Resources)).toEqual(['Plain', 'Queue']);
  expect(template.Resources['Queue']).toEqual({ Type: 'AWS::SQS::Queue' });
});

it.each([
  ['Ref', { Ref: 'Odd' }],
  ['GetAtt', { 'Fn::GetAtt': ['Odd', 'Arn'] }],
  ['GetAtt as text', { 'Fn::GetAtt': 'Odd.Arn' }],
  ['Sub', { 'Fn::Sub': 'x-$' + '{Odd.Arn}' }],
  ['Sub with values', { 'Fn::Sub': ['x-$' + '{Odd}', {}] }],
])('refuses to leave out what an output or a resource needs: %s', (_, value) => {
  const odd = { Odd: { Type: 'AWS::Odd::Thing' } };
  const unknown = new Set(['AWS::Odd::Thing']);

  expect(() => fitTemplate(templateOf(odd, { Outputs: { Out: { Value: value } } }), unknown, url)).toThrow('Odd');
  const queue = { Type: 'AWS::SQS::Queue', Properties: { deep: [value] } };
  expect(() => fitTemplate(templateOf({ ...odd, Queue: queue }), unknown, url)).toThrow('Odd');
});

it('tells what has changed from one template to the next', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: { a: 1 } };
  const before = templateOf({ Same: queue, Changed: queue, Gone: { Type: 'AWS::SNS::Topic' } });
  const after = templateOf({
    Same: { ...queue },
    Changed: { ...queue, Properties: { a: 2 } },
    New: { Type: 'AWS::Logs::LogGroup' },
  });

  expect(changedTypes(before, after)).toEqual(['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::Logs::LogGroup']);
});

it('does not pass a type of Secrets Manager on that it cannot serve', () => {
  const policy = { Type: 'AWS::SecretsManager::ResourcePolicy' };

  expect(fitTemplate(templateOf({ Policy: policy }), new Set(), url).stripped).toEqual({
    'AWS::SecretsManager::ResourcePolicy': 1,
  });
});

it('reads the unknown types out of a refusal of CloudFormation', () => {
  const message = 'Template format error: Unrecognized resource types: [AWS::A::B, AWS::C::D]';

  expect([...typesIn(message)]).toEqual(['AWS::A::B', 'AWS::C::D']);
  expect([...typesIn('Template format error: something else')]).toEqual([]);
});

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=000000000000/20261125/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
it.each([
  ['/', { 'x-amz-target': 'secretsmanager.GetSecretValue' }, 'secrets-manager', 'GetSecretValue'],
  ['/', { ...signed('events'), 'x-amz-target': 'AWSEvents.PutEvents' }, 'emulator', 'PutEvents'],
  ['/', { ...signed('secretsmanager'), 'x-amz-target': 'secretsmanagerx.GetSecretValue' }, 'emulator', 'GetSecretValue'],
  ['/', signed('cloudformation'), 'emulator', undefined],
  ['/2015-03-31/functions/f/invocations', signed('lambda'), 'emulator', 'Invoke'],
  ['/bucket/key', {}, 'emulator', undefined],
  [servedTypesPath, {}, 'served-types', 'resource type'],
])('sends %s %o to %s', (path, headers, to, operation) => {
  const routed = routeOf('POST', path, headers);

  expect([routed.to, routed.operation]).toEqual([to, operation]);
});

it('counts what went where', () => {
  const ledger = createLedger();
  const call = { to: 'secrets-manager', service: 'secretsmanager', operation: 'RotateSecret' } as const;
  ledger.count(call);
  ledger.count({ ...call });
  ledger.count({ to: 'emulator', service: 's3' });

  expect(ledger.calls('secrets-manager', 'RotateSecret')).toBe(2);
  expect(ledger.calls('emulator', 'RotateSecret')).toBe(0);
  expect(ledger.lines()).toEqual([
    { to: 'emulator', what: 's3', calls: 1 },
    { to: 'secrets-manager', what: 'secretsmanager RotateSecret', calls: 2 },
  ]);
});

let served: Awaited<ReturnType<typeof serveSecretsManagerAlone>>;
let secretsManager: SecretsManager;
beforeAll(async () => {
  served = await serveSecretsManagerAlone();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  secretsManager = new SecretsManager({ endpoint: served.url, region: 'us-east-1', credentials });
});
afterAll(() => served.close());

function ask(RequestType: string, type: string, ResourceProperties: object, more: object = {}): Promise<TypeAnswer> {
  const ids = { StackId: 's', RequestId: 'r', LogicalResourceId: 'Made' };
  const properties = { ServiceToken: 'arn', ...ResourceProperties };
  const event = { RequestType, ResourceType: `Custom::AWS-SecretsManager-${type}`, ResourceProperties: properties, ...ids };
  return serveType({ ...event, ...more }, secretsManager);
}

it('makes an empty secret, changes it in place, and sets up a rotation that rotates nothing', async () => {
  const properties = { Name: 'made', Description: 'first', Tags: [{ Key: 'a', Value: '1' }] };
  const { Status, PhysicalResourceId: arn } = await ask('Create', 'Secret', properties);
  expect(Status).toBe('SUCCESS');
  expect((await secretsManager.describeSecret({ SecretId: 'made' })).VersionIdsToStages).toBeUndefined();

  const changed = { Name: 'made', Description: 'second', Tags: [{ Key: 'b', Value: '2' }] };
  const old = { OldResourceProperties: { ServiceToken: 'arn', ...properties }, PhysicalResourceId: arn };
  expect((await ask('Update', 'Secret', changed, old)).PhysicalResourceId).toBe(arn);
  const after = await secretsManager.describeSecret({ SecretId: arn });
  expect([after.Description, after.Tags]).toEqual(['second', [{ Key: 'b', Value: '2' }]]);

  await secretsManager.putSecretValue({ SecretId: arn, SecretString: 'canary-value' });
  const schedule = {
    SecretId: arn,
    RotationLambdaARN: randomValueFunctionArn,
    RotationRules: { ScheduleExpression: 'rate(30 days)', Duration: '3h' },
    RotateImmediatelyOnUpdate: 'false',
  };
  expect(await ask('Create', 'RotationSchedule', schedule)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: arn });
  expect((await secretsManager.describeSecret({ SecretId: arn })).RotationRules).toMatchObject({ Duration: '3h' });
  expect((await secretsManager.getSecretValue({ SecretId: arn })).SecretString).toBe('canary-value');

  await ask('Delete', 'RotationSchedule', schedule, { PhysicalResourceId: arn });
  expect((await secretsManager.describeSecret({ SecretId: arn })).RotationEnabled).toBe(false);
  await ask('Delete', 'Secret', changed, { PhysicalResourceId: arn });
  expect((await secretsManager.describeSecret({ SecretId: arn })).DeletedDate).toBeDefined();
});

it.each([
  ['a property that is not known', 'Secret', { Name: 'odd', SecretString: 'canary-in-a-template' }, 'SecretString'],
  ['a type that is not served', 'ResourcePolicy', {}, 'not served'],
  ['what Secrets Manager refuses', 'RotationSchedule', { SecretId: 'nowhere' }, 'ResourceNotFoundException'],
])('fails a deployment because of %s, and shows no value', async (_, type, properties, says) => {
  const { Status, Reason = '' } = await ask('Create', type, properties);

  expect(Status).toBe('FAILED');
  expect(Reason).toContain(says);
  expect(Reason).not.toContain('canary');
});

it('keeps what the registry in an account has issued from one call to the next, and forgets what was revoked', async () => {
  let text: string | undefined;
  const kept = {
    read: async () => text,
    write: async (written: string) => {
      text = written;
    },
  };
  const basic = { Authorization: `Basic ${Buffer.from('ci-bot:canary-npm-password').toString('base64')}` };
  const call = async (method: string, rawPath: string, headers: Record<string, string>, body?: object) => {
    const json = { ...headers, 'Content-Type': 'application/json' };
    const sent = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)).toString('base64') };
    const requestContext = { http: { method } };
    return answer({ rawPath, rawQueryString: '', headers: json, requestContext, isBase64Encoded: true, ...sent }, kept);
  };
  const wanted = { password: 'canary-npm-password', readonly: false, cidr_whitelist: [] };

  const made = JSON.parse((await call('POST', '/-/npm/v1/tokens', basic, wanted)).body) as { token: string; key: string };
  const own = { Authorization: `Bearer ${made.token}` };

  expect(JSON.parse((await call('GET', '/-/whoami', own)).body)).toEqual({ username: 'ci-bot' });
  await call('DELETE', `/-/npm/v1/tokens/token/${made.key}`, basic);
  expect((await call('GET', '/-/whoami', own)).statusCode).toBe(403);
});

it('undoes the last first, whatever becomes of each, and nothing twice', async () => {
  const undone: string[] = [];
  const cleanup = createCleanup();
  cleanup.add('first', () => void undone.push('first'));
  cleanup.add('broken', () => Promise.reject(new Error('it is stuck')));
  cleanup.add('last', () => void undone.push('last'));

  expect(await cleanup.run()).toEqual(['broken: it is stuck']);
  await cleanup.run();
  expect(undone).toEqual(['last', 'first']);
});

it('throws for what does not hold, and counts only what does', () => {
  const report = createReport({ isSilent: true });
  report.holds('two is two', [2], [2]);

  expect(() => report.holds('two is three', 2, 3)).toThrow('two is three: expected 3, and it is 2');
  expect(report.held).toEqual(['two is two']);
});

it('says in one sentence that Python is missing, ends with 2, and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-'));
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/test-deploy.ts', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, PYTHON: 'no-such-python', TMPDIR: folder },
  });

  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    held: [],
    failure: expect.stringContaining('no-such-python was not found'),
  });
  expect(readdirSync(folder).filter((name) => name.startsWith('keyturn-'))).toEqual([]);
  rmSync(folder, { recursive: true });
});
