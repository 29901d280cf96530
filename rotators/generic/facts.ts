import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'generic',
  title: 'Any token that a person makes',
  summary:
    'A token that is sent in a header, of a provider that has no rotator of its own: one harmless request tells whether it works.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'url' },
  mark: cannot('nothing is known of the provider'),
  list: cannot('nothing is known of the provider'),
  revoke: cannot('nothing is known of how the provider ends a token'),
  expiry: cannot('nothing is known of the provider; the catalog sets the age instead'),
  scopes: cannot('nothing is known of the provider'),
  lastUsed: cannot('nothing is known of the provider'),
  slots: cannot('nothing is known of the provider'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 4096,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'Look in the documentation of the provider for a request that changes nothing, costs nothing, needs few rights, and says whose the token is, such as `/me` or `/user`. Its host is the only one that is ever called.',
    'Try it once with a token that works and once with a wrong one, and write both statuses into the catalog: some providers answer 403 to a token that they do not know, and some 200.',
    'Make the token as an account that belongs to the team, with what its consumer needs.',
  ],
  byHand: [
    'Sign in to the provider as the account that the catalog names, and open the page where its tokens are made.',
    'Make a second token beside the old one, with the same scopes. Name it after this token and today. If it asks for an end, choose one that is later than the next rotation.',
    'Copy it at once, as most are not shown again, and submit it. Leave the old one alone for now.',
    'When Keyturn says that the old one waits for a person, delete it there. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to the provider as the owner of the account, make a token by hand, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'a token is sent as `Authorization: Bearer`, and 401 is said to one that is unknown, expired or revoked',
      url: 'https://www.rfc-editor.org/rfc/rfc6750',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    { says: 'what the provider answers to a token that it does not know: taken to be 401', setting: 'scope.rejectStatus' },
    { says: 'what it answers to one that works: taken to be 200', setting: 'scope.expectStatus' },
    { says: 'that the provider lets two tokens live side by side', setting: 'the documentation of the provider' },
    { says: 'how long tokens get: taken to be 4096 characters', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
