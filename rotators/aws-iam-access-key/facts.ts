import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'aws-iam-access-key',
  title: 'AWS IAM access key',
  summary: 'Acts as one IAM user of the account that Keyturn runs in, with the rights of that user.',
  kind: 'api',
  strategy: 'overlap',
  awsActions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys'],
  awsResources: ['arn:{partition}:iam::{account}:user{path}{user}'],
  mark: cannot('an access key has no name, description or tag'),
  list: can(),
  revoke: can(),
  expiry: cannot('access keys never expire; the catalog sets the age instead'),
  scopes: cannot('the rights are those of the user; a key has none of its own'),
  lastUsed: can({ granularityMinutes: 15, lagMinutes: 240 }),
  slots: can({ live: 2 }),
  parts: { accessKeyId: 'the access key id, by which AWS names the key' },
  requiredParts: ['accessKeyId'],
  valueBytes: 40,
  settleSeconds: 60,
  deathSeconds: 120,
  leastPrivilege: [
    'It needs no authority secret: the role of the rotation function is given the four actions on this one user when the catalog is deployed.',
    'Make a user of its own for this token, with the rights that the token shall have and no others; better still, a role that needs no key at all.',
    'Say `exclusive: true` in the catalog when nobody else makes keys for that user: only then can lost ones be told and deleted.',
    'Leave the second place free: a user has two keys at most, and the new one needs it while the old one still works.',
  ],
  byHand: [
    'In the AWS console open IAM > Users, choose the user, and under Security credentials "Create access key".',
    'Copy id and secret at once: the secret is not shown again.',
    'Store both in the secret, and rotate the dependents.',
    'When nothing uses the old one any more (its row shows when it was last used), deactivate it, wait, and delete it.',
  ],
  ifAllElseFails:
    'sign in to the AWS console as an administrator, open IAM > Users, and under Security credentials of the user make a key by hand and delete the old one.',
  sources: [
    {
      says: 'CreateAccessKey, ListAccessKeys, DeleteAccessKey and GetAccessKeyLastUsed, their answers and errors; the third key of a user is refused',
      url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html',
      checked: '2026-11-22',
    },
    {
      says: 'a key that was never used has no date of a last use, and N/A for service and region',
      url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html',
      checked: '2026-11-25',
    },
    {
      says: 'GetCallerIdentity needs no permission, and nothing can take it away',
      url: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html',
      checked: '2026-11-22',
    },
    {
      says: 'changes in IAM are seen everywhere only after a while',
      url: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how long a new key may be refused: taken to be 60 s', setting: 'facts.settleSeconds' },
    { says: 'how long a deleted key works: taken to be 120 s', setting: 'facts.deathSeconds' },
    { says: 'how exactly and how late the last use is told: taken to be 15 minutes and 4 hours', setting: 'facts.lastUsed' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
