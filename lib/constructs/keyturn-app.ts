import { App, type AppProps, Aws } from 'aws-cdk-lib';
import { KeyturnStack, type KeyturnStackProps, SpokeStack, spokesOf, TokensStack } from './keyturn-stack.ts';
import { type Prepared, type PrepareOptions, prepare } from './prepare.ts';
import { namesOf, type Settings } from './settings.ts';

export interface KeyturnAppProps extends Settings, Omit<PrepareOptions, 'otherAccounts'> {
  /**
   * Tags on everything that takes them.
   * @default only our own: keyturn:installation, and keyturn:token on each secret
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default CDK's own: cdk.out, and the context of the command line */
  readonly app?: AppProps;
}

/** A CDK app that is one installation: the catalog as one stack, and as more when there are many tokens or other accounts. */
export class KeyturnApp extends App {
  readonly main: KeyturnStack;

  /** Checks the catalog, bundles the functions and makes the stacks. Throws {@link CatalogRefused} with everything that is wrong. */
  static async from(props: KeyturnAppProps): Promise<KeyturnApp> {
    return new KeyturnApp(props, await prepare(props));
  }

  private constructor({ app, ...props }: KeyturnAppProps, prepared: Prepared) {
    super(app);
    this.main = addKeyturn(this, props, prepared);
  }
}

/** Adds an installation's stacks to an app of one's own, beside whatever else is in it. Answers the main one. */
export function addKeyturn(app: App, props: Omit<KeyturnAppProps, 'app'>, prepared: Prepared): KeyturnStack {
  const { account, region, tags = {} } = props;
  const { prefix } = namesOf(props);
  const env = { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
  const settings: KeyturnStackProps = { ...settingsOf(props), env, tags: { ...tags }, prepared };
  const main = new KeyturnStack(app, prefix, settings);
  const numbers = [...new Set(prepared.stacks.values())].filter((number) => number > 1).sort((a, b) => a - b);
  for (const number of numbers)
    new TokensStack(app, `${prefix}-tokens-${number}`, { ...settings, number }).addStackDependency(main);
  for (const spoke of spokesOf(prepared, account ?? Aws.ACCOUNT_ID)) {
    const stack = new SpokeStack(app, `${prefix}-spoke-${spoke}`, { ...settings, env: { ...env, account: spoke }, hub: main });
    stack.addStackDependency(main);
  }
  return main;
}

function settingsOf(props: Settings): Settings {
  const { prefix, alarmsEmail, keyArn, otherKeyArns, otherAccounts, subnetIds, securityGroupIds, logRetentionDays } = props;
  const { jobsAtOnce, console, permissionsBoundaryArn, calendarFeed } = props;
  return Object.fromEntries(
    Object.entries({
      prefix,
      alarmsEmail,
      keyArn,
      otherKeyArns,
      otherAccounts,
      subnetIds,
      securityGroupIds,
      jobsAtOnce,
      console,
      logRetentionDays,
      permissionsBoundaryArn,
      calendarFeed,
    }).filter(([, value]) => value !== undefined),
  );
}
