import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  FeaturePlan,
  Mfa,
  OAuthScope,
  UserPool,
  UserPoolClient,
  UserPoolDomain,
} from 'aws-cdk-lib/aws-cognito';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { roles } from '../console/guard.ts';
import type { ConsoleDeployment } from '../function/console.ts';
import { acknowledge } from './acknowledge.ts';
import { type CheckedConsole, checkConsole } from './console-settings.ts';
import { allow, KeyturnFunction } from './function.ts';
import type { History } from './history.ts';
import { describing } from './reconciler.ts';
import { accountsOf, rotatorArn, secretResource } from './rotator-function.ts';
import { type ConsoleSettings, namesOf, type Settings } from './settings.ts';

export interface ConsoleProps extends ConsoleSettings {
  /** Every token of the catalog. */
  readonly entries: readonly CatalogEntry[];
  /** Where the bundled handlers are: {@link Prepared.codeFolder}. */
  readonly codeFolder: string;
  /** Where the whole catalog lies: {@link Prepared.wholeFolder}. */
  readonly wholeFolder: string;
  /** Where it sees how tokens are, writes down what people do, and keeps who has signed in. */
  readonly history: History;
  /** Of the installation. The console is called by people, and sends nothing there. */
  readonly failures: IQueue;
  /** @default an installation called `keyturn` in its own account, outside of any VPC */
  readonly settings?: Settings;
}

/**
 * The pages for people on AWS: a function behind an HTTP API, open to the addresses that are named and to nobody else, and a pool of users in front
 * of it unless there is an issuer already. Its role reads no value of any secret, and decrypts nothing.
 */
export class Console extends Construct {
  readonly function: KeyturnFunction;
  readonly api: HttpApi;
  /** Where it is: `https://...`, without a slash at its end. */
  readonly url: string;
  /** Missing where people sign in elsewhere. */
  readonly userPool: UserPool | undefined;

  constructor(scope: Construct, id: string, props: ConsoleProps) {
    super(scope, id);
    const { entries, history, settings = {} } = props;
    const names = namesOf(settings);
    const checked = checkConsole(props, names.prefix);
    const { logRetentionDays = 90 } = settings;
    this.api = new HttpApi(this, 'Api', {
      apiName: names.console,
      description: 'The pages on which people see and renew tokens. Made by Keyturn.',
      createDefaultStage: false,
    });
    this.url = this.api.apiEndpoint;
    this.userPool = checked.issuer === undefined ? this.addUserPool(names.console) : undefined;
    const { issuer, clientId } = checked.issuer ?? this.addSignIn(this.userPool, names.prefix, names.console);
    const providers = [...new Set(entries.map(({ token }) => token.provider))].sort();
    const deployment: ConsoleDeployment = {
      origin: this.url,
      issuer,
      clientId,
      groups: checked.groups,
      admitted: checked.admitted,
      installation: names.prefix,
    };
    this.function = new KeyturnFunction(this, 'Console', {
      name: names.console,
      description: 'Shows people their tokens, and does what they ask for.',
      bundle: 'console',
      codeFolder: props.codeFolder,
      catalogFolder: props.wholeFolder,
      catalogVariable: 'KEYTURN_WHOLE_FILE',
      environment: { KEYTURN_CONSOLE: Stack.of(this).toJsonString(deployment), KEYTURN_TABLE: history.table.tableName },
      // As long as an HTTP API waits.
      timeout: Duration.seconds(29),
      statements: [
        ...consoleStatements(
          this,
          entries,
          providers.map((provider) => rotatorArn(this, names.rotator(provider))),
        ),
        ...history.statementsForConsole(),
      ],
      failures: props.failures,
      settings,
    });
    this.api.addRoutes({ path: '/{proxy+}', integration: new HttpLambdaIntegration('Pages', this.function.lambda) });
    this.api.addRoutes({ path: '/', integration: new HttpLambdaIntegration('Start', this.function.lambda) });
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${names.console}`,
      retention: logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      // People look at pages. Whoever asks faster than this is none, and shall cost nothing.
      throttle: { rateLimit: 20, burstLimit: 40 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        // Without what stands behind the path: there is the code with which somebody signs in.
        format: AccessLogFormat.custom(
          JSON.stringify({
            at: '$context.requestTime',
            address: '$context.identity.sourceIp',
            method: '$context.httpMethod',
            path: '$context.path',
            status: '$context.status',
            request: '$context.requestId',
          }),
        ),
      },
    });
    new CfnOutput(this, 'Url', { value: this.url, description: 'The console: where people see and renew their tokens.' });
    this.explain();
  }

  /** Into which an administrator puts people. Nobody registers by themselves. */
  private addUserPool(name: string): UserPool {
    const userPool = new UserPool(this, 'Users', {
      userPoolName: name,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 14,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: FeaturePlan.ESSENTIALS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnOutput(this, 'UserPoolId', {
      value: userPool.userPoolId,
      description: 'Where an administrator puts people and groups.',
    });
    const reason = 'The plan Plus costs by the user: choose it for the pool where its protection is wanted.';
    acknowledge(userPool, { 'AwsSolutions-COG8': reason });
    return userPool;
  }

  /** The pages on which people sign in, the console as their client, and a group for each role. */
  private addSignIn(userPool: UserPool | undefined, prefix: string, name: string): NonNullable<CheckedConsole['issuer']> {
    if (userPool === undefined) throw new TypeError('there is no pool of users to sign in to');
    const domain = new UserPoolDomain(this, 'Domain', {
      userPool,
      cognitoDomain: { domainPrefix: `${prefix}-${Stack.of(this).account}` },
    });
    const client = new UserPoolClient(this, 'Client', {
      userPool,
      userPoolClientName: name,
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      // A session of the console ends with it, and Cognito is asked anew.
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.hours(1),
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [`${this.url}/signed-in`],
        logoutUrls: [`${this.url}/signed-out`],
      },
    });
    client.node.addDependency(domain);
    for (const role of roles)
      new CfnUserPoolGroup(this, `Group-${role}`, { userPoolId: userPool.userPoolId, groupName: `${prefix}-${role}` });
    const { region, urlSuffix } = Stack.of(this);
    const issuer = `https://cognito-idp.${region}.${urlSuffix}/${userPool.userPoolId}`;
    return { issuer, clientId: client.userPoolClientId };
  }

  private explain(): void {
    for (const route of this.api.node.findAll())
      acknowledge(route, {
        'AwsSolutions-APIG4':
          'The function lets in nobody who has not signed in: an authorizer cannot send people to where they sign in.',
      });
  }
}

/** Labels, rotations and jobs of the catalog's tokens, and no value: what the commands do by the credentials of a person. */
function consoleStatements(
  scope: Construct,
  entries: readonly CatalogEntry[],
  functionArns: readonly string[],
): readonly PolicyStatement[] {
  if (entries.length === 0) return [];
  const { partition, region } = Stack.of(scope);
  const all = accountsOf(scope, entries).map((account) => `arn:${partition}:secretsmanager:${region}:${account}:secret:*`);
  const byHand = entries
    .filter(({ token, needs }) => token.mode !== 'observe' && token.rotation !== 'external' && needs.isAssisted)
    .map(({ token }) => secretResource(scope, token.secret));
  return [
    ...describing(scope, entries, functionArns),
    allow(['secretsmanager:ListSecrets'], ['*']), // it knows no resources
    allow(['secretsmanager:RotateSecret', 'secretsmanager:UpdateSecretVersionStage'], all, {
      StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': functionArns },
    }),
    ...(byHand.length === 0
      ? []
      : [
          // What a person gives goes in, and never out again.
          allow(['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'], byHand),
          allow(['secretsmanager:RotateSecret'], byHand, {
            StringEquals: { 'secretsmanager:RotationLambdaARN': functionArns },
          }),
        ]),
    // Who asks for a rotation must be allowed to invoke what does it; and going back asks whether the old one still works.
    allow(['lambda:InvokeFunction'], functionArns),
  ];
}
