import { can, type DependentFacts } from '../../lib/engine/facts.ts';

/** The most that an entry can declare; what a place can follows from its target. */
export const facts = {
  name: 'http',
  title: 'Place behind any HTTP API, without code',
  summary:
    'A place at a service for which there is no plug-in: its requests are declared in the catalog, and what can be done follows from them.',
  api: { field: 'api' },
  otherHosts: [{ field: 'otherHosts' }],
  readClass: 'value',
  activation: 'automatic',
  drainSeconds: 0,
  maximumBytes: can({ bytes: 1_000_000 }),
  lock: can(),
  leastPrivilege: [
    'Read docs/without-code.md: it goes the whole way from nothing to a copy that is kept up to date.',
    'Make a credential at the service that may read and write this one place, and nothing else.',
    'Store it as a JSON object in the authority secret, with exactly the fields that the requests name as `{{authority.<field>}}`.',
  ],
  byHand: ['Sign in at the service and put the new token where the old one is; then restart or redeploy whatever uses it.'],
  ifAllElseFails: 'sign in at the service as its administrator, and put the current token of the secret there.',
  sources: [
    {
      says: 'JSON pointers: how a place in an answer is named',
      url: 'https://www.rfc-editor.org/rfc/rfc6901',
      checked: '2026-11-26',
    },
    {
      says: 'If-Match with an entity tag: how a write is tied to what was read',
      url: 'https://www.rfc-editor.org/rfc/rfc9110#name-if-match',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [{ says: 'everything that an entry declares', setting: 'target' }],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies DependentFacts;
