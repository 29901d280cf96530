import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'eventbridge-connection',
  title: 'Connection of Amazon EventBridge',
  summary: 'The API key or password of a connection, with which EventBridge calls its API destinations.',
  awsActions: [
    'events:DescribeConnection',
    'events:UpdateConnection',
    'secretsmanager:CreateSecret',
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecret',
  ],
  awsResources: [
    'arn:{partition}:events:{region}:{account}:connection/{connection}/*',
    'arn:{partition}:secretsmanager:{region}:{account}:secret:events!connection/{connection}/*',
  ],
  readClass: 'metadata',
  activation: 'automatic',
  drainSeconds: 60, // a call that is under way ends after five seconds, and the rest is caution
  maximumBytes: can({ bytes: 512 }),
  lock: cannot('EventBridge takes every write'),
  leastPrivilege: [
    'Give the role the two actions on this one connection, and those of Secrets Manager on the secret that EventBridge keeps for it: EventBridge writes there with the rights of the caller.',
    'If the connection has a key of its own, let the policy of that key admit the role with kms:Decrypt and kms:GenerateDataKey.',
    'For another account, name a role there as `via:`; its trust policy must admit the rotation function of this provider.',
  ],
  byHand: [
    'In the AWS console open EventBridge > API destinations > Connections > the connection > Edit.',
    'Enter the new value, and all other parameters as they are, and save. Wait until its status is Authorized.',
  ],
  ifAllElseFails:
    'in the AWS console, edit the connection of EventBridge, enter the value of the AWS secret with the prefix that the catalog names, and save.',
  sources: [
    {
      says: 'an update names type, parameters and credential; 512 characters, and no colon',
      url: 'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateConnection.html',
      checked: '2026-11-21',
    },
    {
      says: 'credentials and secret parameters are left out of what is shown; states; the time of the last change',
      url: 'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html',
      checked: '2026-11-21',
    },
    {
      says: 'EventBridge keeps the credential in a secret of its own, with the rights of the caller',
      url: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html',
      checked: '2026-11-21',
    },
  ],
  unconfirmed: [
    {
      says: 'that LastModifiedTime is what the update answers, and does not change again when the connection is authorized; if it does, a stranger seems to have written',
      setting: 'onForeign',
    },
    {
      says: 'whether an update that names no parameters keeps them: so all that are shown are sent again, and a connection with secret ones is refused',
      setting: 'none is needed',
    },
    { says: 'that 512 characters are counted with the prefix', setting: 'target.prefix' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
