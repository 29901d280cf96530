import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'rabbitmq-user',
  title: 'RabbitMQ user',
  summary: 'Connects to one virtual host of a RabbitMQ broker; every rotation makes a new user with the same rights.',
  kind: 'api',
  strategy: 'byo',
  api: { field: 'managementUrl' },
  mark: can({ maximumCharacters: 43 }),
  list: can(),
  revoke: can(),
  expiry: cannot('users of RabbitMQ never expire; the catalog sets the age instead'),
  scopes: cannot('the rights are those that the catalog gives, set anew with every user'),
  lastUsed: cannot('RabbitMQ does not tell when a user last connected'),
  slots: cannot('RabbitMQ knows no limit'),
  parts: { user: 'the name of the user, another one with every rotation' },
  requiredParts: ['user'],
  valueBytes: 43,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'Make a user of its own for Keyturn with the tag `administrator`: RabbitMQ lets nobody else make users. Let it connect to the management API only: give it rights in no virtual host.',
    'Store it as {"user": "...", "password": "..."} in the authority secret.',
    'Give whoever reads the token both fields, user and password: both change.',
    'Rights that hang on the name of a user (topic permissions, limits, policies by name) are not carried over: say all that the token needs under `scope`.',
  ],
  byHand: [
    'Run `rabbitmqctl add_user <name> <password>` with a name that begins like the old one.',
    'Run `rabbitmqctl set_permissions -p <vhost> <name> <configure> <write> <read>` with the rights of the old one.',
    'Store both in the secret, and rotate the dependents.',
    'Run `rabbitmqctl delete_user <old name>` when nothing uses it any more.',
  ],
  ifAllElseFails: 'run `rabbitmqctl list_users` on a node of the broker, and `rabbitmqctl delete_user` for the old one.',
  sources: [
    {
      says: 'PUT, GET and DELETE of /api/users and /api/permissions; a user without `tags` is refused; making a user needs administrator',
      url: 'https://github.com/rabbitmq/rabbitmq-server/blob/v3.10.8/deps/rabbitmq_management/priv/www/api/index.html',
      checked: '2026-11-25',
    },
    {
      says: 'RabbitMQ 3.10.8: PUT answers 201, and 204 to a user who is there; whoami says "Not management user" to one who may only connect and "Login failed" to one who is not known, both with 401; a deleted user is refused at once',
      url: 'https://packages.debian.org/bookworm/rabbitmq-server',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that other versions use the same two sentences; with a tag such as `management` they are not needed',
      setting: 'scope.tags',
    },
    {
      says: 'that no cache of users stands in between, which would let a deleted one in for a while',
      setting: 'facts.deathSeconds',
    },
    {
      says: 'whether connections that are open end when their user is deleted: clients must connect anew within the overlap',
      setting: 'overlapHours',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'real service', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
