import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'notion',
  title: 'Notion connection token',
  summary:
    'Reads and writes those pages of one Notion workspace that were connected to an internal connection, as far as its capabilities go.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.notion.com',
  mark: cannot('a connection is named by a person'),
  list: cannot('Notion lists connections in its settings only'),
  revoke: cannot(
    'Notion ends the token of an internal connection only where the connection is deleted or its secret refreshed by hand',
  ),
  expiry: cannot('the token of an internal connection never expires; the catalog sets the age instead'),
  scopes: cannot('Notion does not tell the capabilities of a connection'),
  lastUsed: cannot('Notion does not tell when a token was used'),
  slots: cannot('a connection has one token, and a workspace may have many connections'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 255,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the token itself is all that Keyturn needs.',
    'Give the connection the capabilities that its consumer needs, and connect only the pages that it works on.',
    'Keyturn sees that the token works, and not which pages it reaches: whoever makes it looks once whether all of them are connected.',
    'Better, for what is used by many people: a public connection with OAuth, whose tokens belong to whoever consents and can be revoked by API.',
  ],
  byHand: [
    'A connection has one token, and to refresh it ends the old one at once. So make a second connection: sign in as a workspace owner, open app.notion.com/developers (or Settings > Connections > "Develop or manage connections"), and open the connection of today to see what it may do.',
    'Under "Internal connections" choose "Create a new connection", name it after this token and today, and choose the workspace that the catalog names.',
    'Under "Capabilities" tick the same as before: "Read content", "Update content", "Insert content", comments, and user information with or without e-mail addresses. Save.',
    'In Notion open every top page that the old connection is connected to, choose ... > Connections, and add the new one. Pages below inherit it.',
    'On the "Configuration" tab copy the "Installation access token" (`ntn_...`) and submit it.',
    'When Keyturn says that the old one waits for a person, delete the old connection. The next sweep sees that its token is dead.',
  ],
  ifAllElseFails:
    'sign in to Notion as a workspace owner, open app.notion.com/developers, make a second connection with the same capabilities and pages, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'internal connections are made in the settings and have one token; GET /v1/users/me answers 401 unauthorized to one that is dead, and 403 restricted_resource to one that lives and may not ask',
      url: 'https://developers.notion.com',
      checked: '2026-11-22',
    },
    {
      says: 'GET /v1/users/me names the bot of the token',
      url: 'https://developers.notion.com/changelog/retrieve-information-about-your-token',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    { says: 'how long tokens get: taken to be 255 characters, where 50 are usual', setting: 'facts.valueBytes' },
    {
      says: 'that whoever may not ask for itself still says of which workspace it is: it does not, and is taken for ours',
      setting: 'checks',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
