import { Annotations, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type CatalogEntry, isScheduled } from '../catalog/catalog.ts';
import { secretArnPattern } from '../catalog/secret-id.ts';
import type { Mode } from '../engine/token.ts';
import { CalendarFeed } from './calendar-feed.ts';
import { Console } from './console.ts';
import { History } from './history.ts';
import { Notifications } from './notifications.ts';
import { Observability } from './observability.ts';
import type { Prepared } from './prepare.ts';
import { Reconciler } from './reconciler.ts';
import { RotatedToken } from './rotated-token.ts';
import { RotatorFunction, rotatorArn } from './rotator-function.ts';
import { namesOf, type Settings } from './settings.ts';
import { Teller } from './teller.ts';

export interface KeyturnStackProps extends StackProps, Settings {
  /** What {@link prepare} answered. */
  readonly prepared: Prepared;
}

/** The main stack: everything that is not a token, and the first tokens. Further ones are in {@link TokensStack}s. */
export class KeyturnStack extends Stack {
  readonly notifications: Notifications;
  readonly history: History;
  /** By provider. */
  readonly rotators: ReadonlyMap<string, RotatorFunction>;
  readonly reconciler: Reconciler;
  readonly teller: Teller;
  /** Where it was asked for. */
  readonly console: Console | undefined;
  readonly observability: Observability;
  /** Only where it was asked for. */
  readonly calendarFeed: CalendarFeed | undefined;
  /** By the token's name. */
  readonly tokens: ReadonlyMap<string, RotatedToken>;

  constructor(scope: Construct, id: string, props: KeyturnStackProps) {
    const { prepared, ...settings } = props;
    const { catalog, codeFolder } = prepared;
    super(scope, id, { description: describe('Keyturn rotates API tokens.', prepared), ...props });
    prepareStack(this, settings, prepared);
    const { entries } = catalog;
    this.notifications = new Notifications(this, 'Notifications', { settings });
    const { notifications } = this;
    const { bus, failures, operators, people } = notifications;
    this.history = new History(this, 'History', { settings });
    const { history } = this;
    this.rotators = new Map(
      [...prepared.catalogFolders].map(([provider, catalogFolder]) => {
        const own = entries.filter(({ token }) => token.provider === provider);
        const rotator = { provider, entries: own, codeFolder, catalogFolder, bus, history, failures, settings };
        return [provider, new RotatorFunction(this, `Rotator-${provider}`, rotator)];
      }),
    );
    const { indexFolder, directory, directoryFolder } = prepared;
    const planned = { entries, codeFolder, indexFolder, history, failures, bus, people, settings };
    this.reconciler = new Reconciler(this, 'Reconciler', planned);
    const { wholeFolder } = prepared;
    this.console =
      settings.console &&
      new Console(this, 'Console', { ...settings.console, entries, codeFolder, wholeFolder, history, failures, settings });
    const telling = { directory, codeFolder, directoryFolder, notifications, settings };
    const consoleUrl = this.console?.url;
    this.teller = new Teller(this, 'Teller', { ...telling, ...(consoleUrl === undefined ? {} : { consoleUrl }) });
    const feed = { entries, codeFolder, indexFolder, history, failures, settings };
    this.calendarFeed = settings.calendarFeed === true ? new CalendarFeed(this, 'CalendarFeed', feed) : undefined;
    const { rotators, reconciler } = this;
    this.observability = new Observability(this, 'Observability', { rotators, reconciler, failures, operators, settings });
    this.tokens = addTokens(this, tokensOf(this, prepared, 1), settings, this.rotators);
    if (settings.alarmsEmail === undefined)
      Annotations.of(this).addWarningV2(
        'keyturn:nobody-is-told',
        'No address is given for alarms, so that nobody is told of them: set `keyturn:alarmsEmail`.',
      );
    if (prepared.localEndpoint !== undefined) {
      const { url } = prepared.localEndpoint;
      new CfnOutput(this, 'LocalEndpoint', {
        value: url,
        description: 'These functions are built for an emulator of AWS, and reach no other.',
      });
    }
  }
}

export interface TokensStackProps extends KeyturnStackProps {
  /** Its number in the file that keeps each token's stack: 2 or more. */
  readonly number: number;
}

/** Tokens that have no room in the main stack, which has to be deployed before it. */
export class TokensStack extends Stack {
  readonly tokens: ReadonlyMap<string, RotatedToken>;

  constructor(scope: Construct, id: string, props: TokensStackProps) {
    const { prepared, number, ...settings } = props;
    super(scope, id, { description: describe(`Tokens that Keyturn rotates, part ${number}.`, prepared), ...props });
    prepareStack(this, settings, prepared);
    this.tokens = addTokens(this, tokensOf(this, prepared, number), settings, undefined);
  }
}

export interface SpokeStackProps extends KeyturnStackProps {
  /** The main stack, with the functions. */
  readonly hub: KeyturnStack;
}

/**
 * The schedules of secrets in another account, and what lets the hub's functions at each: two resources a token. The secrets exist already
 * and have a key of their own whose policy lets those functions decrypt; a resource policy that one had before is replaced.
 */
export class SpokeStack extends Stack {
  constructor(scope: Construct, id: string, props: SpokeStackProps) {
    const { prepared, hub, ...settings } = props;
    super(scope, id, {
      description: describe('Tokens of this account that Keyturn rotates from another one.', prepared),
      ...props,
    });
    prepareStack(this, settings, prepared);
    const names = namesOf(settings);
    const entries = prepared.catalog.entries.filter(({ token }) => accountOf(token.secret) === this.account);
    for (const { token, schedule, needs } of entries) {
      const rotator = hub.rotators.get(token.provider);
      if (rotator === undefined) continue;
      const statement = (principal: string, actions: readonly string[]) => ({
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: actions,
        Resource: '*', // in the policy of one secret: that secret
      });
      const writes =
        token.mode === 'observe' || token.rotation === 'external'
          ? []
          : ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];
      const policy = new CfnResourcePolicy(this, `${token.name}-Access`, {
        secretId: token.secret,
        blockPublicPolicy: true,
        resourcePolicy: {
          Version: '2012-10-17',
          Statement: [
            statement(rotator.function.role.roleArn, [
              'secretsmanager:DescribeSecret',
              'secretsmanager:GetSecretValue',
              ...writes,
            ]),
            statement(hub.reconciler.function.role.roleArn, ['secretsmanager:DescribeSecret']),
            ...(hub.console === undefined
              ? []
              : [statement(hub.console.function.role.roleArn, consoleActions(token.mode, token.rotation))]),
          ],
        },
      });
      if (!isScheduled({ token, needs })) continue;
      const functionArn = rotatorArn(hub, names.rotator(token.provider));
      new RotatedToken(this, token.name, { secret: token.secret, isAdopted: true, functionArn, schedule, after: [policy] });
    }
  }
}

/** What people do by the console with a secret of another account, and none of it reads a value. */
function consoleActions(mode: Mode, rotation: 'external' | undefined): readonly string[] {
  const looking = ['secretsmanager:DescribeSecret'];
  if (mode === 'observe' || rotation === 'external') return looking;
  return [...looking, 'secretsmanager:RotateSecret', 'secretsmanager:UpdateSecretVersionStage'];
}

/** The accounts besides the stack's own in which the catalog has secrets to rotate. */
export function spokesOf({ catalog }: Prepared, own: string): readonly string[] {
  const accounts = catalog.entries.flatMap(({ token }) => accountOf(token.secret) ?? []);
  return [...new Set(accounts)].filter((account) => account !== own).sort();
}

function accountOf(secret: string): string | undefined {
  return secretArnPattern.test(secret) ? secret.split(':')[4] : undefined;
}

function tokensOf(stack: Stack, { catalog, stacks }: Prepared, number: number): readonly CatalogEntry[] {
  const isHere = (secret: string) => (accountOf(secret) ?? stack.account) === stack.account;
  return catalog.entries.filter(({ token }) => stacks.get(token.name) === number && isHere(token.secret));
}

function addTokens(
  stack: Stack,
  entries: readonly CatalogEntry[],
  settings: Settings,
  rotators: ReadonlyMap<string, RotatorFunction> | undefined,
): ReadonlyMap<string, RotatedToken> {
  const names = namesOf(settings);
  return new Map(
    entries.map(({ token, isAdopted, description, schedule, needs }) => {
      const functionArn = rotatorArn(stack, names.rotator(token.provider));
      const made = new RotatedToken(stack, token.name, {
        secret: token.secret,
        isAdopted,
        description,
        ...(settings.keyArn === undefined ? {} : { keyArn: settings.keyArn }),
        ...(isScheduled({ token, needs })
          ? { functionArn, schedule, after: rotators?.get(token.provider)?.permissions ?? [] }
          : {}),
      });
      return [token.name, made];
    }),
  );
}

function describe(what: string, { localEndpoint }: Prepared): string {
  return localEndpoint === undefined ? what : `LOCAL ENDPOINT, not for AWS. ${what}`;
}

/** What holds for everything in any of our stacks. */
function prepareStack(
  stack: Stack,
  { permissionsBoundaryArn, ...settings }: Settings,
  { localEndpoint, warnings }: Prepared,
): void {
  Tags.of(stack).add('keyturn:installation', namesOf(settings).prefix);
  if (permissionsBoundaryArn !== undefined)
    PermissionsBoundary.of(stack).apply(ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', permissionsBoundaryArn));
  if (settings.subnetIds !== undefined && settings.securityGroupIds === undefined)
    Annotations.of(stack).addError('Subnets are given without security groups: set `keyturn:securityGroupIds` too.');
  for (const { file, line, code, message, fix } of warnings)
    Annotations.of(stack).addWarningV2(`keyturn:${code}`, `${file}:${line}: ${message} ${fix}`);
  if (localEndpoint === undefined) return;
  Tags.of(stack).add('keyturn:local-endpoint', 'true');
  Annotations.of(stack).addWarningV2(
    'keyturn:local-endpoint',
    `These functions are built for the emulator at ${localEndpoint.url}: do not deploy them to AWS.`,
  );
}
