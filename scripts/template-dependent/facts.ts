import { cannot, type DependentFacts } from '../../lib/engine/facts.ts';

// Nothing is known yet, and the suite takes none of it. Write down what the vendor says, where, and when you read it.
export const facts = {
  name: 'made-up',
  title: '',
  summary: '',
  api: 'https://made-up.invalid',
  readClass: 'none',
  activation: 'none',
  drainSeconds: 0,
  maximumBytes: cannot(''),
  lock: cannot(''),
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: '',
  sources: [],
  unconfirmed: [
    { says: 'how long something may still run with the old value: nobody has looked', setting: 'facts.drainSeconds' },
  ],
  proven: [],
} as const satisfies DependentFacts;
