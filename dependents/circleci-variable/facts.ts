import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'circleci-variable',
  title: 'CircleCI environment variable',
  summary: 'An environment variable of a context or a project on CircleCI.',
  api: 'https://circleci.com/api/v2',
  readClass: 'tail',
  activation: 'next-run',
  drainSeconds: 18_000, // the longest that a job takes
  maximumBytes: can({ bytes: 32_000 }),
  lock: cannot('CircleCI takes every write'),
  leastPrivilege: [
    'Make a user of its own for this organization; for a restricted context, add it to the security group of the context.',
    'As that user make a personal API token: tokens of projects do not work with this API.',
    'Store it as {"token": "..."} in the authority secret.',
  ],
  byHand: [
    'In CircleCI open Organization Settings > Contexts > the context, or Project Settings > Environment Variables.',
    'Add the variable again under the same name with the new value: that replaces it.',
  ],
  ifAllElseFails: 'in CircleCI, add the variable again under its name and paste the value of the AWS secret.',
  sources: [
    {
      says: 'PUT for contexts, POST for projects; lists with page tokens show the last characters and, for contexts, updated_at',
      url: 'https://circleci.com/docs/api/v2/',
      checked: '2026-11-22',
    },
    {
      says: '100 variables a context, 32k characters a value; a context goes before the project',
      url: 'https://circleci.com/docs/contexts/',
      checked: '2026-11-22',
    },
    {
      says: 'variables of a project are shown as xxxx and their last four characters',
      url: 'https://circleci.com/docs/set-environment-variable/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'how many of the last characters are shown: as many as come are compared', setting: 'none is needed' },
    { says: 'that a job runs for five hours at most', setting: 'overlapHours' },
    {
      says: 'that nothing of the same name goes before it where the target does not have it looked for: a context before the project, and the last context of a job before others',
      setting: 'target.lookAlsoIn',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
