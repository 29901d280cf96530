// Goal: the console on AWS is there only where it was asked for, open only to whom it was opened, and its role can do what people do, and read no value.
// Method: stacks of a catalog with one token of each sort, as they are deployed; and what may not be deployed.
import { describe, expect, it } from 'vitest';
import { readContext } from '../../lib/constructs/context.ts';
import type { ConsoleSettings } from '../../lib/constructs/settings.ts';
import { tokenFile } from './fleet.ts';
import { account, region, type Synthesized, statementsOf, synthesize, text } from './setup.ts';

const farSecret = `arn:aws:secretsmanager:${region}:222222222222:secret:shop/far-AbCdEf`;
const files = {
  'mail.yaml': tokenFile('lantern-1', 'shop/mail'),
  'watched.yaml': tokenFile('lantern-2', 'shop/watched', 'adopt: true\n'),
  'typed.yaml': tokenFile('by-hand', 'shop/typed').replace(/authority: .*\n/, ''),
  'far.yaml': tokenFile('lantern-2', farSecret),
};
const office = ['203.0.113.0/24', '2001:db8::/32'];
const deploy = (console?: ConsoleSettings) =>
  synthesize(files, { otherAccounts: ['222222222222'], ...(console === undefined ? {} : { console }) });
const deploymentIn = (stack: Synthesized) => {
  const [fn] = Object.values(stack.of('AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.FunctionName === 'keyturn-console',
  );
  return JSON.parse(text(fn?.Properties.Environment.Variables.KEYTURN_CONSOLE)) as Record<string, unknown>;
};

it('is not there unless somebody asks for it', async () => {
  const without = await deploy();

  for (const type of ['AWS::ApiGatewayV2::Api', 'AWS::Cognito::UserPool', 'AWS::Lambda::Url'])
    expect(without.of(type)).toEqual({});
  expect(Object.keys(without.of('AWS::Lambda::Function'))).toHaveLength(5);
});

describe('its role', () => {
  it('looks, moves labels, asks for rotations and jobs, writes what people do, and can read no value', async () => {
    const stack = await deploy({ admit: office });

    const statements = statementsOf(stack, 'keyturn-console');
    const actions = [...new Set(statements.flatMap(({ Action }) => Action))].sort();
    expect(actions).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecrets',
      'secretsmanager:PutSecretValue',
      'secretsmanager:RotateSecret',
      'secretsmanager:UpdateSecretVersionStage',
    ]);
    expect(actions.join()).not.toMatch(/GetSecretValue|kms:|sts:/);
  });

  it('puts values only where a person makes them, and tells Secrets Manager of no function but ours', async () => {
    const stack = await deploy({ admit: office });

    const statements = statementsOf(stack, 'keyturn-console');
    const putting = statements.filter(({ Action }) => Action.includes('secretsmanager:PutSecretValue'));
    const naming = statements.filter(({ Condition }) =>
      JSON.stringify(Condition ?? {}).includes('secretsmanager:RotationLambdaARN'),
    );
    expect(putting.flatMap(({ Resource }) => Resource)).toEqual(naming.flatMap(({ Resource }) => Resource));
    expect(putting.flatMap(({ Resource }) => Resource).join()).not.toContain('*');
    expect(JSON.stringify(naming.map(({ Condition }) => Condition))).toContain('keyturn-rotate-');
  });

  it('moves labels of secrets that a function of ours rotates, of those that people make by hand, and of no other', async () => {
    const stack = await deploy({ admit: office });

    const moving = statementsOf(stack, 'keyturn-console').filter(({ Action }) =>
      Action.includes('secretsmanager:UpdateSecretVersionStage'),
    );
    expect(moving.map(({ Resource, Condition }) => [Resource, Condition === undefined])).toEqual([
      [[`arn:aws:secretsmanager:${region}:${account}:secret:*`, `arn:aws:secretsmanager:${region}:222222222222:secret:*`], false],
      [[`arn:aws:secretsmanager:${region}:${account}:secret:shop/typed-??????`], true],
    ]);
    expect(JSON.stringify(moving[0]?.Condition)).toMatch(/AllowRotationLambdaArn.*keyturn-rotate-by-hand/);
  });

  it('writes into the history of tokens with what it proves, alerts, pauses and sessions, and nowhere else', async () => {
    const stack = await deploy({ admit: office });

    const keys = (action: string) =>
      statementsOf(stack, 'keyturn-console')
        .filter(({ Action }) => Action.includes(action))
        .map(({ Condition }) => (Condition as Record<string, Record<string, unknown>>)['ForAllValues:StringLike']);
    expect(keys('dynamodb:PutItem')).toEqual([
      { 'dynamodb:LeadingKeys': ['*#token#*', '*#proofs', 'fleet:alerts', 'fleet:pauses', 'fleet:sessions'] },
    ]);
    expect(keys('dynamodb:DeleteItem')).toEqual([{ 'dynamodb:LeadingKeys': ['fleet:pauses', 'fleet:sessions'] }]);
  });

  it('is let at secrets of other accounts by their own policy, without their value', async () => {
    const stack = await deploy({ admit: office });

    const [policy] = Object.values(stack.of('AWS::SecretsManager::ResourcePolicy', 'keyturn-spoke-222222222222'));
    const statements = policy?.Properties.ResourcePolicy.Statement as { Principal: { AWS: unknown }; Action: string[] }[];
    expect(statements.map(({ Action }) => Action)).toContainEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:RotateSecret',
      'secretsmanager:UpdateSecretVersionStage',
    ]);
  });
});

describe('who comes in', () => {
  it('is whoever signs in at a pool that only an administrator fills, by a client without a secret, from the named addresses', async () => {
    const stack = await deploy({ admit: office });

    stack.main.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    });
    stack.main.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      PreventUserExistenceErrors: 'ENABLED',
    });
    const groups = Object.values(stack.of('AWS::Cognito::UserPoolGroup')).map(({ Properties }) => Properties.GroupName);
    expect(groups.sort()).toEqual(['keyturn-admin', 'keyturn-operator', 'keyturn-viewer']);
    expect(deploymentIn(stack)).toMatchObject({
      admitted: office,
      installation: 'keyturn',
      origin: expect.stringMatching(/^<ConsoleApi\w+\.ApiEndpoint>$/),
      issuer: expect.stringMatching(/^https:\/\/cognito-idp\.eu-west-1\.amazonaws\.com\/<ConsoleUsers\w+>$/),
      groups: {
        claim: 'cognito:groups',
        of: { admin: 'keyturn-admin', operator: 'keyturn-operator', viewer: 'keyturn-viewer' },
      },
    });
    const [client] = Object.values(stack.of('AWS::Cognito::UserPoolClient'));
    expect(client?.Properties.CallbackURLs.map(text)).toEqual([`${deploymentIn(stack)['origin']}/signed-in`]);
  });

  it('is whoever an issuer knows that there was before', async () => {
    const stack = await deploy({
      isPublic: true,
      issuer: 'https://login.example.com/realms/shop',
      clientId: 'keyturn-console',
      viewerGroup: 'everybody',
    });

    expect(stack.of('AWS::Cognito::UserPool')).toEqual({});
    expect(deploymentIn(stack)).toMatchObject({
      admitted: 'everybody',
      issuer: 'https://login.example.com/realms/shop',
      clientId: 'keyturn-console',
      groups: { claim: 'groups', of: { admin: 'keyturn-admin', viewer: 'everybody' } },
    });
  });

  it('is slowed down, and written down without the code with which they sign in', async () => {
    const stack = await deploy({ admit: office });

    const [stage, ...others] = Object.values(stack.of('AWS::ApiGatewayV2::Stage'));
    expect(others).toEqual([]);
    expect(stage?.Properties.DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
    expect(stage?.Properties.AccessLogSettings.Format).toContain('$context.path');
    expect(stage?.Properties.AccessLogSettings.Format).not.toMatch(/query|cookie|requestTarget/i);
  });

  it('is led there by the messages', async () => {
    const stack = await deploy({ admit: office });

    const [teller] = Object.values(stack.of('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.FunctionName === 'keyturn-notify',
    );
    expect(text(teller?.Properties.Environment.Variables.KEYTURN_RUNBOOK_URL)).toBe(
      `${deploymentIn(stack)['origin']}/tokens/{token}`,
    );
  });
});

it.each<[string, ConsoleSettings, RegExp]>([
  ['says nothing of addresses', {}, /nobody is admitted/],
  ['names no address', { admit: [] }, /nobody is admitted/],
  ['is public and names addresses', { admit: office, isPublic: true }, /it is public, and yet/],
  ['names everybody by a range', { admit: ['0.0.0.0/0'] }, /"0\.0\.0\.0\/0" is no range/],
  ['misspells a range', { admit: ['203.0.113.0/24', '203.0.113/24'] }, /"203\.0\.113\/24" is no range/],
  ['has an issuer and no client', { admit: office, issuer: 'https://login.example.com' }, /belong together/],
  ['has an issuer without TLS', { admit: office, issuer: 'http://login.example.com', clientId: 'x' }, /https:/],
])('is refused where it %s', async (_, console, why) => {
  await expect(deploy(console)).rejects.toThrow(why);
});

it('is asked for by context, as JSON or as an object', () => {
  const console = { admit: office, groupsClaim: 'roles' };

  expect(readContext({ 'keyturn:console': console })).toMatchObject({ console });
  expect(readContext({ 'keyturn:console': JSON.stringify({ ...console, isPublic: 'false' }) })).toMatchObject({
    console: { ...console, isPublic: false },
  });
  expect(() => readContext({ 'keyturn:console': { admitted: office } })).toThrow(/console/);
});
