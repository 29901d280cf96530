import { can, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'aws-lambda-environment',
  title: 'Environment variable of a Lambda function',
  summary:
    'A variable of a function on AWS Lambda; where its users call an alias, a version with the new value is published behind it.',
  awsActions: [
    'lambda:GetAlias',
    'lambda:GetFunctionConfiguration',
    'lambda:PublishVersion',
    'lambda:UpdateAlias',
    'lambda:UpdateFunctionConfiguration',
  ],
  awsResources: [
    'arn:{partition}:lambda:{region}:{account}:function:{function}',
    'arn:{partition}:lambda:{region}:{account}:function:{function}:*',
  ],
  readClass: 'value',
  activation: 'call',
  drainSeconds: 900, // the longest that one invocation takes
  maximumBytes: can({ bytes: 4096 }),
  lock: can(),
  leastPrivilege: [
    'Give the role the five actions on this one function and its versions and aliases. It needs no iam:PassRole.',
    'If the function has a key of its own for its variables, let the policy of that key admit the role with kms:Decrypt, kms:Encrypt and kms:GenerateDataKey.',
    'For another account, name a role there as `via:`; its trust policy must admit the rotation function of this provider.',
    'If the function is deployed by a tool that also sets this variable, take it out there: the next deployment would write it over.',
  ],
  byHand: [
    'In the AWS console open the function > Configuration > Environment variables > Edit, paste the new value and save.',
    'Where its users call an alias: wait until the update is through, choose Actions > Publish new version, and point the alias to that version.',
  ],
  ifAllElseFails:
    'in the AWS console, edit the environment variables of the function and paste the value of the AWS secret; then publish a version and move the alias.',
  sources: [
    {
      says: 'Variables replaces the whole map, RevisionId is an optimistic lock, an update under way is a ResourceConflictException',
      url: 'https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html',
      checked: '2026-11-22',
    },
    {
      says: 'who may not decrypt gets an Error in place of the variables',
      url: 'https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentResponse.html',
      checked: '2026-11-22',
    },
    {
      says: 'CodeSha256 ties a version to the code; nothing is published where nothing has changed since the last version',
      url: 'https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html',
      checked: '2026-11-22',
    },
    {
      says: 'an alias may send a part of its traffic to another version',
      url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html',
      checked: '2026-11-25',
    },
    {
      says: '4 KB for all variables of a function together; an invocation takes 15 minutes at most',
      url: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that RevisionId changes again when an update is through; if it does, a write in between is refused once and tried again',
      setting: 'none is needed',
    },
    {
      says: 'that the settings compared (code, runtime, handler, role, layers, memory, time-out, other variables) are all that a version could ship by surprise',
      setting: 'target.alias',
    },
    {
      says: 'how long provisioned concurrency of an alias still runs the version before',
      setting: 'overlapHours',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
