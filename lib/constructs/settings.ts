import { RotationError } from '../engine/errors.ts';

/** What one installation of Keyturn can be told besides its catalog. */
export interface Settings {
  /**
   * Begins the name of everything that is made, so that several installations live side by side in one account.
   * @default 'keyturn'
   */
  readonly prefix?: string;
  /**
   * Who is told of alarms, and of tokens that belong to no team. They have to confirm the subscription that AWS sends them.
   * @default nobody: alarms go off in CloudWatch only, and synth warns
   */
  readonly alarmsEmail?: string;
  /**
   * The ARN of a KMS key for the secrets that are made.
   * @default the key of AWS, aws/secretsmanager
   */
  readonly keyArn?: string;
  /**
   * ARNs of KMS keys that adopted secrets, authorities and copies are encrypted with, where they are not {@link keyArn}.
   * @default none
   */
  readonly otherKeyArns?: readonly string[];
  /**
   * Accounts besides the own one that the catalog may name: for secrets to rotate there (each gets a stack), copies and roles.
   * @default none: an ARN of any other account is refused
   */
  readonly otherAccounts?: readonly string[];
  /**
   * Subnets for the functions. They need a way to the provider, and to Secrets Manager, DynamoDB, EventBridge, SQS, SNS and CloudWatch Logs.
   * @default the functions run outside of any VPC, which is the simplest and needs nothing
   */
  readonly subnetIds?: readonly string[];
  /**
   * Security groups for the functions: TCP 443 outward is enough.
   * @default required with subnetIds
   */
  readonly securityGroupIds?: readonly string[];
  /**
   * How many jobs of a provider are done at once: retiring, looking for strays, going on with a rotation. From 2 to 1000. What Secrets Manager asks
   * for by itself is not counted.
   * @default 5
   */
  readonly jobsAtOnce?: number;
  /**
   * How long the functions' logs are kept: one of the numbers that CloudWatch knows, such as 30, 90, 180, 365, 731.
   * @default 90
   */
  readonly logRetentionDays?: number;
  /**
   * The pages for people, behind an HTTP API.
   * @default there are none on AWS; `keyturn console` serves them on the machine of whoever uses them
   */
  readonly console?: ConsoleSettings;
  /**
   * The ARN of a policy that bounds every role that is made.
   * @default roles are bounded by nothing but their own policies
   */
  readonly permissionsBoundaryArn?: string;
  /**
   * Serves the calendars of people and teams at signed addresses. The address of the function is public, because calendar programs sign in nowhere.
   * @default false: `keyturn calendar` writes them as files
   */
  readonly calendarFeed?: boolean;
}

/** Who comes to the console, and how. */
export interface ConsoleSettings {
  /**
   * Ranges of addresses from which it may be opened: those of an office or a VPN, such as `203.0.113.0/24`.
   * @default nobody may, and synth refuses, unless `isPublic` is set
   */
  readonly admit?: readonly string[];
  /**
   * Lets everybody in the world see where to sign in.
   * @default false
   */
  readonly isPublic?: boolean;
  /**
   * An issuer of OpenID Connect that people have already, by its address.
   * @default a pool of users of Cognito is made
   */
  readonly issuer?: string;
  /**
   * A public client of that issuer (PKCE and no secret), whose redirect address is `<the console>/signed-in`.
   * @default required with issuer
   */
  readonly clientId?: string;
  /**
   * The claim that lists somebody's groups.
   * @default 'cognito:groups' with a pool that is made, 'groups' with another issuer
   */
  readonly groupsClaim?: string;
  /**
   * Whoever is in it sees everything, does everything, and may end what somebody else wanted kept.
   * @default '<prefix>-admin'
   */
  readonly adminGroup?: string;
  /**
   * Whoever is in it sees everything, and acts on every token.
   * @default '<prefix>-operator'
   */
  readonly operatorGroup?: string;
  /**
   * Whoever is in it sees everything.
   * @default '<prefix>-viewer'
   */
  readonly viewerGroup?: string;
}

/** Throws `catalog` where Lambda would not take it. */
export function jobsAtOnceOf({ jobsAtOnce = 5 }: Settings): number {
  if (Number.isInteger(jobsAtOnce) && jobsAtOnce >= 2 && jobsAtOnce <= 1000) return jobsAtOnce;
  throw new RotationError('catalog', `keyturn: Lambda does not work off ${jobsAtOnce} messages at once`, {
    fix: 'Set `keyturn:jobsAtOnce` to a whole number from 2 to 1000.',
  });
}

/** The names of what an installation makes. Fixed, so that nothing has to be exported from one stack to another. */
export function namesOf({ prefix = 'keyturn' }: Settings) {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(prefix)) {
    throw new RotationError('catalog', `keyturn: the prefix ${JSON.stringify(prefix)} cannot begin the names of resources`, {
      fix: 'Choose up to 20 lower case letters, digits and hyphens that begin with a letter.',
    });
  }
  return {
    prefix,
    bus: prefix,
    table: `${prefix}-history`,
    reconciler: `${prefix}-reconcile`,
    notify: `${prefix}-notify`,
    calendar: `${prefix}-calendar`,
    console: `${prefix}-console`,
    rotator(provider: string): string {
      const name = `${prefix}-rotate-${provider}`;
      if (name.length <= 64) return name;
      throw new RotationError('catalog', `keyturn: ${name} is longer than the 64 characters that Lambda takes`, {
        fix: 'Choose a shorter prefix.',
      });
    },
  };
}
