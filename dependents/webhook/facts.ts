import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'webhook',
  title: 'Signed webhook',
  summary:
    'Tells a service of your own that there is a new token, signed by Standard Webhooks v1; the service fetches it, or is sent it.',
  api: { field: 'url' },
  readClass: 'digest',
  activation: 'automatic',
  drainSeconds: 0,
  maximumBytes: can({ bytes: 16_384 }),
  lock: cannot('a message cannot be tied to what the receiver held before'),
  leastPrivilege: [
    'Make a signing secret for this receiver alone: `whsec_` and the base64 of 24 to 64 random bytes.',
    'Store it as {"secret": "whsec_..."} in the authority secret; add "previous" while the receiver still knows the old one only.',
    'Let the receiver read the token from Secrets Manager with an identity of its own, so that the message need not hold it.',
  ],
  byHand: ['Tell whoever runs the receiver that there is a new token, and let them restart it or fetch it.'],
  ifAllElseFails: 'restart the receiver, so that it fetches the current token itself.',
  sources: [
    {
      says: 'the headers webhook-id, webhook-timestamp, webhook-signature; v1 is HMAC-SHA256 over id.timestamp.body in base64',
      url: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that a receiver answers with a fingerprint is an extension of ours to the standard',
      setting: 'target.answers',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-22' }],
} as const satisfies DependentFacts;
