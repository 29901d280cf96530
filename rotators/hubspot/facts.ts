import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'hubspot',
  title: 'HubSpot service key or private app token',
  summary:
    'Reads and writes in one HubSpot account, as far as the scopes of a service key, or of a private app of former days, go.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.hubapi.com',
  mark: cannot('a person names it, and no API shows the name'),
  list: cannot('HubSpot lists keys in its settings only'),
  revoke: cannot(
    'HubSpot ends keys in its settings only: whoever rotates one there lets the old one live for 7 more days, or not',
  ),
  expiry: cannot('a key has no end until somebody rotates it in the settings, and no API tells of it then'),
  scopes: can(),
  lastUsed: cannot('the last use is shown in the settings only'),
  slots: cannot('HubSpot names no limit for service keys'),
  secretRefPart: 'value',
  parts: {},
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'There is no authority: the key itself is all that Keyturn needs.',
    'Use a service key: private apps cannot be made any more since 2026-10-26, and what there is of them is to be supported until September 2027. Service keys are in public beta.',
    'Give it the scopes that its consumer needs. Whoever makes it can only hand out scopes that they have themselves.',
    'Better, for what many people use: an OAuth app of HubSpot, whose tokens can be revoked by API.',
  ],
  byHand: [
    'Sign in to HubSpot as a super admin, or as somebody with "Developer tools access", and choose the account that the catalog names.',
    'Open Development > Keys > Service keys, and open the key of today (of a private app: Development > Legacy apps > the app > "Auth").',
    'Choose "Rotate", then "Rotate and expire later": the old one lives for 7 more days. Do not choose "Rotate and expire now". Do not press "Cancel rotation" afterwards: it brings the old one back and ends the new one.',
    'For a new key instead of a rotated one choose "Create service key", name it after this token and today, choose "Add new scope", tick the same scopes as before, such as `crm.objects.contacts.read`, and no others, then "Update" and "Create".',
    'Open the key, choose "Show", copy it (`pat-...`), and submit it.',
    'The old one ends by itself after 7 days. If Keyturn still says then that it waits for a person, delete it or choose "Expire now" in the same place. The next sweep sees that it is dead.',
  ],
  ifAllElseFails:
    'sign in to HubSpot as a super admin, open Development > Keys > Service keys, make a key with the scopes of the old one, and delete the old one when nothing uses it any more.',
  sources: [
    {
      says: 'service keys are made, rotated (the old one lives for 7 days, or is expired now) and deleted in the settings only',
      url: 'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/account-service-keys',
      checked: '2026-11-26',
    },
    {
      says: 'new private apps are impossible since 2026-10-26, and those that there are go on working',
      url: 'https://developers.hubspot.com/changelog/legacy-private-app-creation-sunset',
      checked: '2026-11-26',
    },
    {
      says: 'GET /account-info/2026-03/details names the account, answers 403 MISSING_SCOPES to a key that lives and may not ask, and 401 to one that is dead',
      url: 'https://github.com/simstudioai/sim',
      checked: '2026-11-22',
    },
    {
      says: 'POST /oauth/v2/private-apps/get/access-token-info tells the account and the scopes of a private app token',
      url: 'https://github.com/simstudioai/sim',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that access-token-info knows service keys too; where it answers 404, no scopes are told',
      setting: 'expect.scopes',
    },
    { says: 'how long keys get: taken to be 128 characters, where 44 are usual', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
