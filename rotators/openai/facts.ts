import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'openai',
  title: 'OpenAI project key',
  summary: 'Calls the OpenAI API for one project, as a service account that lives as long as the key.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://api.openai.com/v1',
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: cannot('keys of service accounts never expire; the catalog sets the age instead'),
  scopes: cannot('a key of a service account may do what its project may, and no call tells its scopes'),
  lastUsed: can({ granularityMinutes: 1440, lagMinutes: 1440 }),
  slots: cannot('OpenAI names no limit for the service accounts of a project'),
  parts: {},
  requiredParts: [],
  valueBytes: 256,
  settleSeconds: 60,
  deathSeconds: 300,
  leastPrivilege: [
    'In OpenAI make a project of its own for what uses the token, with its own limits: a key of a service account may do whatever its project may.',
    'As an owner of the organization open Settings > Organization > Admin keys, and make an admin key for Keyturn.',
    'Store it in the authority secret, bare or as {"value": "sk-admin-..."}. It may do everything in the organization: let nobody else read that secret.',
  ],
  byHand: [
    'In OpenAI open the project, then API keys, and choose "Create new secret key" owned by a new service account.',
    'Copy it at once: it is not shown again.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old service account under Members of the project when nothing uses its key any more.',
  ],
  ifAllElseFails:
    'sign in at platform.openai.com as an owner, open the project, make a key for a new service account by hand and delete the old account.',
  sources: [
    {
      says: 'POST, GET and DELETE of the service accounts of a project; the value of the key is told once, when its account is made',
      url: 'https://platform.openai.com/docs/api-reference/project-service-accounts',
      checked: '2026-11-25',
    },
    {
      says: 'a key that belongs to a service account is not deleted by itself but with its account; a last use is told of each key',
      url: 'https://platform.openai.com/docs/api-reference/project-api-keys',
      checked: '2026-11-25',
    },
    {
      says: 'GET /models answers 401 to a key that is not known',
      url: 'https://platform.openai.com/docs/api-reference/models/list',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a value may be: some 170 characters were seen', setting: 'facts.valueBytes' },
    { says: 'how long a new key may be refused: taken to be 60 s', setting: 'facts.settleSeconds' },
    { says: 'how long the key of a deleted account works: taken to be 300 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be a day each', setting: 'facts.lastUsed' },
    { says: 'that an account that is gone is answered 404', setting: 'keyturn retire' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
