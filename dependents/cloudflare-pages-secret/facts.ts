import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'cloudflare-pages-secret',
  title: 'Secret of a Cloudflare Pages project',
  summary:
    'A variable of production of a project on Cloudflare Pages; what is live is built and deployed again, so that it takes the variable up.',
  api: 'https://api.cloudflare.com/client/v4',
  readClass: 'none',
  activation: 'call',
  drainSeconds: 60,
  maximumBytes: can({ bytes: 5000 }),
  lock: cannot('Cloudflare takes every write, and tells no version of a variable'),
  leastPrivilege: [
    'In Cloudflare under Manage account > Account API tokens, make a token with "Cloudflare Pages: Edit" for this one account; it cannot be narrowed to one project.',
    'Store it as {"token": "..."} in the authority secret. It may expire: put it into the catalog as a token of its own.',
  ],
  byHand: [
    'In Cloudflare open Workers & Pages > the project > Settings > Variables and Secrets, choose Production, edit the variable, paste the new value and save.',
    'Under Deployments open the menu of the one that is live, and choose "Retry deployment".',
  ],
  ifAllElseFails:
    'in Cloudflare, edit the variable of the project, paste the value of the AWS secret, save, and retry the deployment that is live.',
  sources: [
    {
      says: 'PATCH of a project sets the variables that it names; GET tells the deployment that is live, the newest one, and secrets without their value',
      url: 'https://developers.cloudflare.com/api/resources/pages/subresources/projects/',
      checked: '2026-11-26',
    },
    {
      says: 'POST of a deployment to retry it; stages with a status',
      url: 'https://developers.cloudflare.com/api/resources/pages/subresources/projects/subresources/deployments/',
      checked: '2026-11-26',
    },
    {
      says: 'variables and secrets are taken up by the next deployment; a secret is never shown again',
      url: 'https://developers.cloudflare.com/pages/functions/bindings/',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    {
      says: 'that a deployment which succeeded can be retried, makes one of its own from the same commit, and goes live; otherwise a rotation waits until somebody deploys',
      setting: 'overlapHours',
    },
    { says: 'that a project without `source` is uploaded by hand, and cannot be retried', setting: 'none is needed' },
    { says: 'how long functions of the deployment before still run: taken to be a minute', setting: 'overlapHours' },
    { says: 'that the limit is that of Workers, and whether 5 KB are 5,000 or 5,120 bytes', setting: 'facts.maximumBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-26' }],
} as const satisfies DependentFacts;
