import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'mongodb-atlas-service-account',
  title: 'MongoDB Atlas service account secret',
  summary: 'The secret with which one service account of a MongoDB Atlas organization asks for access to the Administration API.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: cannot('a secret has no name or description'),
  list: can(),
  revoke: can(),
  expiry: can({ maximumDays: 365 }),
  scopes: cannot('the roles are those of the service account; a secret has none of its own'),
  lastUsed: can({ granularityMinutes: 60, lagMinutes: 1440 }),
  slots: can({ live: 2 }),
  parts: {
    clientId: 'the client id of the service account, which never changes',
    orgId: 'the organization, where the secret is to have the shape that AWS gives to such secrets',
  },
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 10,
  deathSeconds: 10,
  leastPrivilege: [
    'In Atlas under Organization > Access Manager > Applications, make a service account of its own for Keyturn. Only an Organization Owner may make secrets for others, so guard it accordingly.',
    'Let the addresses of the rotation function into its API access list, if the organization asks for one.',
    'Store it as {"clientId": "mdb_sa_id_...", "clientSecret": "mdb_sa_sk_..."} in the authority secret, and put it into the catalog as a token of its own: its secret expires too.',
    'Keep `overlapHours` below 168: a new secret cuts the life of the old one to seven days, whatever we do.',
    'Say `exclusive: true` in the catalog when nobody else makes secrets for the account of the token: only then can lost ones be told and deleted.',
  ],
  byHand: [
    'In Atlas open Organization > Access Manager > Applications, choose the service account, and "Generate New Client Secret".',
    'Choose when it expires and copy it at once: it is not shown again. The old one lives for seven more days at most.',
    'Store it in the secret, and rotate the dependents.',
    'Revoke the old one on the same page when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in at cloud.mongodb.com as an owner of the organization, open Access Manager > Applications, make a secret for the service account by hand and revoke the old one.',
  sources: [
    {
      says: "POST and DELETE of an account's secrets, GET of the account with its secrets; versioned media types; the secret is told once and always expires",
      url: 'https://github.com/mongodb/atlas-sdk-go/blob/main/openapi/atlas-api-transformed.yaml',
      checked: '2026-11-22',
    },
    {
      says: 'POST /api/oauth/token with basic authentication gives access for an hour; a new secret leaves the old one seven days; 8 hours to 365 days',
      url: 'https://www.mongodb.com/docs/atlas/api/service-accounts/generate-oauth2-token/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'that a secret which has expired is listed no more, and holds no place', setting: 'facts.slots' },
    { says: 'how many secrets an account may have: taken to be 2', setting: 'facts.slots' },
    { says: 'that a wrong secret is answered with 401 invalid_client', setting: 'checks' },
    {
      says: 'that a secret without a last use was never used, and how exactly and how late the last use is told',
      setting: 'facts.lastUsed',
    },
    {
      says: 'that the list shows the last four characters of each secret: by them a secret that a person stored is told from others, where it is the only one that ends so',
      setting: 'none is needed',
    },
    { says: 'how long a secret may be: taken to be 128 characters at most', setting: 'facts.valueBytes' },
    {
      says: 'how long a new secret may be refused, and a revoked one work: taken to be 10 s each',
      setting: 'facts.settleSeconds',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
