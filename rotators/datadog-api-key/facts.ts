import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'datadog-api-key',
  title: 'Datadog API key',
  summary: 'Submits metrics, logs and traces to one organization of Datadog, and stands beside every application key.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: cannot('Datadog API keys never expire; the catalog sets the age instead'),
  scopes: cannot('an API key may submit whatever its organization takes, and no call that is settled tells more'),
  lastUsed: can({ granularityMinutes: 1440, lagMinutes: 1440 }),
  slots: cannot('an organization has 50 at first, which Datadog raises on request, and no call tells how many'),
  parts: {},
  requiredParts: [],
  valueBytes: 32,
  settleSeconds: 60,
  deathSeconds: 120,
  leastPrivilege: [
    'In Datadog under Organization Settings > Service Accounts, make a service account with a role of its own: API Keys Read, API Keys Write and API Keys Delete.',
    'Make an application key for it with just these scopes: `api_keys_read`, `api_keys_write`, `api_keys_delete`.',
    'Make an API key that is used for nothing else, and store both as {"apiKey": "...", "applicationKey": "..."} in the authority secret.',
  ],
  byHand: [
    'In Datadog open Organization Settings > API Keys and choose "New Key".',
    'Copy it, store it in the secret, and rotate the dependents: agents have to be restarted.',
    'Revoke the old one on the same page when nothing uses it any more; the page shows when it was last used.',
  ],
  ifAllElseFails:
    'sign in to Datadog as an administrator, open Organization Settings > API Keys, make a key by hand and revoke the old one.',
  sources: [
    {
      says: 'POST, GET and DELETE of /api/v2/api_keys, pages, and that a last use may be null; an id is told of a value by a call that is in preview',
      url: 'https://docs.datadoghq.com/api/latest/key-management/',
      checked: '2026-11-25',
    },
    {
      says: 'GET /api/v1/validate answers 403 to a key that is not known',
      url: 'https://docs.datadoghq.com/api/latest/authentication/validate-api-key/',
      checked: '2026-11-25',
    },
    {
      says: 'names are unique in an organization, which has 50 keys unless more are granted',
      url: 'https://docs.datadoghq.com/account_management/api-app-keys/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a new key may be refused: taken to be 60 s', setting: 'facts.settleSeconds' },
    { says: 'how long a revoked key works: taken to be 120 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be a day each', setting: 'facts.lastUsed' },
    { says: 'that GET /api/v2/validate, which is in preview, names a key by its value', setting: 'keyturn adopt' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
