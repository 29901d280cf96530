import { cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'aws-ecs-service',
  title: 'Service of ECS that reads the token when it starts',
  summary:
    'A service on Amazon ECS whose tasks read the token when they start: nothing is kept there, so its tasks are replaced after what they read has changed.',
  awsActions: ['ecs:DescribeServices', 'ecs:DescribeTasks', 'ecs:UpdateService'],
  awsResources: [
    'arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}',
    'arn:{partition}:ecs:{region}:{account}:task/{cluster}/*',
  ],
  awsActionsAnywhere: ['ecs:DescribeTaskDefinition', 'ecs:ListTasks'],
  readsFrom: 'the-secret',
  readClass: 'none',
  activation: 'call',
  drainSeconds: 120, // the longest that a task on Fargate may take to stop
  maximumBytes: cannot('nothing is written there'),
  lock: cannot('nothing is written there'),
  leastPrivilege: [
    'Give the role ecs:DescribeServices and ecs:UpdateService on this one service, and ecs:DescribeTasks on the tasks of its cluster. It needs no iam:PassRole.',
    'AWS ties ecs:ListTasks and ecs:DescribeTaskDefinition to no service: both are given on everything, and only read.',
    'The execution role of the tasks must be able to read what the variable names (secretsmanager:GetSecretValue or ssm:GetParameters, and kms:Decrypt where there is a key of its own).',
    'For another account, name a role there as `via:`; its trust policy must admit the rotation function of this provider.',
  ],
  byHand: [
    'After what its tasks read has the new value: in the AWS console open ECS > the cluster > the service > Update service.',
    'Choose "Force new deployment", change nothing else, and update. Wait until the deployment is completed and no task from before runs.',
  ],
  ifAllElseFails:
    'in the AWS console, open the service on ECS, choose Update service with "Force new deployment", and wait until no task from before runs.',
  sources: [
    {
      says: 'forceNewDeployment starts new tasks without a change of the task definition, and every call starts another roll-out',
      url: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html',
      checked: '2026-11-21',
    },
    {
      says: 'deployments with PRIMARY and ACTIVE, rolloutState and failedTasks; an unknown service is 200 with `failures`',
      url: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html',
      checked: '2026-11-21',
    },
    {
      says: 'valueFrom may name a JSON key, a stage and a version; it is read when a task starts and never again',
      url: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html',
      checked: '2026-11-21',
    },
    {
      says: 'a circuit breaker goes back to the task definition from before, and new tasks then read what is current',
      url: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html',
      checked: '2026-11-21',
    },
    {
      says: 'DescribeTasks takes 100 tasks; createdAt is when a task was made, before it reads its secrets',
      url: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html',
      checked: '2026-11-21',
    },
  ],
  unconfirmed: [
    {
      says: 'how soon after UpdateService its deployment shows in DescribeServices; one that does not show yet is waited for',
      setting: 'none is needed',
    },
    {
      says: 'how long tasks on instances of your own take to stop, where stopTimeout is longer than 120 seconds',
      setting: 'overlapHours',
    },
    {
      says: 'tasks that are run one by one or by a schedule with the same task definition: they read it at their next start',
      setting: 'overlapHours',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies DependentFacts;
