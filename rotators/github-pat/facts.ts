import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'github-pat',
  title: 'GitHub personal access token',
  summary:
    'Acts as one GitHub account, as far as its scopes or permissions go. A GitHub App does the same without a token that lives for months.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: cannot('a person names it, and no API shows the name to the token'),
  list: cannot('a list is shown to GitHub Apps of an organization only, and has other names for tokens than their values'),
  revoke: can(),
  expiry: can(),
  scopes: can(),
  lastUsed: cannot('GitHub tells it to GitHub Apps of an organization only'),
  slots: cannot('GitHub names no limit for tokens'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 255,
  settleSeconds: 0,
  deathSeconds: 60,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'Ask first whether it has to be a token of a person at all. In GitHub Actions the job has a `GITHUB_TOKEN`, or an identity by OIDC; everywhere else a GitHub App does better: its tokens live for an hour and belong to nobody who may leave.',
    'If it has to be: use a machine account of its own, and a fine-grained token for the few repositories that need it, rather than a classic one.',
  ],
  byHand: [
    'Sign in to GitHub as the account that the catalog names, and open Settings > Developer settings > Personal access tokens > Fine-grained tokens.',
    'Choose "Generate new token". Name it after this token and today, choose the resource owner, and an expiration that is longer than the time between two rotations.',
    'Under "Repository access" choose "Only select repositories" and the same ones as before; under "Permissions" tick what the old one has (open it in another tab), and nothing else. Of a classic token tick the same scopes, such as `repo`, `workflow` or `read:packages`.',
    'Choose "Generate token" and copy it at once: it is not shown again. If the organization asks for it, have an owner approve it; for a classic token choose "Configure SSO" and authorize it.',
    'Submit it. Do not delete the old one: Keyturn ends it when everybody has the new one.',
  ],
  ifAllElseFails:
    'sign in to GitHub as that account, open Settings > Developer settings > Personal access tokens, make one with the permissions of the old one, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'GET /user answers 401 to a token that is not known; x-oauth-scopes tells the scopes of a classic token, github-authentication-token-expiration the end of any',
      url: 'https://github.com/trufflesecurity/trufflehog',
      checked: '2026-11-22',
    },
    {
      says: 'the end is told like "2021-10-07 19:07:53 UTC"',
      url: 'https://github.com/github/gh-aw/issues/20097',
      checked: '2026-11-26',
    },
    {
      says: 'POST /credentials/revoke ends tokens by their values: without a credential, 60 times an hour, always with 202, some time later and for good; their owner is told',
      url: 'https://docs.github.com/rest/credentials/revoke#revoke-a-list-of-credentials',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a token works that was sent to /credentials/revoke: taken to be 60 s', setting: 'facts.deathSeconds' },
    { says: 'how long tokens get: taken to be 255 characters, where 93 are usual', setting: 'facts.valueBytes' },
    { says: 'that a GitHub Enterprise Server has /credentials/revoke as well', setting: '`mode: rotate`' },
    {
      says: 'what a fine-grained token may do is not told, so that nothing is held against `expect.scopes`',
      setting: 'expect.scopes',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-26' },
    { on: 'vendor document', date: '2026-11-26' },
  ],
} as const satisfies RotatorFacts;
