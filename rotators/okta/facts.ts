import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'okta',
  title: 'Okta client secret',
  summary: 'The secret with which one application of an Okta organization proves itself when it asks for access tokens.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'orgUrl' },
  mark: cannot('a client secret has no name or description'),
  list: can(),
  revoke: can(),
  expiry: cannot('client secrets of Okta never expire; the catalog sets the age instead'),
  scopes: cannot('what may be asked for is set at the application and the authorization server, not at the secret'),
  lastUsed: cannot('Okta does not tell when a secret was used'),
  slots: can({ live: 2 }),
  parts: {},
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 10,
  deathSeconds: 10,
  leastPrivilege: [
    'In the Okta Admin Console, make an administrator of its own for Keyturn, with a custom role that may manage this one application and nothing else.',
    'Sign in as that administrator, make an API token under Security > API > Tokens, and store it in the authority secret: the bare token, or {"value": "00..."}.',
    'An API token ends after 30 days without use: sweeps use it more often than that, as long as Keyturn runs. Put it into the catalog as a token of its own.',
    'Leave the second place free: an application has two secrets at most, inactive ones included.',
    'Say `exclusive: true` in the catalog when nobody else makes secrets for that application: only then can lost ones be told and deleted.',
  ],
  byHand: [
    'In the Okta Admin Console open Applications, choose the application, and under General > Client Credentials choose "Generate new secret".',
    'Store it in the secret, and rotate the dependents.',
    'When nothing uses the old one any more, set it to inactive, wait, and delete it.',
  ],
  ifAllElseFails:
    'sign in to the Okta Admin Console, open the application, and under General > Client Credentials make a secret by hand, deactivate the old one and delete it.',
  sources: [
    {
      says: "POST, GET and DELETE of an application's secrets; only an inactive one can be deleted, the only one cannot be deactivated, and lists show secrets in clear",
      url: 'https://github.com/okta/okta-management-openapi-spec/blob/master/dist/current/management-minimal.yaml',
      checked: '2026-11-22',
    },
    {
      says: 'introspection answers 200 to a client that proves itself, and 401 invalid_client to one that does not',
      url: 'https://developer.okta.com/docs/reference/api/oidc/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that an application may show its secret by basic authentication, whatever method it is set to',
      setting: 'checks',
    },
    { says: 'how long a secret may be: 40 characters where Okta chooses, taken to be 128 at most', setting: 'facts.valueBytes' },
    { says: 'how long a new secret may be refused: taken to be 10 s', setting: 'facts.settleSeconds' },
    { says: 'how long a secret that was deactivated works: taken to be 10 s', setting: 'facts.deathSeconds' },
    {
      says: 'that introspection asks for the secret of every kind of application; one that proves itself by a signed JWT has none',
      setting: 'checks',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
