import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'gitlab',
  title: 'GitLab project or group access token',
  summary:
    'Opens one project or one group of GitLab, on GitLab.com or an instance of your own, as far as its scopes and role go.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: can({ maximumDays: 365 }),
  scopes: can(),
  lastUsed: can({ granularityMinutes: 10, lagMinutes: 10 }),
  slots: cannot('GitLab names no limit for tokens of one project or group'),
  parts: {},
  requiredParts: [],
  valueBytes: 320,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'Make a user of its own for this, and give it the role Maintainer in the project, or Owner in the group; the tokens can have no higher role.',
    'Sign in as that user, open Preferences > Access tokens, and make a personal access token with the scope `api` and the longest life allowed.',
    'Store it in the authority secret, bare or as {"value": "glpat-..."}. A project or group token cannot make others.',
    'Keep the end of that token in the calendar: GitLab lets no token live longer than a year.',
  ],
  byHand: [
    'In GitLab open the project or group, then Settings > Access tokens, and choose "Add new token".',
    'Give it the role and the scopes of the old one and an end at most a year away, and copy it: it is not shown again.',
    'Do not use the button that rotates a token: it ends the old one at once.',
    'Store it in the secret, and rotate the dependents.',
    'Revoke the old one on the same page when nothing uses it any more.',
  ],
  ifAllElseFails:
    'sign in as a Maintainer of the project or an Owner of the group, open Settings > Access tokens, make a token by hand and revoke the old one.',
  sources: [
    {
      says: 'POST, GET and DELETE of access_tokens in projects and groups, their answers and statuses; only a personal access token can make one',
      url: 'https://docs.gitlab.com/api/project_access_tokens/',
      checked: '2026-11-25',
    },
    {
      says: 'a second revocation is answered 400 where the bot user of the token is gone, and the token is listed as inactive meanwhile',
      url: 'https://github.com/gitlabhq/gitlabhq/blob/master/lib/api/resource_access_tokens.rb',
      checked: '2026-11-25',
    },
    {
      says: 'GET /personal_access_tokens/self tells any token of itself, whatever its scopes; a token that is not known gets 401',
      url: 'https://docs.gitlab.com/api/personal_access_tokens/',
      checked: '2026-11-22',
    },
    {
      says: 'the time of the last use is brought up to date every 10 minutes; on GitLab.com the tokens need a paid plan',
      url: 'https://docs.gitlab.com/user/project/settings/project_access_tokens/',
      checked: '2026-11-25',
    },
    {
      says: 'a token ends at midnight UTC of its last day, 365 days away at most; what is rotated by its own endpoint ends at once, and its family with it where it was revoked before',
      url: 'https://docs.gitlab.com/api/personal_access_tokens/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a name may be: taken to be 100 characters', setting: 'facts.mark.maximumCharacters' },
    { says: 'how long a value may be: new ones are said to have up to 320 characters', setting: 'facts.valueBytes' },
    {
      says: 'how long a new token may be refused where reading is done from a replica: taken to be 30 s',
      setting: 'facts.settleSeconds',
    },
    { says: 'how long a revoked token may work there: taken to be 60 s', setting: 'facts.deathSeconds' },
    {
      says: 'that the last use is told within 10 minutes: GitLab before 16.1 tells it only once a day',
      setting: 'facts.lastUsed',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
