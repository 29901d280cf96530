import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'twilio',
  title: 'Twilio API key',
  summary:
    'Sends messages and makes calls in one account of Twilio: all that is not administration, or what its permissions allow.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://iam.twilio.com',
  otherHosts: ['https://api.twilio.com'],
  mark: can({ maximumCharacters: 64 }),
  list: can(),
  revoke: can(),
  expiry: cannot('Twilio keys never expire; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: cannot('Twilio does not tell when a key was used'),
  slots: cannot('Twilio refuses one key too many (error 70151) and does not say how many an account may have'),
  parts: { keySid: 'the SID of the key (SK...), the user of basic authentication' },
  requiredParts: ['keySid'],
  valueBytes: 32,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'In the Twilio Console under API keys & tokens, make a Main key: only a Main key or the auth token may manage keys. It can do everything in the account, so give the token a subaccount of its own where that is possible.',
    'Store it as {"sid": "SK...", "secret": "..."} in the authority secret; or the account SID and its auth token as {"sid": "AC...", "secret": "..."}.',
    'Give the token itself `permissions`: it becomes a Restricted key. Without them it is a Standard key, which may do all but administration.',
  ],
  byHand: [
    'In the Twilio Console open API keys & tokens and choose "Create API key".',
    'Choose the type and the permissions of the old key, and copy SID and secret at once: the secret is not shown again.',
    'Store both in the secret, and rotate the dependents.',
    'Delete the old key on the same page when nothing uses it any more; access tokens that it signed end with it.',
  ],
  ifAllElseFails:
    'sign in at console.twilio.com, open API keys & tokens, make a key by hand and delete the one with the old SID.',
  sources: [
    {
      says: 'POST, GET and DELETE of /v1/Keys, their forms, pages and answers; KeyType restricted needs a Policy; the secret is told once',
      url: 'https://github.com/twilio/twilio-oai/blob/main/spec/json/twilio_iam_v1.json',
      checked: '2026-11-22',
    },
    {
      says: 'Standard and Restricted keys may not manage keys; a policy has at most 100 permissions; Restricted keys are of US1 only',
      url: 'https://www.twilio.com/docs/iam/api-keys/restricted-api-keys',
      checked: '2026-11-22',
    },
    {
      says: 'error 20003 is said of credentials that are not known, 70051 of a key that may not do this',
      url: 'https://www.twilio.com/docs/api/errors/20003',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a new key may be refused: taken to be 30 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deleted key works: taken to be 60 s', setting: 'facts.deathSeconds' },
    {
      says: 'that a Restricted key which may not list messages is told so with error 70051, and a dead one with 20003',
      setting: 'checks',
    },
    { says: 'that keys made here work in US1 only: regions have addresses and keys of their own', setting: 'facts.api' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
