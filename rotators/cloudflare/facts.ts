import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'cloudflare',
  title: 'Cloudflare API token',
  summary: 'Reads and changes what its policies name in Cloudflare: zones, DNS, Workers and more; of an account or of a user.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://api.cloudflare.com/client/v4',
  mark: can({ maximumCharacters: 120 }),
  list: can(),
  revoke: can(),
  expiry: can(),
  scopes: can(),
  lastUsed: can({ granularityMinutes: 1440, lagMinutes: 1440 }),
  slots: cannot('the limits, 50 tokens of a user and 500 of an account, are raised on request, and no call tells them'),
  parts: {},
  requiredParts: [],
  valueBytes: 53,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'For tokens of an account: in Cloudflare open Manage Account > Account API Tokens as a Super Administrator, and make a token that has Account API Tokens: Write and nothing else. Prefer these: they outlive whoever made them.',
    'For tokens of a user: open My Profile > API Tokens as that user, and make one from the template "Create Additional Tokens".',
    'Store it in the authority secret, bare or as {"value": "cfat_..."}.',
  ],
  byHand: [
    'In Cloudflare open Manage Account > Account API Tokens, or My Profile > API Tokens for one of a user, and choose "Create Token".',
    'Give it exactly the permissions and resources of the old one, and copy it at once: it is not shown again.',
    'Do not choose "Roll" on the old one: that ends its value at once.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old one on the same page when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in at dash.cloudflare.com as a Super Administrator, open Manage Account > Account API Tokens (or My Profile > API Tokens), and roll or delete the token there.',
  sources: [
    {
      says: 'POST, GET and DELETE of tokens of an account, their bodies and answers; a name has 120 characters at most',
      url: 'https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/',
      checked: '2026-11-25',
    },
    {
      says: 'the same of a user; the value is told when the token is made and never again; a last use is told',
      url: 'https://developers.cloudflare.com/api/resources/user/subresources/tokens/',
      checked: '2026-11-25',
    },
    {
      says: 'each family has a verify of its own, which needs no right; the wrong one refuses a good token',
      url: 'https://github.com/tashfeenahmed/freellmapi/issues/297',
      checked: '2026-11-25',
    },
    {
      says: 'values begin with cfut_ or cfat_ and have 53 characters; 50 tokens of a user, 500 of an account; more than 1,200 requests in five minutes close the API for five',
      url: 'https://developers.cloudflare.com/fundamentals/api/reference/limits/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a new token may be refused: taken to be 30 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deleted token works: taken to be 60 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be a day each', setting: 'facts.lastUsed' },
    {
      says: 'that a token that is not known gets 401, or 403 with the code 1000; any other 403 is taken for a closed address',
      setting: 'scope.allowedAddresses',
    },
    { says: 'that the addresses are read from `condition.request_ip`, as the schema has it', setting: 'scope.allowedAddresses' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
