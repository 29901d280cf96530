import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'npm-registry',
  title: 'npm registry token (Verdaccio)',
  summary: 'Installs and publishes packages on a registry of your own that speaks the npm token API, such as Verdaccio.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'registryUrl' },
  mark: cannot('the registry drops every name and description; a made-up network range would break the token'),
  list: can(),
  revoke: can(),
  expiry: can(),
  scopes: can(),
  lastUsed: cannot('the registry does not record when a token was used'),
  slots: cannot('no limit is known'),
  parts: {},
  requiredParts: [],
  valueBytes: 4096,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'Make a user of its own for this token, with the rights that the token shall have and no others.',
    'Store its name and password as {"user": "...", "password": "..."} in the authority secret.',
    'Say `exclusive: true` in the catalog when nobody else makes tokens for that user: only then can lost ones be told and revoked.',
  ],
  byHand: [
    'Run `npm token create --registry <registryUrl>` as the user, and give its password.',
    'Copy the new token at once: the registry does not show it again.',
    'Store it in the secret, and rotate the dependents.',
    'Run `npm token list` and `npm token revoke <key>` for the old one when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in as the user, run `npm token list --registry <registryUrl>`, and revoke the key with `npm token revoke`.',
  sources: [
    {
      says: 'POST, GET and DELETE of /-/npm/v1/tokens, with basic authentication; the answer to POST holds the token once',
      url: 'https://github.com/verdaccio/verdaccio/tree/v6.8.0/packages/api',
      checked: '2026-11-22',
    },
    {
      says: 'a garbage token gets 200 {} from whoami, and a revoked one 403',
      url: 'https://www.npmjs.com/package/verdaccio/v/6.8.0',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: "npm's public registry asks for a one-time password on every new token, so this plug-in is not for it",
      setting: 'registryUrl',
    },
  ],
  proven: [{ on: 'real service', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
