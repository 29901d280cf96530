import { can, type RotatorFacts } from '../../lib/engine/facts.ts';

/** Every ability that an entry can declare, and the settings that hold where it says no other; what one can follows from its scope. */
export const facts = {
  name: 'http',
  title: 'Token of any HTTP service, without code',
  summary:
    'Opens a service for which there is no plug-in: its requests are declared in the catalog, and what can be done follows from them.',
  kind: 'http',
  strategy: 'overlap',
  api: { field: 'api' },
  otherHosts: [{ field: 'otherHosts' }],
  mark: can({ maximumCharacters: 1000 }),
  list: can(),
  revoke: can(),
  expiry: can(),
  scopes: can(),
  lastUsed: can({ granularityMinutes: 0, lagMinutes: 0 }),
  slots: can({ live: 100_000 }),
  parts: {},
  requiredParts: [],
  valueBytes: 512,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'Read docs/without-code.md: it goes the whole way from nothing to a rotated token.',
    'Make a credential at the service that may make, list and end tokens of this one principal, and nothing else.',
    'Store it as a JSON object in the authority secret, with exactly the fields that the requests name as `{{authority.<field>}}`.',
  ],
  byHand: [
    'Sign in at the service, where the account section says, and make a new token with the rights of the old one.',
    'Copy it at once: most services show it only then.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old one there when nothing uses it any more.',
  ],
  ifAllElseFails: 'sign in at the service as its administrator, where the account section says, and end the old token there.',
  sources: [
    {
      says: 'JSON pointers: how a place in an answer is named',
      url: 'https://www.rfc-editor.org/rfc/rfc6901',
      checked: '2026-11-26',
    },
    { says: 'the Link header with rel="next"', url: 'https://www.rfc-editor.org/rfc/rfc8288', checked: '2026-11-26' },
  ],
  unconfirmed: [
    { says: 'everything that an entry declares: hold it against the service with `npm run live -- http`', setting: 'scope' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
