import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'mongodb-atlas-api-key',
  title: 'MongoDB Atlas API key',
  summary:
    'Uses the Administration API of a MongoDB Atlas organization in the roles that it has. Service accounts are what Atlas recommends.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 250 }),
  list: can(),
  revoke: can(),
  expiry: cannot('API keys of Atlas never expire; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: cannot('Atlas tells it for the entries of the access list only'),
  slots: cannot('Atlas names no limit that could be looked up'),
  parts: { publicKey: 'the public key, the user of digest authentication' },
  requiredParts: ['publicKey'],
  valueBytes: 64,
  settleSeconds: 10,
  deathSeconds: 10,
  leastPrivilege: [
    'In Atlas under Organization > Access Manager > Applications, make a service account of its own for Keyturn. Only an Organization Owner may make API keys, so guard it accordingly.',
    'Let the addresses of the rotation function into its API access list, if the organization asks for one.',
    'Store it as {"clientId": "mdb_sa_id_...", "clientSecret": "mdb_sa_sk_..."} in the authority secret, and put it into the catalog as a token of its own: its secret expires.',
    'Give the token the fewest `roles`, and name under `accessList` who uses it. Grants for single projects are not carried over: give the role in the organization.',
  ],
  byHand: [
    'In Atlas open Organization > Access Manager > API Keys and choose "Create API Key".',
    'Give it the roles and the access list of the old one, and copy the private key at once: it is not shown again.',
    'Store both keys in the secret, and rotate the dependents.',
    'Delete the old one on the same page when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in at cloud.mongodb.com as an owner of the organization, open Access Manager > API Keys, make a key by hand and delete the old one.',
  sources: [
    {
      says: "POST, GET and DELETE of an organization's API keys and POST of their access lists; the private key is told once; GET /api/atlas/v2 tells who asks",
      url: 'https://github.com/mongodb/atlas-sdk-go/blob/main/openapi/atlas-api-transformed.yaml',
      checked: '2026-11-22',
    },
    {
      says: 'API keys are shown by digest authentication, and are a legacy option',
      url: 'https://www.mongodb.com/docs/atlas/configure-api-access/',
      checked: '2026-11-22',
    },
    {
      says: 'how a challenge is answered, with MD5 or SHA-256 and qop auth',
      url: 'https://www.rfc-editor.org/rfc/rfc7616',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that a 403 is said of live keys only, which are used from an address that is not in their access list',
      setting: 'scope.accessList',
    },
    { says: 'how long a private key may be: 36 characters so far, taken to be 64 at most', setting: 'facts.valueBytes' },
    { says: 'how long a new key may be refused, and a deleted one work: taken to be 10 s each', setting: 'facts.settleSeconds' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
