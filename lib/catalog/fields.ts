import * as z from 'zod';
import { secretArnPattern, secretNamePattern } from './secret-id.ts';

// What may stand in the files. From here come the checks, the advice and the JSON Schemas, so every field says what it is, and shows
// by an example how it is written.

/** A schema with its description, and examples for the advice and for editors. */
function field<Schema extends z.ZodType>(schema: Schema, description: string, ...examples: readonly unknown[]): Schema {
  return schema.meta({ description, ...(examples.length === 0 ? {} : { examples: [...examples] }) });
}

const notEmpty = 'must say something';
const text = z.string().trim().min(1, notEmpty);

const idForm = 'must consist of lower case letters, digits and hyphens, and begin with a letter';
export const idPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const id = z.string().max(64).regex(idPattern, idForm);

const httpsForm = 'must be an address that begins with https:// and holds no user name or password';
const https = z
  .string()
  .regex(/^https:\/\/[^\s/@?#\\]+(?:[/?#]\S*)?$/, httpsForm)
  .refine((address) => URL.canParse(address), httpsForm);

const secretIdForm =
  'must be the name of a secret (letters, digits and /_+=.@-) or its full ARN, which ends in a hyphen and six characters';
const secretId = z.string().regex(new RegExp(`${secretNamePattern.source}|${secretArnPattern.source}`), secretIdForm);

const hours = z.number().min(0).max(24_000);
const mode = z.enum(['observe', 'rotate', 'retire']);
const name = z.string().trim().min(1, notEmpty).max(100);

const scheduleFields = z
  .strictObject({
    everyDays: field(z.int().min(1).max(999).optional(), 'Every so many days.', 30),
    everyHours: field(z.int().min(4).max(23_976).optional(), 'Every so many hours.', 12),
    cron: field(
      z.string().optional(),
      'At certain hours and days, UTC, as AWS writes it: minute (always 0), hour, day of month, month, day of week, year (always *). One of the two days is `?`.',
      '0 8 1 * ? *',
    ),
    windowHours: field(
      z.int().min(1).max(24).optional(),
      'How long after its start AWS may begin the rotation. Without it: an hour for schedules by the hour, else until midnight UTC.',
      2,
    ),
  })
  .meta({ oneOf: [{ required: ['everyDays'] }, { required: ['everyHours'] }, { required: ['cron'] }] });

const valueFields = z.strictObject({
  format: field(z.enum(['text', 'json']).optional(), 'Whether the secret holds the bare value, or a JSON object.', 'json'),
  fields: field(
    z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must be `value` or the name of a part'),
        z.string().min(1, notEmpty).max(256),
      )
      .optional(),
    'For JSON: the field that holds the value, and one for each part that the provider issues with it.',
    { value: 'NPM_TOKEN' },
  ),
});

const probeFields = z
  .strictObject({
    route: field(
      https.refine((address) => !/[?#]/.test(address), 'must hold neither a query nor a number sign').optional(),
      'A route of the application that answers a nonce with the value that it uses.',
      'https://shop.example.com/keyturn-probe',
    ),
    workflow: field(
      z
        .string()
        .max(255)
        .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*\.ya?ml$/, 'must be the file name of a workflow, such as keyturn-probe.yml')
        .optional(),
      'A workflow of GitHub Actions, by its file name, that answers a nonce with the secret that it reads.',
      'keyturn-probe.yml',
    ),
    ref: field(
      z
        .string()
        .max(255)
        .regex(/^[\w][\w./-]*$/, 'must be the name of a branch or a tag')
        .optional(),
      'The branch or tag from which the workflow is run. Without it: main.',
      'main',
    ),
  })
  .meta({ oneOf: [{ required: ['route'] }, { required: ['workflow'] }] });

const dependentFields = z.strictObject({
  name: field(name, 'What this place is called here. Told apart by it, so unique in this file.', 'build secret'),
  kind: field(id, 'The dependent plug-in that writes there.', 'aws-secrets-manager-secret'),
  target: field(z.unknown().optional(), 'Where exactly: the fields depend on the kind.'),
  authority: field(secretId.optional(), 'The secret with the credential for writing there.', 'keyturn/authorities/ci'),
  via: field(
    z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role')
      .optional(),
    'The role through which AWS is reached; also the way into another account.',
    'arn:aws:iam::123456789012:role/keyturn-dependents',
  ),
  copies: field(
    z
      .union([z.enum(['value', 'stored']), z.strictObject({ part: z.string().min(1) })], {
        error: 'must be `value`, `stored` or `{ part: <name> }`',
      })
      .optional(),
    'What is copied: the value, the whole stored text, or one of its parts.',
    'value',
  ),
  onForeign: field(
    z.enum(['stop', 'adopt']).optional(),
    'What to do when the place holds something that Keyturn never wrote: stop and tell, or overwrite it.',
    'stop',
  ),
  after: field(
    z.array(name).min(1).optional(),
    'The dependents that must have a new value in effect before this one gets it. Without it, it is updated beside the others.',
    ['build secret'],
  ),
  probe: field(
    probeFields.optional(),
    'How whoever uses this copy is asked whether they have the new value, where the place itself cannot show it.',
    { route: 'https://shop.example.com/keyturn-probe' },
  ),
});

const consumerFields = z.strictObject({
  name: field(name, 'Who uses the token.', 'Release pipeline'),
  cacheHours: field(
    hours,
    'How many hours they may go on using a value that they have read. The overlap is never shorter than the longest.',
    1,
  ),
  reads: field(text.optional(), 'Where they read it from.', 'the secret build/npm-token, at the start of each build'),
});

const checkFields = z.strictObject({
  name: field(name, 'What is tried.', 'registry knows the robot'),
  url: field(https, 'Asked with GET and the new value; must change nothing.', 'https://registry.example.com/-/whoami'),
  header: field(
    z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'must be the name of an HTTP header')
      .optional(),
    'The header that carries the value. Without it: Authorization.',
    'Authorization',
  ),
  prefix: field(
    z
      .string()
      .regex(/^[\x20-\x7e]{0,64}$/, 'must be plain letters, digits and signs')
      .optional(),
    'What stands before the value. Without it: "Bearer " with the space.',
    'Bearer ',
  ),
  expectStatus: field(
    z.array(z.int().min(100).max(599)).min(1, 'must name at least one status').optional(),
    'The statuses that say it works. Without it: 200.',
    [200],
  ),
});

const accountFields = z.strictObject({
  signIn: field(https, 'The page where one signs in.', 'https://registry.example.com/login'),
  administrator: field(id, 'Who administers the account: the id of a person or a team.', 'platform'),
  secondFactor: field(text, 'Where the second factor is.', 'The blue security key in the safe on the second floor'),
  recovery: field(text, 'How to get in when all of that fails.', 'Recovery codes are in the sealed envelope next to it'),
});

/** The file of one token. */
export const tokenFields = z.strictObject({
  description: field(
    text,
    'What the token is for, in a sentence or two that anybody understands.',
    'Lets our build robot publish packages.',
  ),
  stopsWhenItFails: field(
    text,
    'What stops when it no longer works, in the same plain words.',
    'No new version of the shop can go out.',
  ),
  owner: field(id, 'Who looks after it: the id of a person in keyturn.yaml.', 'ada-lovelace'),
  backup: field(id, 'Who does so when the owner cannot: another person.', 'grace-hopper'),
  team: field(id.optional(), 'The team it belongs to, by its id in keyturn.yaml.', 'platform'),
  account: field(accountFields, 'For the night when somebody must get in by hand.', {
    signIn: 'https://registry.example.com/login',
    administrator: 'platform',
    secondFactor: 'the blue key in the safe',
    recovery: 'the sealed envelope next to it',
  }),
  provider: field(id, 'The rotator for the service that issues the token.', 'npm-registry'),
  scope: field(z.unknown().optional(), 'What is asked for: the fields depend on the provider.'),
  authority: field(
    secretId.optional(),
    'The secret with the credential that may mint and revoke.',
    'keyturn/authorities/npm-registry',
  ),
  secret: field(secretId, 'The secret that holds the token: its name or full ARN.', 'build/npm-token'),
  adopt: field(
    z.boolean().optional(),
    'The secret exists already: deploying makes none, and takes this one as it is. Always so for a full ARN. Without `mode` it is only observed.',
    true,
  ),
  value: field(valueFields.optional(), 'How the token stands in the secret. Without it: the bare value.', {
    format: 'json',
    fields: { value: 'NPM_TOKEN' },
  }),
  mode: field(
    mode.optional(),
    'How far Keyturn goes: `observe` looks only, `rotate` also renews, `retire` also revokes the old one.',
    'retire',
  ),
  rotation: field(
    z.literal('external').optional(),
    "Something else rotates it: AWS's own rotation, a vendor's function, a person. Keyturn mints nothing; it verifies each new one, and brings the dependents along.",
    'external',
  ),
  exclusive: field(
    z.boolean().optional(),
    'Nobody but this entry makes tokens for this principal, so that one that nobody knows may be revoked.',
    true,
  ),
  schedule: field(scheduleFields.optional(), 'When it is renewed, or is due where a person renews it.', { everyDays: 30 }),
  overlapHours: field(hours.optional(), 'How many hours a replaced token goes on working.', 24),
  quietHours: field(hours.optional(), 'How many hours a replaced token must have been unused, where the provider tells.', 24),
  maxOverlapHours: field(
    hours.optional(),
    'After so many hours a replaced token is revoked even if somebody still uses it. Without it such a token is kept, and its owner told.',
    168,
  ),
  drillEveryDays: field(
    z.int().min(1).max(3650).optional(),
    'A renewal is rehearsed this often: a token is made that nobody gets, and ended again. Where only a person can make one: how often its owner and backup walk through the runbook.',
    90,
  ),
  expect: field(
    z
      .strictObject({
        scopes: field(z.array(text).optional(), 'What a new token must be allowed to do, in the words of the provider.', [
          'publish',
        ]),
        expiresAfterDays: field(z.int().min(1).max(36_500).optional(), 'How many days a new token must live at least.', 90),
      })
      .optional(),
    'What must be true of each new token.',
    { expiresAfterDays: 90 },
  ),
  dependents: field(z.array(dependentFields).optional(), 'The places that keep a copy.'),
  consumers: field(z.array(consumerFields).optional(), 'Who uses the token.'),
  checks: field(z.array(checkFields).optional(), 'Harmless requests that must succeed with each new token.'),
  runbook: field(text.optional(), 'Notes for the runbook, in Markdown.', 'The registry is slow on Mondays.'),
});

const feedVersion = field(
  z.int().min(1).max(9999).optional(),
  'Counts up when the address of the calendar got into the wrong hands: the old address is worth nothing then.',
  2,
);

const personFields = z.strictObject({
  name: field(text, 'As the person is called.', 'Ada Lovelace'),
  email: field(z.email('must be an e-mail address'), 'Where a message reaches them.', 'ada@example.com'),
  phone: field(text.optional(), 'For the night. In quotes.', '+44 20 7946 0018'),
  left: field(z.iso.date('must be a date: year-month-day').optional(), 'The day they left.', '2026-09-30'),
  feedVersion,
});

const webhookFields = z.strictObject({
  url: field(https, 'Where each event is posted, signed as Standard Webhooks says.', 'https://hooks.example.com/keyturn'),
  secret: field(
    secretId,
    'The secret with the signing secret: {"secret": "whsec_..."}, and "previous" while it is being changed.',
    'keyturn/webhooks/platform',
  ),
});

const teamFields = z.strictObject({
  name: field(text, 'What the team is called.', 'Platform'),
  email: field(z.email('must be an e-mail address'), 'Where a message reaches all of them.', 'platform@example.com'),
  members: field(z.array(id).min(1, 'must name at least one person'), 'Their ids.', ['ada-lovelace']),
  slack: field(
    secretId.optional(),
    'The secret that holds the address of an incoming webhook of Slack. What is addressed to the team goes to its channel too.',
    'keyturn/slack/platform',
  ),
  webhook: field(webhookFields.optional(), "A service of the team's own that is told everything of the team's tokens.", {
    url: 'https://hooks.example.com/keyturn',
    secret: 'keyturn/webhooks/platform',
  }),
  feedVersion,
});

const momentForm = 'must be a date, or a date and time with a zone such as `2026-12-20T17:00:00Z`';
const moment = z
  .string(momentForm)
  .refine((written) => z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(written).success, momentForm);

const freezeFields = z.strictObject({
  from: field(moment, 'When it begins. A date begins at midnight UTC.', '2026-12-20'),
  until: field(moment, 'When it is over. A date is over when it begins.', '2027-01-02'),
  why: field(text, 'For whoever waits for it.', 'the shop must not change before Christmas'),
  providers: field(z.array(id).min(1).optional(), 'Only the tokens of these providers. Without it: all.', ['sendgrid']),
});

const hoursToAnswer = z.number().min(0.25).max(720);
const zoneForm = 'must be the name of a time zone, such as `Europe/Stockholm` or `UTC`';

const alertFields = z.strictObject({
  escalateHours: field(
    z
      .strictObject({
        now: field(hoursToAnswer.optional(), 'For what is broken or stands still. Without it: 4.', 4),
        soon: field(hoursToAnswer.optional(), 'For what soon will. Without it: 24.', 24),
      })
      .optional(),
    'How many hours an alert waits for somebody to acknowledge it, before the backup is told, and then the team.',
    { now: 4, soon: 24 },
  ),
  warnDays: field(
    z.array(z.int().min(1).max(365)).min(1, 'must name at least one day').optional(),
    'How many days before a token expires people are told of it, each time anew. Without it: 30, 14, 7, 3 and 1.',
    [30, 14, 7, 3, 1],
  ),
  digestHour: field(z.int().min(0).max(23).optional(), 'The hour of the daily digest. Without it: 8.', 8),
  timeZone: field(
    z.string().refine(isTimeZone, zoneForm).optional(),
    'The time zone of that hour, and of the dates in messages. Without it: UTC.',
    'Europe/Stockholm',
  ),
  runbookUrl: field(
    https.refine((address) => address.includes('{token}'), 'must hold `{token}`, where the name of the token goes').optional(),
    'Where the runbook of a token is. Messages link to it.',
    'https://wiki.example.com/keyturn/{token}',
  ),
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** keyturn.yaml: what all tokens share. */
export const sharedFields = z.strictObject({
  version: field(z.literal(1), 'The version of this format.', 1),
  people: field(z.record(id, personFields), 'Everybody who has to do with a token, by id.'),
  teams: field(z.record(id, teamFields).optional(), 'Teams, by id. No team has the id of a person.'),
  defaults: field(
    z
      .strictObject({
        mode: field(mode.optional(), 'Without it: retire.', 'retire'),
        schedule: field(scheduleFields.optional(), 'For tokens that have no schedule of their own.', { everyDays: 30 }),
        overlapHours: field(hours.optional(), 'Without it: 24.', 24),
        quietHours: field(hours.optional(), 'Without it: 24.', 24),
      })
      .optional(),
    'What holds for every token that does not say otherwise.',
  ),
  freezes: field(
    z.array(freezeFields).optional(),
    'Times in which nothing is begun and nothing revoked. Watching goes on, and so does what was begun before.',
  ),
  alerts: field(alertFields.optional(), 'Who is told when. Without it, each setting is as it says.', { digestHour: 8 }),
});

export type TokenFields = z.infer<typeof tokenFields>;
