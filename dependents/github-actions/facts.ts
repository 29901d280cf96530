import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'github-actions',
  title: 'GitHub Actions secret',
  summary: 'A secret of a repository, an environment or an organization on GitHub, for Actions, Dependabot or Codespaces.',
  api: { field: 'api' },
  readClass: 'metadata',
  activation: 'next-run',
  drainSeconds: 21_600, // the longest that one job takes on a runner of GitHub's
  maximumBytes: can({ bytes: 48_000 }),
  lock: cannot('GitHub takes every write, and its times show no two writes within one second'),
  leastPrivilege: [
    'Make a fine-grained token (or a GitHub App installation token) for the one repository or organization, with Metadata: read and the one permission that fits:',
    'for a repository, "Secrets: write"; for an environment, "Environments: write"; for an organization, "Secrets: write" of the organization.',
    'For Dependabot and Codespaces it is "Dependabot secrets: write" and "Codespaces secrets: write" instead.',
    'For `probe: { workflow }`, besides, "Actions: write" of the repository: to ask for a run, and read the name of its jobs.',
    'For `lookAlsoIn`, besides, "Environments: read" of the repository, or for an organization "Secrets: read" of each repository that is named.',
    'Store it as {"token": "..."} in the authority secret. It expires: put it into the catalog as a token of its own.',
    'An environment must exist already. An organization secret that does not exist is made for no repository: choose on GitHub who sees it, and every rotation keeps that.',
  ],
  byHand: [
    'On GitHub open Settings > Secrets and variables of the repository or organization (for an environment, Settings > Environments), and choose Actions, Dependabot or Codespaces.',
    'Edit the secret, paste the new value and save; leave the repository access of an organization secret as it is.',
    'Runs that are queued or in progress may still hold the old value: wait for them, and start them anew instead of re-running them.',
  ],
  ifAllElseFails:
    'on GitHub, open Settings > Secrets and variables, paste the value of the AWS secret into the secret of this name, and save.',
  sources: [
    {
      says: 'a workflow is asked for with inputs by its file name, and the answer is 204',
      url: 'https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event',
      checked: '2026-11-26',
    },
    {
      says: 'public key, sealed value, 201 and 204; visibility is sent with every organization secret; updated_at is all that is read back',
      url: 'https://docs.github.com/en/rest/actions/secrets',
      checked: '2026-11-22',
    },
    {
      says: 'names, 48 KB, environment before repository before organization; read when a run is queued, or when the job of an environment starts',
      url: 'https://docs.github.com/en/actions/reference/secrets-reference',
      checked: '2026-11-22',
    },
    {
      says: 'a job takes 6 hours at most on a runner of GitHub, a run 35 days with its waiting',
      url: 'https://docs.github.com/en/actions/learn-github-actions/usage-limits-billing-and-administration',
      checked: '2026-11-22',
    },
    {
      says: 'a job takes 5 days at most on a runner of your own, and may wait for one a day or two',
      url: 'https://docs.github.com/en/actions/reference/usage-limits-for-self-hosted-runners',
      checked: '2026-11-22',
    },
    {
      says: 'sealing with the key of another place was once taken with a 2xx, and left garbage as the value',
      url: 'https://github.com/cli/cli/issues/3831',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that a name of a job is shown by the API as it was evaluated with the outputs of another job',
      setting: 'probe',
    },
    {
      says: 'how long a run holds the value that it began with: taken to be six hours, and more where jobs follow each other, wait for approval or run on runners of your own',
      setting: 'overlapHours',
    },
    {
      says: 'whether a re-run, possible for 30 days, takes the value of its first attempt: seen so (cli/cli#13522), and documented otherwise',
      setting: 'overlapHours',
    },
    { says: 'that a codespace which is running takes a new value when it is started again', setting: 'overlapHours' },
    { says: 'whether 48 KB are 48,000 or 49,152 bytes', setting: 'facts.maximumBytes' },
    { says: 'that an organization secret may be made for no repository at all', setting: 'target.visibility' },
    { says: 'that the version 2022-11-28 of the API is there on an Enterprise Server', setting: 'target.api' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-22' },
    { on: 'vendor document', date: '2026-11-22' },
  ],
} as const satisfies DependentFacts;
