import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

// Nothing is known yet, and the suite takes none of it. Write down what the vendor says, where, and when you read it.
export const facts = {
  name: 'made-up',
  title: '',
  summary: '',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://made-up.invalid',
  mark: cannot(''),
  list: cannot(''),
  revoke: cannot(''),
  expiry: cannot(''),
  scopes: cannot(''),
  lastUsed: cannot(''),
  slots: cannot(''),
  parts: {},
  requiredParts: [],
  valueBytes: 0,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: '',
  sources: [],
  unconfirmed: [
    { says: 'how long a new token may be refused: nobody has looked', setting: 'facts.settleSeconds' },
    { says: 'how long a revoked token may still work: nobody has looked', setting: 'facts.deathSeconds' },
  ],
  proven: [],
} as const satisfies RotatorFacts;
