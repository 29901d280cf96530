import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'google-oauth-refresh',
  title: 'Google OAuth refresh token',
  summary:
    'Acts for one Google account that consented: ads, analytics, sheets, mail and more, as far as its scopes go. A service account needs no consent.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://oauth2.googleapis.com',
  mark: cannot('a refresh token has no name'),
  list: cannot('what an account consented to is shown to the account only'),
  revoke: cannot(
    'to revoke one refresh token ends all that the account gave to that project, the new one too: the old one ends with its client, which a person deletes',
  ),
  expiry: cannot('Google names no end: a token ends after six months without use, and the daily look at it is a use'),
  scopes: can(),
  lastUsed: cannot('Google does not tell when a token was used'),
  slots: cannot('beyond 100 live tokens of one account and client the oldest ends without a word, and no API counts them'),
  secretRefPart: 'value',
  parts: { clientId: 'the id of the OAuth client that it was given to', clientSecret: 'the secret of that client' },
  requiredParts: ['clientId', 'clientSecret'],
  valueBytes: 512,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the token and its client are all that Keyturn needs.',
    'Let an account consent that belongs to the team and not to a person, with the few scopes that the consumer needs. Name them in `expect.scopes`: people can untick each of them when they consent.',
    'In the Google Auth Platform set the consent screen to "In production" (or "Internal"): tokens of a project in testing end after 7 days.',
    'Better, wherever the API takes it: a service account, with domain-wide delegation if need be, or workload identity federation. Neither needs a consent, and neither lapses.',
  ],
  byHand: [
    'The new token needs a client of its own, so that the old one can be ended without it. Sign in to console.cloud.google.com as an owner of the project, and open Google Auth Platform > Clients > "Create client". Choose the type and redirect address of the client of today, and name it after this token and today. Copy its id and its secret.',
    'Open the consent link of your application with the new client id and `access_type=offline&prompt=consent`: without both there is no refresh token.',
    'Choose the account that the catalog names, and not a private one. Tick all boxes on the page with the permissions (they must be the scopes of before, such as `https://www.googleapis.com/auth/adwords`), and choose "Continue".',
    'Have the code that comes back exchanged for tokens. Submit the refresh token (`1//...`) together with `clientId` and `clientSecret`.',
    'When Keyturn says that the old one waits for a person, delete the old client under Google Auth Platform > Clients: its tokens end with it, and for 30 days it can be restored. The next sweep sees that the old token is dead. Do not remove the access in the Google account instead: that ends the new token too.',
  ],
  ifAllElseFails:
    'in the Google account open myaccount.google.com > Third-party connections and remove the access of the application: all of its tokens end at once. Then consent anew, submit the new token, and delete the old client in the Google Auth Platform.',
  sources: [
    {
      says: 'what ends a refresh token: six months without use, 7 days in testing, a revocation, a changed password where mail is in the scopes, more than 100 of one account and client',
      url: 'https://developers.google.com/identity/protocols/oauth2#expiration',
      checked: '2026-11-22',
    },
    {
      says: 'POST /token with a refresh token answers an access token and the scopes; 400 invalid_grant says that the grant is over, 401 invalid_client or deleted_client that the client is',
      url: 'https://developers.google.com/identity/protocols/oauth2',
      checked: '2026-11-22',
    },
    {
      says: 'deleted clients can be restored for about 30 days; unused ones are deleted after six months',
      url: 'https://support.google.com/cloud/answer/15549257',
      checked: '2026-11-22',
    },
    {
      says: 'the token endpoint answers deleted_client where the client was deleted',
      url: 'https://rdrr.io/github/ropenscilabs/gauth/f/tests/testthat/_snaps/oauth-refresh.md',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    {
      says: 'that an answer with the scope `openid` names the account in its id_token; without that scope nobody says whose the token is',
      setting: 'scope.account',
    },
    { says: 'how long tokens get: taken to be 512 characters, as Google says', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
