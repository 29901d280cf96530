import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'grafana',
  title: 'Grafana service account token',
  summary:
    'Acts as one service account of a Grafana, your own or a stack of Grafana Cloud, with the role and rights of that account.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: can(),
  scopes: cannot('the rights are those of the service account; a token has none of its own'),
  lastUsed: can({ granularityMinutes: 5, lagMinutes: 5 }),
  slots: cannot('Grafana names no limit for the tokens of a service account'),
  parts: {},
  requiredParts: [],
  valueBytes: 46,
  settleSeconds: 10,
  deathSeconds: 60,
  leastPrivilege: [
    'In Grafana open Administration > Users and access > Service accounts, and make a service account for Keyturn with the role None.',
    'Give it `serviceaccounts:read` and `serviceaccounts:write` on the one service account whose tokens it rotates (its page > Permissions > Edit). Without fine-grained access control it needs the role Admin.',
    'Add a token to it, and store it in the authority secret, bare or as {"value": "glsa_..."}.',
  ],
  byHand: [
    'In Grafana open Administration > Users and access > Service accounts, choose the account, and then "Add service account token".',
    'Copy it at once: it is not shown again.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old one on the same page when nothing uses it any more; the page shows when each was last used.',
  ],
  ifAllElseFails:
    'sign in to Grafana as an administrator, open Administration > Service accounts, add a token by hand and delete the old one.',
  sources: [
    {
      says: 'POST, GET and DELETE of the tokens of a service account, their bodies and answers; a name is unique within it; a list comes whole',
      url: 'https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
      checked: '2026-11-22',
    },
    {
      says: 'a second deletion is answered 404, or 500 where the error was not told apart',
      url: 'https://github.com/grafana/grafana/blob/main/pkg/services/serviceaccounts/api/token.go',
      checked: '2026-11-25',
    },
    {
      says: 'GET /api/user is closed to anonymous guests, as whom an unknown token may be greeted elsewhere; some versions tell a service account 403 "Endpoint only available for users", newer ones its login',
      url: 'https://github.com/grafana/grafana/blob/main/pkg/api/user.go',
      checked: '2026-11-25',
    },
    {
      says: 'the last use is noted beside the answer, and is null for a token that was never used',
      url: 'https://github.com/grafana/grafana/blob/main/pkg/services/authn/clients/api_key.go',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a new token may be refused: taken to be 10 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deleted token works: taken to be 60 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be 5 minutes each', setting: 'facts.lastUsed' },
    { says: 'that the API of a stack of Grafana Cloud answers as one of your own', setting: 'scope.apiUrl' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
