import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'airtable',
  title: 'Airtable personal access token',
  summary:
    'Reads and writes the bases that were added to it, as one user or service account of Airtable, as far as its scopes go.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.airtable.com',
  mark: cannot('a person names it, and no API shows the name'),
  list: cannot('tokens are listed in Airtable only'),
  revoke: cannot('Airtable ends personal access tokens only where their owner, or an administrator, deletes them'),
  expiry: cannot('personal access tokens never expire; the catalog sets the age instead'),
  scopes: cannot('Airtable tells the scopes of OAuth tokens only'),
  lastUsed: cannot('Airtable does not tell when a token was used'),
  slots: cannot('Airtable names no limit for tokens'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'On the Enterprise plan make a service account for it, so that it does not go with a person: Admin panel > Service accounts. Otherwise use an account that belongs to the team.',
    'Who the token is says nothing of what it reaches: name one base in `checks:` of the catalog, as https://api.airtable.com/v0/meta/bases/<base>/tables where it has `schema.bases:read`.',
    'Better, for what many people use: an OAuth integration of Airtable.',
  ],
  byHand: [
    'Sign in to Airtable as the user that the catalog names, and open airtable.com/create/tokens. Open the token of today in another tab, to see its scopes and bases. Do not press "Regenerate token" there: it ends the old one at once.',
    'Choose "Create token" and name it after this token and today.',
    'Under "Scopes" choose "Add a scope" and tick the same as before, such as `data.records:read`, `data.records:write`, `schema.bases:read`, and no others.',
    'Under "Access" add the same bases or workspaces as before.',
    'Choose "Create token", copy it at once (it is not shown again), and submit it.',
    'When Keyturn says that the old one waits for a person, open it on the same page and choose "Delete token". The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to Airtable as that user (or as an administrator: Admin panel > Users > the person > Personal access tokens), make a token with the same scopes and bases at airtable.com/create/tokens, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'personal access tokens are made, regenerated and deleted in the developer hub only; several may live side by side',
      url: 'https://support.airtable.com/docs/creating-personal-access-tokens',
      checked: '2026-11-22',
    },
    {
      says: 'GET /v0/meta/whoami needs no scope, answers the id of the user, and 401 to a token that is not known',
      url: 'https://github.com/simstudioai/sim',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [{ says: 'how long tokens get: taken to be 128 characters, where 82 are usual', setting: 'facts.valueBytes' }],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
