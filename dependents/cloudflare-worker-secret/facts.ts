import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'cloudflare-worker-secret',
  title: 'Secret of a Cloudflare Worker',
  summary: 'A secret of a Worker on Cloudflare, which is deployed with the new value as soon as it is written.',
  api: 'https://api.cloudflare.com/client/v4',
  readClass: 'none',
  activation: 'none',
  drainSeconds: 60,
  maximumBytes: can({ bytes: 5000 }),
  lock: cannot('Cloudflare takes every write, and shows of a secret nothing but its name'),
  leastPrivilege: [
    'In Cloudflare under Manage account > Account API tokens, make a token with "Workers Scripts: Edit" for this one account; it cannot be narrowed to one Worker.',
    'Store it as {"token": "..."} in the authority secret. It may expire: put it into the catalog as a token of its own.',
    'Whatever uploads the code must keep secrets, as Wrangler does; otherwise the next upload takes this one away.',
  ],
  byHand: [
    'In Cloudflare open Workers & Pages > the Worker > Settings > Variables and Secrets, edit the secret, paste the new value and choose "Deploy".',
    'If it says that the latest version is not deployed, deploy that version first, or end the gradual deployment.',
  ],
  ifAllElseFails: 'run `npx wrangler secret put <name>` for the Worker and paste the value of the AWS secret.',
  sources: [
    {
      says: 'PUT with the name in the body makes or replaces one secret; a list shows names only',
      url: 'https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/secrets/',
      checked: '2026-11-22',
    },
    {
      says: 'a change of a secret makes a version and deploys it at once',
      url: 'https://developers.cloudflare.com/workers/configuration/secrets/',
      checked: '2026-11-22',
    },
    {
      says: 'deployments are listed with their versions and percentages, the newest first',
      url: 'https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/deployments/',
      checked: '2026-11-22',
    },
    {
      says: '5 KB for a secret; 64 variables and secrets on the free plan, 128 on a paid one',
      url: 'https://developers.cloudflare.com/workers/platform/limits/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'that a Worker whose newest version is not deployed to all is refused with 10215: it is looked for beforehand, by the lists of versions and deployments',
      setting: 'none is needed',
    },
    { says: 'how long isolates of the version before still run: taken to be a minute', setting: 'overlapHours' },
    { says: 'whether 5 KB are 5,000 or 5,120 bytes', setting: 'facts.maximumBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
