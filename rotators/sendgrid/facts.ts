import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'sendgrid',
  title: 'SendGrid API key',
  summary: 'Sends mail and manages an account or subuser of Twilio SendGrid, as far as its scopes go.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://api.sendgrid.com',
  otherHosts: ['https://api.eu.sendgrid.com'],
  mark: can({ maximumCharacters: 64 }),
  list: can(),
  revoke: can(),
  expiry: cannot('SendGrid keys never expire; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: cannot('SendGrid does not tell when a key was used'),
  slots: can({ live: 100 }),
  parts: {},
  requiredParts: [],
  valueBytes: 69,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'In SendGrid under Settings > API Keys, make a key with Custom Access: API Keys (`api_keys.create`, `api_keys.read`, `api_keys.delete`) and every scope that the token shall have, because it can hand out no others.',
    'For a subuser, make that key in the parent account, and name the subuser as `onBehalfOf`.',
    'Store it in the authority secret: the bare key, or {"value": "SG...."}.',
    'If the account has IP Access Management, let the addresses of the rotation function in.',
  ],
  byHand: [
    'In SendGrid open Settings > API Keys and choose "Create API Key".',
    'Choose Custom Access and exactly the scopes of the old key; Full Access is more than any token needs.',
    'Copy the key at once: SendGrid does not show it again.',
    'Store it in the secret, and rotate the dependents.',
    'Delete the old key under Settings > API Keys when nothing uses it any more; its id is the part between the two dots.',
  ],
  ifAllElseFails:
    'sign in at app.sendgrid.com, open Settings > API Keys, and delete the key whose id is the part between the two dots of its value.',
  sources: [
    {
      says: 'POST, GET and DELETE of /v3/api_keys, on-behalf-of, the answers and their statuses; a revoked key works a little longer',
      url: 'https://github.com/twilio/sendgrid-oai/blob/main/spec/json/tsg_api_keys_v3.json',
      checked: '2026-11-22',
    },
    {
      says: 'a key has 69 characters, an account takes 100, no scopes means full access, EU subusers have an address of their own',
      url: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys/create-api-keys',
      checked: '2026-11-22',
    },
    {
      says: 'scopes that nobody asked for are added by themselves: 2fa_required, sender_verification_eligible, sender_verification_exempt',
      url: 'https://github.com/kenzo0107/terraform-provider-sendgrid/pull/118',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 64 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a new key may be refused: taken to be 30 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deleted key works: taken to be 60 s', setting: 'facts.deathSeconds' },
    {
      says: 'that a 403 to GET /v3/scopes is said of live keys only, which may not do this or come from a closed address',
      setting: 'checks',
    },
    {
      says: 'that minting answers 403 both without the right and with 100 keys: the keys are counted before, so the right is meant',
      setting: 'facts.slots',
    },
    { says: 'that keys of an EU subuser are made at the EU address, by the parent account too', setting: 'scope.region' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-22' },
    { on: 'vendor document', date: '2026-11-22' },
  ],
} as const satisfies RotatorFacts;
