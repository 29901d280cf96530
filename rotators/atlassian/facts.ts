import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'atlassian',
  title: 'Atlassian API token',
  summary:
    'Acts as one managed account or service account of an Atlassian organization in Jira, as far as its rights and the scopes of the token go.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  otherHosts: ['https://api.atlassian.com'],
  mark: cannot('a person names it'),
  list: can(),
  revoke: can(),
  expiry: can(),
  scopes: cannot('the scopes of a token are shown in no list'),
  lastUsed: can({ granularityMinutes: 1440, lagMinutes: 1440 }),
  slots: cannot('Atlassian names no limit for tokens'),
  parts: { label: 'the name that the token was given when it was made' },
  requiredParts: ['label'],
  valueBytes: 512,
  settleSeconds: 0,
  deathSeconds: 60,
  leastPrivilege: [
    'In admin.atlassian.com an organization admin opens the organization, then Settings > API keys, and makes an API key without scopes: what manages the tokens of users is not among the scopes. It ends after a year at most, and the form proposes a week: choose a later day.',
    'Store it in the authority secret, bare or as {"value": "..."}. It may manage every managed account of the organization, and only a person can renew it.',
    'The account must be managed by that organization (its domain is claimed), or be a service account of it.',
    'Better, where the consumer can do it: a service account with an OAuth 2.0 credential, whose access tokens live for an hour.',
  ],
  byHand: [
    'Sign in as the account that the catalog names and open id.atlassian.com > Security > API tokens. For a service account an organization admin opens admin.atlassian.com > Directory > Service accounts, the account, and "Create credentials" > "API token".',
    'Choose "Create API token with scopes". Give it a name that no other token of the account has, such as the name of this token and today, and note it: it is submitted together with the token.',
    'Choose an expiry that is longer than the time between two rotations, a year at most.',
    'Choose the app (Jira or Confluence) and tick the scopes that its consumer needs. The classic ones, such as `read:jira-work` and `write:jira-work`, are safer than the granular ones, of which a call needs all that it names. `read:jira-user` lets Keyturn see whose token it is.',
    'Choose "Create", copy the token at once (it is not shown again), and submit it with its name as `label`.',
    'Leave the old one alone: Keyturn revokes it when everybody has the new one.',
  ],
  ifAllElseFails:
    'sign in as that account, open id.atlassian.com > Security > API tokens, make a token with the same scopes, and revoke the old one when nothing uses it any more. Do not use the call that revokes all tokens of the organization: it ends those of everybody.',
  sources: [
    {
      says: 'GET and DELETE of /users/{account_id}/manage/api-tokens: id, label, createdAt, lastAccess, expiry of the tokens of a managed account',
      url: 'https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/',
      checked: '2026-11-26',
    },
    {
      says: 'tokens are made by hand, live for a day to a year, and have no fixed length; those with scopes are used at api.atlassian.com/ex/jira/{cloudId}',
      url: 'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account',
      checked: '2026-11-26',
    },
    {
      says: 'GET /rest/api/3/myself names the account, to a user by basic authentication with the e-mail address, to a service account by bearer token',
      url: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'that no API key with scopes may manage the tokens of users', setting: 'the authority secret' },
    {
      says: 'that a token which was revoked answers 404 when it is revoked again',
      setting: 'the list of tokens at id.atlassian.com',
    },
    { says: 'that a token without `lastAccess` was never used', setting: '`overlapHours`' },
    { says: 'how exactly and how late the last use is told: taken to be a day each', setting: 'facts.lastUsed' },
    { says: 'how long a revoked token works: taken to be 60 s', setting: 'facts.deathSeconds' },
    { says: 'how long tokens get: taken to be 512 characters, where 192 are usual', setting: 'facts.valueBytes' },
    { says: 'that the tokens of service accounts are in this list too', setting: '`mode: rotate`' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
