import { cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'gitlab-ci-variable',
  title: 'GitLab CI/CD variable',
  summary: 'A CI/CD variable of a project or a group on GitLab, for one scope of environments.',
  api: { field: 'api' },
  readClass: 'value',
  activation: 'next-run',
  drainSeconds: 10_800, // the longest that a job takes on a runner of GitLab's
  maximumBytes: cannot('GitLab states no limit for variables of projects and groups'),
  lock: cannot('GitLab takes every write, and tells neither times nor versions'),
  leastPrivilege: [
    'For a project, make a project access token with the role Maintainer and the scope "api"; for a group, a group access token with the role Owner.',
    'Store it as {"token": "glpat-..."} in the authority secret. It expires within a year: put it into the catalog as a token of its own.',
    'A variable that does not exist is made masked, raw and, unless the target says otherwise, protected: only jobs of protected branches and tags see it.',
  ],
  byHand: [
    'In GitLab open Settings > CI/CD > Variables of the project or group, and edit the variable of the right environment scope.',
    'Paste the new value, leave everything else as it is and save.',
    'Jobs that are running still hold the old value: wait for them, or start them anew.',
  ],
  ifAllElseFails:
    'in GitLab, open Settings > CI/CD > Variables, paste the value of the AWS secret into the variable of this name and scope, and save.',
  sources: [
    {
      says: 'GET, PUT and POST, filter[environment_scope], masked_and_hidden at creation only; what is not sent stays',
      url: 'https://docs.gitlab.com/api/project_level_variables/',
      checked: '2026-11-22',
    },
    {
      says: 'the same for groups',
      url: 'https://docs.gitlab.com/api/group_level_variables/',
      checked: '2026-11-22',
    },
    {
      says: 'masked values are one line of 8 characters or more without spaces; hidden ones are never shown; the variables of a project go before those of its groups',
      url: 'https://docs.gitlab.com/ci/variables/',
      checked: '2026-11-22',
    },
    {
      says: 'a job takes 3 hours at most on a runner of GitLab',
      url: 'https://docs.gitlab.com/ci/runners/hosted_runners/',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'when a job takes its variables: taken to be when a runner takes the job, and that none runs for more than three hours (on runners of your own it may)',
      setting: 'overlapHours',
    },
    {
      says: 'what earlier pipelines have built into review apps and deployments stays there until the next pipeline',
      setting: 'overlapHours',
    },
    {
      says: 'that nothing of the same name goes before it: a variable of a project before that of its group, and one of a pipeline or schedule before both. Narrower environment scopes are looked for, and of a group what the target names',
      setting: 'target.lookAlsoIn',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
