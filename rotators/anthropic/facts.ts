import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'anthropic',
  title: 'Anthropic API key',
  summary:
    'Calls the Claude API for one workspace of an Anthropic organization. Where it can be had, workload identity federation needs no key.',
  kind: 'assisted',
  strategy: 'overlap',
  api: 'https://api.anthropic.com',
  mark: cannot('a person names it'),
  list: cannot('the keys of a workspace belong to many people, and what a person makes cannot get lost'),
  revoke: can(),
  expiry: cannot('keys are not told to expire; the catalog sets the age instead'),
  scopes: cannot('a key may do everything in its workspace'),
  lastUsed: cannot('the Admin API does not tell when a key was used'),
  slots: cannot('Anthropic names no limit for keys'),
  parts: {},
  requiredParts: [],
  valueBytes: 255,
  settleSeconds: 30,
  deathSeconds: 60,
  leastPrivilege: [
    'In the Claude Console under Settings > Admin keys, an administrator of the organization makes an Admin API key. It cannot make keys: it finds the submitted one, and deactivates the old one.',
    'Store it in the authority secret, bare or as {"value": "sk-ant-admin..."}. It may do much in the organization, and only a person can renew it.',
    'Give the workspace a spend limit, so that a key that gets out costs no more than that.',
    'Better, where the caller has an identity of its own: workload identity federation, which needs no key at all.',
  ],
  byHand: [
    'Sign in to the Claude Console (platform.claude.com) as somebody who may make keys in the workspace that the catalog names.',
    'Open Settings > API keys, choose "Create key", choose that workspace, and name it after this token and today. There are no scopes to tick.',
    'Copy the key at once (`sk-ant-api03-...`): it is not shown again. Submit it.',
    'Leave the old one alone: Keyturn deactivates it when everybody has the new one. A deactivated key can be switched on again in the same list.',
  ],
  ifAllElseFails:
    'sign in to the Claude Console as an administrator, open Settings > API keys, make a key in the same workspace, and disable the old one when nothing uses it any more.',
  sources: [
    {
      says: 'the Admin API lists, shows, renames, deactivates and archives keys, and makes none; of a key it shows the beginning and the end',
      url: 'https://platform.claude.com/docs/en/api/admin/api_keys/list',
      checked: '2026-11-26',
    },
    {
      says: 'GET /v1/models answers 401 authentication_error to a key that is not known',
      url: 'https://github.com/trufflesecurity/trufflehog',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a new key may be refused: taken to be 30 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deactivated key works: taken to be 60 s', setting: 'facts.deathSeconds' },
    { says: 'that to deactivate a key twice is the same as once', setting: '`mode: rotate`' },
    { says: 'how long keys get: taken to be 255 characters, where 108 are usual', setting: 'facts.valueBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies RotatorFacts;
