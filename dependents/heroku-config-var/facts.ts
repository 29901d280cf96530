import { can, cannot, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'heroku-config-var',
  title: 'Config var of a Heroku app',
  summary: 'A config var of an app on Heroku, which releases and restarts it by itself.',
  api: 'https://api.heroku.com',
  readClass: 'value',
  activation: 'automatic',
  drainSeconds: 86_400, // a one-off dyno keeps what it began with, and runs for a day at most
  maximumBytes: can({ bytes: 32_768 }),
  lock: cannot('Heroku takes every write'),
  leastPrivilege: [
    'Make a user of its own and add it to this one app as a collaborator who may deploy and operate.',
    'As that user run `heroku authorizations:create -s read-protected,write-protected`; the narrower scopes do not reach config vars.',
    'Store it as {"token": "..."} in the authority secret. With an end of its own, put it into the catalog as a token of its own.',
  ],
  byHand: [
    'In Heroku open the app > Settings > Config Vars > Reveal, edit the variable, paste the new value and save.',
    'Wait until all dynos are up again. One-off dynos keep the old value: stop them, or wait for their end.',
  ],
  ifAllElseFails: 'run `heroku config:set <name>=... -a <app>` with the value of the AWS secret.',
  sources: [
    {
      says: 'GET shows all config vars, PATCH merges; releases with version and status; dynos with state and release; the header Range',
      url: 'https://devcenter.heroku.com/articles/platform-api-reference',
      checked: '2026-11-22',
    },
    {
      says: 'a change makes a release and restarts the app; 32 KB together; names',
      url: 'https://devcenter.heroku.com/articles/config-vars',
      checked: '2026-11-22',
    },
    {
      says: 'dynos are restarted at least once a day, and one-off dynos end after 24 hours',
      url: 'https://devcenter.heroku.com/articles/dynos',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that a release whose release phase fails leaves its config vars in the list, and the dynos with those of before',
      setting: 'none is needed',
    },
    {
      says: 'that dynos of every process but one-off ones show `up` or `idle` when they have started with the newest release',
      setting: 'overlapHours',
    },
    { says: '32 KB are for all config vars together', setting: 'facts.maximumBytes' },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies DependentFacts;
