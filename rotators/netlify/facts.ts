import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'netlify',
  title: 'Netlify personal access token',
  summary: 'Acts as one Netlify user: deploys, and changes every site and team that this user may.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.netlify.com/api/v1',
  mark: cannot('a person names it, and no documented API shows the name'),
  list: cannot('tokens are listed in the user settings of Netlify only'),
  revoke: cannot('Netlify ends personal access tokens in the user settings only'),
  expiry: cannot('the end is chosen in the user settings, and no documented API tells it; the catalog sets a shorter age'),
  scopes: cannot('a token may do what its user may'),
  lastUsed: cannot('Netlify does not tell when a token was used'),
  slots: cannot('Netlify names no limit for tokens'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'A token may do all that its user may: use a user of its own that is a member of the one team, with the role that it needs.',
    'Better, where only a build is to be started: a build hook of the site, which opens nothing else.',
  ],
  byHand: [
    'Sign in to app.netlify.com as the user that the catalog names, and open User settings > Applications > Personal access tokens.',
    'Choose "New access token" and name it after this token and today. There are no scopes to tick.',
    'Choose an expiration that is longer than the time between two rotations. If the team signs in by SAML, allow the token access to that team.',
    'Choose "Generate token", copy it at once (`nfp_...`): it is not shown again. Submit it.',
    'When Keyturn says that the old one waits for a person, delete it in the same list. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to app.netlify.com as that user, open User settings > Applications, make a personal access token, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'GET /user names the user, and there is no call that makes, lists or ends personal access tokens',
      url: 'https://github.com/netlify/open-api/blob/master/swagger.yml',
      checked: '2026-11-22',
    },
    {
      says: 'a person always grants access, by an OAuth prompt or by making a token, which then acts as that user',
      url: 'https://netlify.com/auth.md',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [{ says: 'how long tokens get: taken to be 128 characters, where 40 are usual', setting: 'facts.valueBytes' }],
  proven: [
    { on: 'fake', date: '2026-11-26' },
    { on: 'vendor document', date: '2026-11-26' },
  ],
} as const satisfies RotatorFacts;
