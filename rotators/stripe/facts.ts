import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'stripe',
  title: 'Stripe API key',
  summary:
    'Charges, refunds and reads in one Stripe account, live or test: all that there is (`sk_`), or what a restricted key names (`rk_`).',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.stripe.com',
  mark: cannot('a person names it, and no API shows the name'),
  list: cannot('Stripe lists keys in its Dashboard only'),
  revoke: cannot('Stripe ends keys in its Dashboard only: whoever rotates one there chooses when the old one ends'),
  expiry: cannot('a key has no end until somebody rotates it in the Dashboard, and no API tells of it then'),
  scopes: cannot('what a restricted key may do is shown in the Dashboard only'),
  lastUsed: cannot('the last use is shown in the Dashboard only'),
  slots: cannot('Stripe names no limit for restricted keys'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 255,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the key itself is all that Keyturn needs.',
    'Use a restricted key (`rk_`) with what its consumer needs, and not the secret key of the account (`sk_`).',
    'To have it seen that a restricted key may do what it is for, name a harmless request in `checks:` of the catalog.',
  ],
  byHand: [
    'Sign in to dashboard.stripe.com, choose the account that the catalog names, and switch test mode on or off as it says.',
    'Open Developers > API keys, find the key in the list, and open its menu (the three dots).',
    'Choose "Rotate key". For the end of the old one choose the longest that is offered, 7 days: it must work until everybody has the new one. Do not choose "now".',
    'To change what it may do, choose "Create restricted key" instead, and tick the same permissions as before, `Read` or `Write` for each resource, and no others.',
    'Copy the new key at once: a live one is not shown again. Submit it.',
    'When Keyturn says that the old one waits for a person: if it was not given an end, delete it in the same list. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to dashboard.stripe.com as an administrator of the account, open Developers > API keys, rotate or make a key there, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'keys are made, revealed, rotated and deleted in the Dashboard; one that is deleted or expired is answered with an authentication error',
      url: 'https://docs.stripe.com/keys',
      checked: '2026-11-26',
    },
    {
      says: 'a restricted key that may not do something is answered with 403',
      url: 'https://docs.stripe.com/changelog/2016-10-19/insufficient-permissions-throw-403-error',
      checked: '2026-11-26',
    },
    {
      says: 'GET /v1/balance or /v1/account is harmless, and tells the mode or the account; 200 and 403 say that the key lives',
      url: 'https://github.com/trufflesecurity/trufflehog',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'for how long a rotated key may live on: taken to be 7 days', setting: '`overlapHours`' },
    { says: 'how long keys get: taken to be 255 characters, where 107 are usual', setting: 'facts.valueBytes' },
    {
      says: 'that a restricted key which may see neither balance nor account still says whose it is: it does not, and is taken for one of this account',
      setting: 'checks',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
