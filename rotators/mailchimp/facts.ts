import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'mailchimp',
  title: 'Mailchimp Marketing API key',
  summary: 'Does in one Mailchimp account everything that the user who made it may: audiences, campaigns, reports.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: cannot('a person names it, and no API shows the name'),
  list: cannot('keys are listed in Mailchimp only, by their names and first four characters'),
  revoke: cannot('Mailchimp revokes keys in the profile of their user only'),
  expiry: cannot('keys never expire; the catalog sets the age instead'),
  scopes: cannot('a key may do what its user may'),
  lastUsed: cannot('Mailchimp does not tell when a key was used'),
  slots: cannot('Mailchimp names no limit for keys'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 64,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the key itself is all that Keyturn needs.',
    'A key acts as the user who made it, and may end with them: make it as a user of its own, with the level "Manager" if that is enough.',
    'Better, for what connects accounts of customers: an OAuth app of Mailchimp.',
  ],
  byHand: [
    'Sign in to Mailchimp as the user who made the key of today (or another one that stays), in the account that the catalog names.',
    'Open the profile icon > Profile > Extras > API keys, and choose "Create A Key". There are no scopes to tick.',
    'Name it after this token and today, so that it can be told from the old one later, choose "Generate Key", then "Copy Key to Clipboard": it is not shown again. Choose "Done", and submit it.',
    'When Keyturn says that the old one waits for a person: on the same page choose "Revoke" beside the old one, type REVOKE, and choose "Revoke". This cannot be taken back. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to Mailchimp as an admin or the owner of the account, open Profile > Extras > API keys, make a key, and revoke the old one when nothing uses it any more.',
  sources: [
    {
      says: 'keys are made, named and revoked in the profile only, and act as the user who made them',
      url: 'https://mailchimp.com/help/about-api-keys/',
      checked: '2026-11-22',
    },
    {
      says: 'the end of a key names its data centre; GET /3.0/ names the account; 401 API Key Invalid is said to a dead key and by a wrong data centre; a 403 without JSON asks for a pause',
      url: 'https://mailchimp.com/developer/marketing/docs/errors/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [{ says: 'how long keys get: taken to be 64 characters, where 37 are usual', setting: 'facts.valueBytes' }],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
