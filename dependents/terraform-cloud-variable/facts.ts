import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'terraform-cloud-variable',
  title: 'Variable of HCP Terraform',
  summary: 'A variable of a workspace or a variable set, on HCP Terraform or Terraform Enterprise.',
  api: { field: 'api' },
  readClass: 'value',
  activation: 'next-run',
  drainSeconds: 7200,
  maximumBytes: can({ bytes: 262_144 }),
  lock: cannot('a variable has a version-id, and a write cannot be tied to it'),
  leastPrivilege: [
    'Make a team with custom permissions on this one workspace: "Variables: read and write", and nothing else; for a variable set, "Manage variable sets" of its project.',
    'Make a team token, with an end, and store it as {"token": "..."} in the authority secret. Put it into the catalog as a token of its own.',
  ],
  byHand: [
    'In HCP Terraform open the workspace > Variables (or the variable set), edit the variable, paste the new value and save.',
    'Start a run where Terraform writes the token into what it manages. Runs that wait for confirmation hold the old value: discard them and plan anew.',
  ],
  ifAllElseFails: 'in HCP Terraform, edit the variable, paste the value of the AWS secret and save.',
  sources: [
    {
      says: 'list, PATCH and POST of variables; a sensitive one is never shown; version-id changes with every update; attributes that are not sent stay',
      url: 'https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspace-variables',
      checked: '2026-11-22',
    },
    {
      says: 'the same for variable sets',
      url: 'https://developer.hashicorp.com/terraform/cloud-docs/api-docs/variable-sets',
      checked: '2026-11-22',
    },
    {
      says: 'application/vnd.api+json; 404 is also said of what may not be seen; 30 requests a second',
      url: 'https://developer.hashicorp.com/terraform/cloud-docs/api-docs',
      checked: '2026-11-22',
    },
    {
      says: 'a variable of the workspace goes before that of a variable set, unless the set has priority',
      url: 'https://developer.hashicorp.com/terraform/cloud-docs/variables',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that a run goes on with the values of its plan, and how long: taken to be two hours, and more where it waits for confirmation',
      setting: 'overlapHours',
    },
    {
      says: 'whether lists of variables have pages: meta.pagination.next-page is followed where it is told',
      setting: 'none is needed',
    },
    { says: 'that a value may have 256 KB', setting: 'facts.maximumBytes' },
    {
      says: 'that no stronger variable of the same name stands in a workspace or a priority set that the target does not name',
      setting: 'target.lookAlsoIn',
    },
    { says: 'that workspaces which run locally do not use it at all', setting: 'target.workspace' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
