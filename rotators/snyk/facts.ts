import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'snyk',
  title: 'Snyk service account key',
  summary:
    'Tests and reads projects of one organization or group of Snyk, with the role of a service account that lives as long as the key.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: cannot('API keys of service accounts never expire; the catalog sets the age instead'),
  scopes: cannot('the rights are those of the role; a key has none of its own'),
  lastUsed: cannot('Snyk does not tell when a service account was used'),
  slots: cannot('Snyk names no limit for service accounts'),
  parts: {},
  requiredParts: [],
  valueBytes: 36,
  settleSeconds: 60,
  deathSeconds: 120,
  leastPrivilege: [
    'Service accounts need the Enterprise plan of Snyk.',
    'In Snyk open the group, then Settings > Member Roles, and make a role that has what the token shall do: its id is the `roleId`.',
    'Make another role with just viewing, creating and removing service accounts, and a service account with it in the same organization or group: its API key is the authority.',
    'Store it in the authority secret, bare or as {"value": "..."}.',
  ],
  byHand: [
    'In Snyk open the organization or group, then Settings > Service Accounts, and create one with the role of the old one and an API key.',
    'Copy the key at once: it is not shown again.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old service account on the same page when nothing uses its key any more.',
  ],
  ifAllElseFails:
    'sign in to Snyk as an administrator, open Settings > Service Accounts, make a service account by hand and delete the old one.',
  sources: [
    {
      says: 'POST, GET and DELETE of service_accounts in organizations and groups, their pages and answers; every call names a version',
      url: 'https://docs.snyk.io/snyk-api/reference/serviceaccounts',
      checked: '2026-11-25',
    },
    {
      says: 'GET /rest/self tells a service account its id and name, and answers 401 to a key that is not known',
      url: 'https://docs.snyk.io/snyk-api/reference/users',
      checked: '2026-11-25',
    },
    {
      says: 'each region has an API of its own, and an API key is sent as `token`',
      url: 'https://docs.snyk.io/snyk-api/rest-api/about-the-rest-api',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a new key may be refused: taken to be 60 s', setting: 'facts.settleSeconds' },
    { says: 'how long the key of a deleted account works: taken to be 120 s', setting: 'facts.deathSeconds' },
    {
      says: 'that the id which /self tells is that of the service account; it is looked up before it is believed',
      setting: 'keyturn adopt',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
