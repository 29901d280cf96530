import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'plaid',
  title: 'Plaid client secret',
  summary:
    'The secret with which one client of Plaid proves itself in one environment; it stands beside every access token of a bank login.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: cannot('a secret has no name'),
  list: cannot('secrets are shown in the Plaid Dashboard only'),
  revoke: cannot('Plaid deletes secrets in its Dashboard only'),
  expiry: cannot('secrets never expire; the catalog sets the age instead'),
  scopes: cannot('a secret may do what the team may'),
  lastUsed: cannot('Plaid does not tell when a secret was used'),
  slots: cannot('each environment has two secrets at most, and no API tells how many there are'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 64,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the client and its secret are all that Keyturn needs.',
    'In the Plaid Dashboard under Team Settings > Members, give access to the secrets of production to the few who need it.',
    'Access tokens of bank logins are not rotated with it, and need not be: they go on working with the new secret.',
  ],
  byHand: [
    'Sign in to dashboard.plaid.com as a member who may see the secrets of the environment that the catalog names.',
    'Open Developers > Keys. If the environment has two secrets already, the old one of last time still waits to be deleted: do that first.',
    'Choose "Rotate secret" at the right of the secret of that environment. There is a second secret now, and both work. There are no scopes to tick.',
    'Copy the new one and submit it. Do not press "Delete" yet: to delete the new one takes the rotation back, to delete the old one locks out whoever still has it.',
    'When Keyturn says that the old one waits for a person, delete the old one on the same page. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to dashboard.plaid.com as an administrator of the team, open Developers > Keys, rotate the secret there, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'a secret is rotated in the Dashboard: old and new both work until one of them is deleted there',
      url: 'https://plaid.com/docs/account/security/',
      checked: '2026-11-22',
    },
    {
      says: 'every refusal is a 400, and its error_code tells what it is: INVALID_API_KEYS of a secret that is not known, or of another environment',
      url: 'https://github.com/plaid/plaid-openapi',
      checked: '2026-11-22',
    },
    {
      says: 'POST /institutions/get takes the client, its secret, a count, an offset and countries, and changes nothing',
      url: 'https://github.com/plaid/plaid-openapi',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'that every client may list institutions of the country that the catalog names', setting: 'scope.countryCode' },
    { says: 'how long secrets get: taken to be 64 characters, where 30 are usual', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
