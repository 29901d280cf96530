import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'netlify-env',
  title: 'Environment variable of a Netlify site',
  summary: 'A variable of a site on Netlify; the site is built again from the newest commit, so that it takes the variable up.',
  api: 'https://api.netlify.com/api/v1',
  readClass: 'value',
  activation: 'call',
  drainSeconds: 900, // the longest that a background function runs
  maximumBytes: can({ bytes: 4096 }),
  lock: cannot('Netlify takes every write'),
  leastPrivilege: [
    'Invite a member of its own to the team, with access to this one site: tokens have no rights of their own.',
    'As that member make a personal access token under User settings > Applications.',
    'Store it as {"token": "..."} in the authority secret. It may expire: put it into the catalog as a token of its own.',
  ],
  byHand: [
    'In Netlify open the site > Site configuration > Environment variables, edit the variable, paste the new value and save.',
    'Under Deploys choose Trigger deploy > Deploy site. It builds the newest commit.',
  ],
  ifAllElseFails:
    'in Netlify, edit the environment variable of the site, paste the value of the AWS secret, save, and trigger a deploy.',
  sources: [
    {
      says: 'PATCH sets the value of one context and leaves the others, POST makes a variable, builds are started and listed by site',
      url: 'https://open-api.netlify.com/',
      checked: '2026-11-25',
    },
    {
      says: 'a secret is readable by code on Netlify only, needs contexts of its own, and stays one',
      url: 'https://docs.netlify.com/build/environment-variables/secrets-controller/',
      checked: '2026-11-21',
    },
    {
      says: 'changes need a new build and deploy; 4 KB for the variables of a function',
      url: 'https://docs.netlify.com/build/environment-variables/overview/',
      checked: '2026-11-21',
    },
  ],
  unconfirmed: [
    {
      says: 'that no value for a single branch goes before that for production; those beside a value for all contexts are looked for',
      setting: 'target.context',
    },
    {
      says: 'that updated_at changes with every write, and is of the whole variable: a secret of which somebody changes another context counts as changed by a stranger',
      setting: 'onForeign',
    },
    {
      says: 'that published_deploy.locked is true where new deploys are not published by themselves; otherwise a rotation waits until one is',
      setting: 'overlapHours',
    },
    {
      says: 'that a site without build_settings.repo_url cannot be built by a call, which is refused',
      setting: 'none is needed',
    },
    { says: 'how long functions of the old deploy still run: taken to be 15 minutes', setting: 'overlapHours' },
    { says: '4 KB are for all variables of a function together', setting: 'facts.maximumBytes' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies DependentFacts;
