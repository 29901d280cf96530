import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'okta-api-token',
  title: 'Okta API token',
  summary: 'Calls the management API of an Okta organization with the rights of the administrator who made it (SSWS).',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'orgUrl' },
  mark: cannot('a person names it'),
  list: cannot('Okta lists tokens by their names, and does not say which is which'),
  revoke: can(),
  expiry: cannot('a token ends after 30 days without use, and every use, such as the daily look at it, gives it 30 more'),
  scopes: cannot('a token may do what its administrator may'),
  lastUsed: cannot('Okta does not tell when a token was used'),
  slots: cannot('Okta names no limit for tokens'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 64,
  settleSeconds: 0,
  deathSeconds: 10,
  leastPrivilege: [
    'There is no authority: a token may end itself.',
    'Make it as an administrator of its own, with a custom role that has what its consumer needs: a token has all the rights of whoever made it, and goes with them.',
    'Better, where the consumer can do it: an API service integration or a service app with OAuth, whose access tokens have scopes and live for an hour.',
  ],
  byHand: [
    'Sign in to the Okta Admin Console (`https://<org>-admin.okta.com`) as the administrator that the catalog names, and as nobody else: the token gets the rights of whoever makes it.',
    'Open Security > API > Tokens and choose "Create token". Name it after this token and today. There are no scopes to tick.',
    'If it asks from where the token may be used, choose the same network zones as for the old one.',
    'Copy the token at once (`00...`): it is not shown again. Submit it.',
    'Leave the old one alone: Keyturn has it revoke itself when everybody has the new one.',
  ],
  ifAllElseFails:
    'sign in to the Okta Admin Console as that administrator, open Security > API > Tokens, make a token, and revoke the old one when nothing uses it any more.',
  sources: [
    {
      says: 'no call makes an API token; DELETE /api/v1/api-tokens/current revokes the one that asks',
      url: 'https://github.com/okta/okta-management-openapi-spec/blob/master/dist/current/management-minimal.yaml',
      checked: '2026-11-22',
    },
    {
      says: 'GET /api/v1/users/me answers 401 E0000011 to a token that is not known',
      url: 'https://github.com/trufflesecurity/trufflehog',
      checked: '2026-11-22',
    },
    {
      says: 'a token has the rights of whoever made it, works only while they are active, and ends after 30 days without use',
      url: 'https://help.okta.com/en-us/Content/Topics/security/api.htm',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    { says: 'how long a revoked token works: taken to be 10 s', setting: 'facts.deathSeconds' },
    { says: 'that every administrator may revoke the token that they act with', setting: '`mode: rotate`' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-26' },
    { on: 'vendor document', date: '2026-11-26' },
  ],
} as const satisfies RotatorFacts;
