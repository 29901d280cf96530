import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'slack',
  title: 'Slack app token',
  summary:
    'Acts as the bot or user of one Slack app in one workspace; for apps without token rotation, whose tokens never expire.',
  kind: 'assisted',
  strategy: 'overlap',
  api: { field: 'apiUrl' },
  mark: cannot('a token has no name'),
  list: cannot('Slack lists no tokens'),
  revoke: can(),
  expiry: cannot('a token of an app without token rotation never expires; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: cannot('Slack tells the log of an app to its owner, and not to the token'),
  slots: cannot('an app has one token for each workspace and user, and there may be many apps'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 255,
  settleSeconds: 0,
  deathSeconds: 10,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'Better, where you can change what uses the token: turn on token rotation in the app. Its tokens live for 12 hours and the app itself refreshes them; such tokens are not for this rotator, which refuses them.',
    'For a message into one channel an incoming webhook opens less than a bot token does.',
  ],
  byHand: [
    'One app has one token for a workspace, so that two live ones need two apps. Open api.slack.com/apps, open the app of today, and under Features > App Manifest copy its manifest.',
    'Choose "Create New App" > "From a manifest", choose the workspace, paste the manifest, and add today to the name. Look at its bot scopes, such as `chat:write` or `channels:read`: they must be those of the app of today, and no others.',
    'Under Settings > Install App choose "Install to Workspace" and "Allow"; if the workspace asks for it, have an administrator approve the app.',
    'Copy the "Bot User OAuth Token" (`xoxb-...`), or the "User OAuth Token" (`xoxp-...`) if that is what the old one is, and submit it.',
    'In Slack invite the new bot into every channel that the old one is in: `/invite @<name>`. Its messages come from the new bot.',
    'Keyturn ends the old token when everybody has the new one, and Slack then takes the old bot out of its channels. Delete the old app at api.slack.com/apps after that.',
  ],
  ifAllElseFails:
    'at api.slack.com/apps open the app, under OAuth & Permissions choose "Revoke All OAuth Tokens", and install it again at once: it has a new token, and whoever has the old one is locked out until they have the new one.',
  sources: [
    {
      says: 'auth.test answers 200 in every case: `ok` with team and user, or an error such as invalid_auth, token_revoked, token_expired, account_inactive; x-oauth-scopes tells the scopes',
      url: 'https://github.com/slackapi/node-slack-sdk',
      checked: '2026-11-22',
    },
    {
      says: 'auth.revoke ends a token; of a bot it also deactivates the bot user and takes it out of its channels, and uninstalls nothing',
      url: 'https://api.slack.com/methods/auth.revoke',
      checked: '2026-11-26',
    },
    {
      says: 'with token rotation access tokens expire after 12 hours, and a refresh token is exchanged for the next; it cannot be turned off again',
      url: 'https://docs.slack.dev/authentication/using-token-rotation',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    {
      says: 'that ending one token leaves the tokens of other apps alone, and that one app never has two for the same workspace and user',
      setting: '`mode: rotate`',
    },
    { says: 'how long a token works after auth.revoke: taken to be 10 s', setting: 'facts.deathSeconds' },
    { says: 'how long tokens get: taken to be 255 characters', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
