import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'vercel-env',
  title: 'Environment variable of a Vercel project',
  summary: 'A variable of a project on Vercel; what is live in production is deployed again, so that it takes the variable up.',
  api: 'https://api.vercel.com',
  readClass: 'value',
  activation: 'call',
  drainSeconds: 900, // the longest that a function runs, and then some
  maximumBytes: can({ bytes: 65_536 }),
  lock: cannot('Vercel takes every write'),
  leastPrivilege: [
    'In Vercel invite a member of its own with a role that may change environment variables and deploy this project: tokens have no rights of their own.',
    'As that member, make a token under Account Settings > Tokens, for the one team.',
    'Store it as {"token": "..."} in the authority secret. It may expire: put it into the catalog as a token of its own.',
  ],
  byHand: [
    'In Vercel open the project > Settings > Environment Variables, choose the variable and "Edit", paste the new value and save.',
    'Under Deployments open the one that is current in production, and choose "Redeploy" without the build cache.',
  ],
  ifAllElseFails:
    'in Vercel, edit the variable of the project, paste the value of the AWS secret, save, and redeploy what is current in production.',
  sources: [
    {
      says: 'a variable is changed by PATCH, made by POST, whose 201 may list what failed; a sensitive one is never shown again',
      url: 'https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables',
      checked: '2026-11-22',
    },
    {
      says: 'one variable by its id is answered in clear, unless it is sensitive',
      url: 'https://vercel.com/docs/rest-api/projects/retrieve-the-decrypted-value-of-an-environment-variable-of-a-project-by-id',
      checked: '2026-11-22',
    },
    {
      says: 'a list with decrypt=true shows ciphertext',
      url: 'https://github.com/vercel/sdk/issues/118',
      checked: '2026-11-22',
    },
    {
      says: 'deploymentId deploys again what was deployed, and withLatestCommit takes newer code instead',
      url: 'https://vercel.com/docs/rest-api/deployments/create-a-new-deployment',
      checked: '2026-11-22',
    },
    {
      says: 'a change of variables does not reach earlier deployments, only new ones',
      url: 'https://vercel.com/docs/environment-variables',
      checked: '2026-11-22',
    },
    {
      says: 'after an instant rollback production domains are no more assigned to new deployments, until one is promoted',
      url: 'https://vercel.com/docs/instant-rollback',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that targets.production of a project names the deployment that production domains point to, also after an instant rollback',
      setting: 'overlapHours',
    },
    {
      says: 'that autoAssignCustomDomains is false where new deployments do not get the production domains; otherwise a rotation waits until one is promoted',
      setting: 'overlapHours',
    },
    { says: 'how long functions of the old deployment still run: taken to be 15 minutes', setting: 'overlapHours' },
    {
      says: 'when previews and custom environments take a new value: with their next deployment, which nobody starts here',
      setting: 'target.environments',
    },
    { says: 'that a list of variables is whole, or says that it has another page, which is refused', setting: 'none is needed' },
    {
      says: '64 KB are for all variables of a deployment together, and edge functions take 5 KB',
      setting: 'facts.maximumBytes',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies DependentFacts;
