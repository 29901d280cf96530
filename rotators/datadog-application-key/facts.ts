import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'datadog-application-key',
  title: 'Datadog application key',
  summary: 'Reads and changes what one service account of Datadog may, as far as its scopes go; it is sent with an API key.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: cannot('Datadog application keys never expire; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: can({ granularityMinutes: 1440, lagMinutes: 1440 }),
  slots: cannot('Datadog names no limit for the keys of a service account'),
  parts: { apiKey: 'the API key of the authority, without which no application key can be used' },
  requiredParts: ['apiKey'],
  valueBytes: 64,
  settleSeconds: 60,
  deathSeconds: 120,
  leastPrivilege: [
    'In Datadog under Organization Settings > Service Accounts, make a service account with the role that the token shall have: it is the `serviceAccountId`.',
    'Make another one for Keyturn, with a role of its own: Service Account Write. Make an application key for it with just the scope `service_account_write`.',
    'Make an API key that is used for nothing else and is not rotated by itself: it is stored beside every application key, because no application key can be used or proven dead without one.',
    'Store both as {"apiKey": "...", "applicationKey": "..."} in the authority secret.',
  ],
  byHand: [
    'In Datadog open Organization Settings > Service Accounts, choose the account, and under Application Keys "New Key".',
    'Give it the scopes of the old one and copy it at once: it is not shown again.',
    'Store it in the secret beside the API key, and rotate the dependents.',
    'Revoke the old one on the same page when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in to Datadog as an administrator, open Organization Settings > Service Accounts, make a key for the account by hand and revoke the old one.',
  sources: [
    {
      says: 'POST, GET and DELETE of application_keys of a service account, and their pages; a value is told once',
      url: 'https://docs.datadoghq.com/api/latest/service-accounts/',
      checked: '2026-11-25',
    },
    {
      says: 'GET /api/v2/validate_keys answers 200 where both keys are valid, and 401 or 403 where one is not',
      url: 'https://docs.datadoghq.com/api/latest/key-management/validate-api-and-application-keys/',
      checked: '2026-11-25',
    },
    {
      says: 'a key without scopes may do all that its owner may; who disables a user ends their application keys',
      url: 'https://docs.datadoghq.com/account_management/api-app-keys/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'that validate_keys answers 200 to a live key whatever its scopes', setting: 'scope.scopes' },
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a value may be: 40 characters so far, and newer ones have a prefix', setting: 'facts.valueBytes' },
    { says: 'how long a new key may be refused: taken to be 60 s', setting: 'facts.settleSeconds' },
    { says: 'how long a revoked key works: taken to be 120 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be a day each', setting: 'facts.lastUsed' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
