import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Everything of this test is called by one of these, so that it is told from all else in an account. */
export const installation = 'keyturn-test';
const secretPrefix = 'keyturn-test-deploy';

export const names = {
  /** Adopted: it holds a token before Keyturn comes. */
  token: {
    name: 'npm-publish',
    secret: `${secretPrefix}/npm-publish`,
    field: 'NPM_TOKEN',
    provider: 'npm-registry',
    authority: `${secretPrefix}/authorities/registry`,
  },
  copy: { secret: `${secretPrefix}/npm-copy`, field: 'NPM_TOKEN' },
  /** Empty until the first sweep. */
  empty: {
    name: 'mail',
    secret: `${secretPrefix}/mail`,
    provider: 'sendgrid',
    authority: `${secretPrefix}/authorities/mail`,
  },
} as const;

export const secretNames: readonly string[] = [
  names.token.secret,
  names.token.authority,
  names.copy.secret,
  names.empty.secret,
  names.empty.authority,
];

/** The catalog that is deployed: two tokens of two providers. */
export function writeCatalog(
  folder: string,
  given: {
    readonly registryUrl: string;
    readonly user: string;
    readonly overlapHours: number;
    readonly hasMail: boolean;
  },
): void {
  const { registryUrl, user, overlapHours, hasMail } = given;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, 'keyturn.yaml'),
    `version: 1
people:
  ${owner.id}: { name: Ada Nordin, email: ${owner.email} }
  grace: { name: Grace Okoye, email: grace@example.com }
defaults:
  schedule: { everyDays: 30 }
`,
  );
  writeFileSync(
    join(folder, `${names.token.name}.yaml`),
    `description: Lets the build robot put packages on the registry of this test.
stopsWhenItFails: Nothing but this test.
owner: ada
backup: grace
account:
  signIn: https://registry.example.com/
  administrator: ada
  secondFactor: none
  recovery: It is thrown away at the end.
provider: ${names.token.provider}
scope: { registryUrl: "${registryUrl}", user: ${user} }
authority: ${names.token.authority}
secret: ${names.token.secret}
adopt: true
mode: retire
value: { format: json, fields: { value: ${names.token.field} } }
overlapHours: ${overlapHours}
dependents:
  - name: build copy
    kind: aws-secrets-manager-secret
    target: { secret: ${names.copy.secret}, field: ${names.copy.field} }
`,
  );
  if (!hasMail) return;
  writeFileSync(
    join(folder, `${names.empty.name}.yaml`),
    `description: Sends the mail of this test, which nobody gets.
stopsWhenItFails: Nothing but this test.
owner: ada
backup: grace
account:
  signIn: https://app.sendgrid.com/login
  administrator: ada
  secondFactor: none
  recovery: It is thrown away at the end.
provider: ${names.empty.provider}
scope: { scopes: [mail.send], onBehalfOf: mailer }
authority: ${names.empty.authority}
secret: ${names.empty.secret}
overlapHours: 24
dependents: []
`,
  );
}

/** Who owns both tokens. */
export const owner = { id: 'ada', email: 'ada@example.com' } as const;

/** The names of what is deployed. */
export const functionPrefix = `${installation}-`;
export const reconciler = `${functionPrefix}reconcile`;
export const teller = `${functionPrefix}notify`;
export const pages = `${functionPrefix}console`;
/** Whoever comes to the console from here is let in to sign in: on an account nobody, because these addresses are nobody's. */
export const admitted = { range: '192.0.2.0/24', one: '192.0.2.7', other: '198.51.100.7' } as const;
export function functionOf(provider: string): string {
  return `${functionPrefix}rotate-${provider}`;
}
export const calendar = `${functionPrefix}calendar`;
/** A queue of this test that hears what one person is told. */
export const mailbox = `${functionPrefix}mailbox`;
export const historyTable = `${installation}-history`;
