import { can, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'aws-secrets-manager-secret',
  title: 'Copy in another Secrets Manager secret',
  summary: 'Keeps a copy in another secret, of any account or region: as its whole value, or as one field of its JSON.',
  awsActions: [
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  ],
  // AWS ends the ARN of a secret with six characters of its own.
  awsResources: ['arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}-??????'],
  readClass: 'value',
  activation: 'none',
  drainSeconds: 0,
  maximumBytes: can({ bytes: 65_536 }),
  lock: can(),
  leastPrivilege: [
    'Give the role the four actions on this one secret, and kms:Decrypt and kms:GenerateDataKey if it has a key of its own.',
    'For another account, name a role there as `via:`; its trust policy must admit the rotation function of this provider.',
  ],
  byHand: [
    'Open the secret in the AWS console, choose "Retrieve secret value", then "Edit".',
    'Paste the new value (into the one field, where it is JSON) and save.',
  ],
  ifAllElseFails: 'In the AWS console, edit the secret and paste the value in; the version before it stays as AWSPREVIOUS.',
  sources: [
    {
      says: 'AWSCURRENT moves only from the version named in RemoveFromVersionId, which makes it a compare-and-swap',
      url: 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html',
      checked: '2026-11-22',
    },
    {
      says: 'the same ClientRequestToken with the same value changes nothing',
      url: 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [],
  proven: [{ on: 'fake', date: '2026-11-22' }],
} as const satisfies DependentFacts;
