import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'aws-ssm-parameter',
  title: 'SecureString of Parameter Store',
  summary: 'Keeps a copy in a SecureString parameter of AWS Systems Manager, of any account or region.',
  awsActions: ['ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:PutParameter'],
  // The name /a/b stands in the ARN as parameter/a/b, and the name c as parameter/c: for each name one of the two is right, and the other nobody's.
  awsResources: [
    'arn:{partition}:ssm:{region}:{account}:parameter{name}',
    'arn:{partition}:ssm:{region}:{account}:parameter/{name}',
  ],
  readClass: 'value',
  activation: 'none',
  drainSeconds: 300, // as long as the Lambda extension for parameters keeps what it has read
  maximumBytes: can({ bytes: 4096 }),
  lock: cannot('Parameter Store takes every write; each makes a version of its own'),
  leastPrivilege: [
    'Give the role ssm:GetParameter, ssm:GetParameterHistory and ssm:PutParameter on this one parameter.',
    'If it has a key of its own, let the policy of that key admit the role with kms:Decrypt, kms:Encrypt and kms:GenerateDataKey.',
    'For another account, name a role there as `via:`; its trust policy must admit the rotation function of this provider.',
  ],
  byHand: [
    'In the AWS console open Systems Manager > Parameter Store, choose the parameter and "Edit".',
    'Leave type, tier and KMS key as they are, paste the new value and save.',
    'Start anew whatever reads the parameter only when it starts: tasks of ECS, services of App Runner, applications of your own.',
  ],
  ifAllElseFails:
    'in the AWS console, edit the parameter and paste the value of the AWS secret; its history keeps the versions before it.',
  sources: [
    {
      says: 'Overwrite, Tier, KeyId, Policies, AllowedPattern and DataType of a write; type is not needed for an update; no ARN is taken as a name',
      url: 'https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html',
      checked: '2026-11-22',
    },
    {
      says: 'the history tells key, tier, policies and pattern of each version, and needs no right to decrypt',
      url: 'https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameterHistory.html',
      checked: '2026-11-22',
    },
    {
      says: '100 versions are kept, and the oldest makes room unless it has a label; 4 KB in the standard tier, 8 KB in the advanced one',
      url: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html',
      checked: '2026-11-22',
    },
    {
      says: 'the Lambda extension keeps a parameter for 300 seconds unless it is told otherwise',
      url: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'what a write does to a key, a tier, policies, a pattern or a description that it does not name: so all that the last version shows are sent again',
      setting: 'none is needed',
    },
    {
      says: 'how long readers go on with the old value: 300 seconds are those of the Lambda extension, and what reads only when it starts takes longer',
      setting: 'overlapHours',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
