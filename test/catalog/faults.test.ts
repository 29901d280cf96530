import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../lib/catalog/problem.ts';
import { check, type Files, other, shared, sound, token } from './lantern.ts';

// Every fault by itself, in a catalog that has no other.

interface Row {
  readonly when: string;
  readonly files: Files;
  /** Where, as `file:line:column`. */
  readonly at: string;
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

/** The token's file with something else in place of something. */
function change(from: string, to: string): Files {
  return { ...sound, 'publish.yaml': swap(token, from, to) };
}

/** The token's file with more lines at its end. */
function add(lines: string): Files {
  return { ...sound, 'publish.yaml': `${token}${lines}\n` };
}

function beside(second: string | Uint8Array): Files {
  return { ...sound, 'second.yaml': second };
}

/** keyturn.yaml with other things in place of some. */
function share(...pairs: readonly string[]): Files {
  let text = shared;
  for (let index = 0; index < pairs.length; index += 2) text = swap(text, pairs[index] ?? '', pairs[index + 1] ?? '');
  return { ...sound, 'keyturn.yaml': text };
}

/** A token of the provider with parts and few slots. */
function torch(lines = '', schedule = 'everyDays: 30'): Files {
  const text = swap(
    swap(token, 'provider: lantern\nscope: { project: shop }', 'provider: torch\nscope: { user: bot }'),
    'everyDays: 30',
    schedule,
  );
  return { ...sound, 'publish.yaml': `${text}${lines}\n` };
}

function swapped(from: string, to: string, lines: string): Files {
  return { ...sound, 'publish.yaml': `${swap(token, from, to)}${lines}\n` };
}

function swap(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The catalog of this test has no ${from}`);
  return text.replace(from, to);
}

const pasted = 'ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u';
const withKeyId = 'value: { format: json, fields: { value: A, keyId: B } }';

describe('a fault of YAML', () => {
  const rows: readonly Row[] = [
    {
      when: 'a file is empty but for a comment',
      files: beside('# nothing yet\n'),
      at: 'second.yaml:1:1',
      code: 'empty-file',
      message: 'The file is empty.',
      fix: 'Write the fields, `description: …` first, or delete the file.',
    },
    {
      when: 'a file is a list',
      files: beside('- a\n- b\n'),
      at: 'second.yaml:1:1',
      code: 'not-a-map',
      message: 'The file does not consist of `field: value` lines.',
      fix: 'Write one field a line, for example `description: …`.',
    },
    {
      when: 'a file is Latin-1',
      files: beside(Buffer.from('description: caf\xe9\n', 'latin1')),
      at: 'second.yaml:1:17',
      code: 'not-utf8',
      message: 'The file is not UTF-8: the byte here belongs to no character.',
      fix: 'Save it again with the encoding UTF-8.',
    },
    {
      when: 'a file is UTF-16',
      files: beside(Buffer.from('\ufeffdescription: x\n', 'utf16le')),
      at: 'second.yaml:1:1',
      code: 'not-utf8',
      message: 'The file is UTF-16 and not UTF-8.',
      fix: 'Save it again with the encoding UTF-8.',
    },
    {
      when: 'a file has 10 MB',
      files: beside(Buffer.alloc(10_000_000, 'a')),
      at: 'second.yaml:1:1',
      code: 'too-large-file',
      message: 'The file has 10000000 bytes, and a catalog file may have 262144.',
      fix: 'Keep long notes somewhere else, and put a link to them under `runbook:`.',
    },
    {
      when: 'a file is nested without end',
      files: beside('['.repeat(20_000)),
      at: 'second.yaml:1:1',
      code: 'nesting',
      message: 'The file is nested more deeply than any catalog file needs to be.',
      fix: 'Check that it is the right file, and that its brackets are closed.',
    },
    {
      when: 'a tab indents',
      files: change('  administrator', '\tadministrator'),
      at: 'publish.yaml:7:1',
      code: 'tab',
      message: 'A tab stands here, and YAML indents with spaces only.',
      fix: 'Replace the tab by two spaces.',
    },
    {
      when: 'a field stands twice',
      files: add('owner: grace-hopper'),
      at: 'publish.yaml:15:1',
      code: 'duplicate-field',
      message: '`owner` stands here a second time; the first is in line 3.',
      fix: 'Keep one of the two.',
    },
    {
      when: 'a second document follows',
      files: add('---\ndescription: x'),
      at: 'publish.yaml:15:1',
      code: 'several-documents',
      message: 'A second document begins here, and a file holds one token.',
      fix: 'Remove the line `---`, or move what follows into a file of its own.',
    },
    {
      when: 'an alias stands for a value',
      files: change('recovery: the envelope next to it', 'recovery: *owner'),
      at: 'publish.yaml:9:13',
      code: 'alias',
      message: 'An alias (`*name`) stands here, and a catalog has none.',
      fix: 'Write the value itself.',
    },
    {
      when: 'a merge key stands in a group',
      files: change('  signIn', '  <<: { x: 1 }\n  signIn'),
      at: 'publish.yaml:6:3',
      code: 'alias',
      message: 'A merge key (`<<`) stands here, and a catalog has none.',
      fix: 'Write the fields themselves; what all tokens share goes under `defaults:` in keyturn.yaml.',
    },
    {
      when: 'a tag stands before a value',
      files: change('secret: build', 'secret: !secret build'),
      at: 'publish.yaml:13:9',
      code: 'tag',
      message: 'A tag (`!` and a name) stands here, and a catalog has none.',
      fix: 'Remove the tag; if the text itself begins with `!`, put it in quotes.',
    },
    {
      when: 'a directive stands at the top',
      files: change('description', '%ABC x\n---\ndescription'),
      at: 'publish.yaml:1:1',
      code: 'tag',
      message: 'A directive (`%` and a name) stands here, and a catalog has none.',
      fix: 'Remove the line.',
    },
    {
      when: 'a field is called __proto__',
      files: change('project: shop', 'project: shop, __proto__: { a: 1 }'),
      at: 'publish.yaml:11:25',
      code: 'unknown-field',
      message: '`__proto__` is not a field of anything.',
      fix: 'Remove it, or choose another name.',
    },
    {
      when: 'a bracket is not closed',
      files: change('shop }', 'shop'),
      at: 'publish.yaml:12:1',
      code: 'syntax',
      message: 'A bracket was opened before this and is not closed.',
      fix: 'Close it with } or ].',
    },
    {
      when: 'a quote is not closed',
      files: change('Lets the', '"Lets the'),
      at: 'publish.yaml:1:14',
      code: 'syntax',
      message: 'The quote that begins here is not closed.',
      fix: 'Close it, or remove it.',
    },
    {
      when: 'a text has a second colon',
      files: change('packages.', 'packages: all of them.'),
      at: 'publish.yaml:1:14',
      code: 'syntax',
      message: 'There are two colons with a space behind them on this line.',
      fix: 'Put the text in quotes, or begin a new line.',
    },
    {
      when: 'a text begins with a reserved sign',
      files: change('Lets the', '@Lets the'),
      at: 'publish.yaml:1:14',
      code: 'syntax',
      message: 'A text cannot begin with this character.',
      fix: 'Put the text in quotes.',
    },
    {
      when: 'a line is not indented like its neighbours',
      files: change('  administrator', ' administrator'),
      at: 'publish.yaml:7:1',
      code: 'syntax',
      message: 'This line is not indented like those it belongs to.',
      fix: 'Indent fields that belong together by the same number of spaces.',
    },
    {
      when: 'a backslash begins no known escape',
      files: change('the blue key in the safe', '"in C:\\qeys"'),
      at: 'publish.yaml:8:23',
      code: 'syntax',
      message: 'A backslash in double quotes begins an escape that YAML does not know.',
      fix: "Write two backslashes, or use single quotes: 'text'.",
    },
    {
      when: 'an escape stands for a terminal sequence',
      files: change('the blue key in the safe', '"\\e[31mred"'),
      at: 'publish.yaml:8:17',
      code: 'hidden-character',
      message: 'A character that cannot be seen stands here: U+001B.',
      fix: 'Remove it; it often comes along when text is copied from a terminal or a document.',
    },
    {
      when: 'a right-to-left mark turns a line around',
      files: change('Lets the', 'Lets \u202ethe'),
      at: 'publish.yaml:1:19',
      code: 'hidden-character',
      message: 'A character that cannot be seen stands here: U+202E.',
      fix: 'Remove it; it often comes along when text is copied from a terminal or a document.',
    },
    {
      when: 'a number would lose its last digits',
      files: change('project: shop', 'project: 12345678901234567890'),
      at: 'publish.yaml:11:19',
      code: 'lost-digits',
      message: 'This number is so large that its last digits would be lost.',
      fix: 'Put it in quotes.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of fields', () => {
  const rows: readonly Row[] = [
    {
      when: 'a field is missing',
      files: change('owner: ada-lovelace\n', ''),
      at: 'publish.yaml:1:1',
      code: 'missing',
      message: '`owner` is missing.',
      fix: 'Write for example `owner: ada-lovelace`. Who looks after it: the id of a person in keyturn.yaml.',
    },
    {
      when: 'a field is missing in a group',
      files: change('  recovery: the envelope next to it\n', ''),
      at: 'publish.yaml:5:1',
      code: 'missing',
      message: '`account.recovery` is missing.',
      fix: 'Write for example `recovery: Recovery codes are in the sealed envelope next to it`. How to get in when all of that fails.',
    },
    {
      when: 'a field has no value',
      files: change('owner: ada-lovelace', 'owner:'),
      at: 'publish.yaml:3:1',
      code: 'missing',
      message: '`owner` is empty.',
      fix: 'Write for example `owner: ada-lovelace`. Who looks after it: the id of a person in keyturn.yaml.',
    },
    {
      when: 'a field is misspelt, and only that is said',
      files: change('stopsWhenItFails', 'stops_when_it_fails'),
      at: 'publish.yaml:2:1',
      code: 'unknown-field',
      message: 'There is no field `stops_when_it_fails`.',
      fix: 'Did you mean `stopsWhenItFails`?',
    },
    {
      when: 'there is no such field',
      files: add('colour: red'),
      at: 'publish.yaml:15:1',
      code: 'unknown-field',
      message: 'There is no field `colour`.',
      fix: 'Remove it.',
    },
    {
      when: 'a text looks like a number',
      files: change('the blue key in the safe', '0123'),
      at: 'publish.yaml:8:17',
      code: 'type',
      message: '`account.secondFactor` must be a text, and without quotes YAML reads 123 here.',
      fix: 'Put it in quotes: `secondFactor: "0123"`.',
    },
    {
      when: 'a number has a unit',
      files: add('overlapHours: 24h'),
      at: 'publish.yaml:15:15',
      code: 'type',
      message: '`overlapHours` must be a number, not "24h".',
      fix: 'Write for example `overlapHours: 24`. How many hours a replaced token goes on working.',
    },
    {
      when: 'a list is a word',
      files: add('checks: all'),
      at: 'publish.yaml:15:9',
      code: 'type',
      message: '`checks` must be a list, not "all".',
      fix: 'Write `checks: …`. Harmless requests that must succeed with each new token.',
    },
    {
      when: 'a yes stands for true',
      files: add('exclusive: yes'),
      at: 'publish.yaml:15:12',
      code: 'type',
      message: '`exclusive` must be true or false, not "yes".',
      fix: 'Write for example `exclusive: true`. Nobody but this entry makes tokens for this principal, so that one that nobody knows may be revoked.',
    },
    {
      when: 'a word is none of the few',
      files: add('mode: retired'),
      at: 'publish.yaml:15:7',
      code: 'choice',
      message: '`mode` must be observe, rotate or retire, not "retired".',
      fix: 'Did you mean `retire`?',
    },
    {
      when: 'a number is too small',
      files: add('quietHours: -1'),
      at: 'publish.yaml:15:13',
      code: 'range',
      message: '`quietHours` must be at least 0, not -1.',
      fix: 'Write for example `quietHours: 24`. How many hours a replaced token must have been unused, where the provider tells.',
    },
    {
      when: 'an address is not https',
      files: change('https://lantern', 'http://lantern'),
      at: 'publish.yaml:6:11',
      code: 'form',
      message:
        '`account.signIn` must be an address that begins with https:// and holds no user name or password, not "http://lantern.example.com/login".',
      fix: 'Write for example `signIn: https://registry.example.com/login`. The page where one signs in.',
    },
    {
      when: 'the name of a secret has a space',
      files: change('build/lantern', 'build lantern'),
      at: 'publish.yaml:13:9',
      code: 'form',
      message:
        '`secret` must be the name of a secret (letters, digits and /_+=.@-) or its full ARN, which ends in a hyphen and six characters, not "build lantern".',
      fix: 'Write for example `secret: build/npm-token`. The secret that holds the token: its name or full ARN.',
    },
    {
      when: 'the ARN of a secret is not whole',
      files: change('build/lantern', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:build'),
      at: 'publish.yaml:13:9',
      code: 'form',
      message:
        '`secret` must be the name of a secret (letters, digits and /_+=.@-) or its full ARN, which ends in a hyphen and six characters, not "arn:aws:secretsmanager:eu-west-1:123456…".',
      fix: 'Write for example `secret: build/npm-token`. The secret that holds the token: its name or full ARN.',
    },
    {
      when: 'a check expects nothing',
      files: add('checks: [{ name: it works, url: https://lantern.example.com/me, expectStatus: [] }]'),
      at: 'publish.yaml:15:79',
      code: 'range',
      message: '`checks[0].expectStatus` must name at least one status.',
      fix: 'Write for example `expectStatus: [200]`. The statuses that say it works. Without it: 200.',
    },
    {
      when: 'a header has a space',
      files: add('checks: [{ name: it works, url: https://lantern.example.com/me, header: X Key }]'),
      at: 'publish.yaml:15:73',
      code: 'form',
      message: '`checks[0].header` must be the name of an HTTP header, not "X Key".',
      fix: 'Write for example `header: Authorization`. The header that carries the value. Without it: Authorization.',
    },
    {
      when: 'a dependent copies everything',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, copies: all }]'),
      at: 'publish.yaml:15:80',
      code: 'form',
      message: '`dependents[0].copies` must be `value`, `stored` or `{ part: <name> }`.',
      fix: 'Write for example `copies: value`. What is copied: the value, the whole stored text, or one of its parts.',
    },
    {
      when: 'a secret was pasted for its name',
      files: change('keyturn/authorities/lantern', pasted),
      at: 'publish.yaml:12:12',
      code: 'pasted-secret',
      message: '`authority` looks like the value of a secret; it is not shown here.',
      fix: 'Write the name of a secret instead, and revoke this one: whoever can read the file has it.',
    },
    {
      when: 'a secret was pasted into the scope',
      files: change('project: shop', 'project: q9Zk3RrW8xJm2LsD5fG9aB1cE7uhYpcQ'),
      at: 'publish.yaml:11:19',
      code: 'pasted-secret',
      message: '`scope.project` looks like the value of a secret; it is not shown here.',
      fix: 'Write the name of a secret instead, and revoke this one: whoever can read the file has it.',
    },
    {
      when: 'a secret was pasted for a field',
      files: add(`${pasted}: yes`),
      at: 'publish.yaml:15:1',
      code: 'pasted-secret',
      message: 'The name of a field looks like the value of a secret; it is not shown here.',
      fix: 'Write the name of a secret instead, and revoke this one: whoever can read the file has it.',
    },
    {
      when: 'an address holds a password',
      files: change('https://lantern', 'https://ada:hunter2@lantern'),
      at: 'publish.yaml:6:11',
      code: 'pasted-secret',
      message: '`account.signIn` looks like the value of a secret; it is not shown here.',
      fix: 'Write the name of a secret instead, and revoke this one: whoever can read the file has it.',
    },
    {
      when: 'the runbook holds something like a secret',
      files: add('runbook: see https://docs.example.com/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms'),
      at: 'publish.yaml:15:10',
      code: 'maybe-secret',
      message: '`runbook` holds something that may be the value of a secret; it is not shown here.',
      fix: 'If it is one, remove it and revoke it; a link is fine.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of people', () => {
  const rows: readonly Row[] = [
    {
      when: 'the owner is misspelt',
      files: change('owner: ada-lovelace', 'owner: ada-lovelac'),
      at: 'publish.yaml:3:8',
      code: 'unknown-person',
      message: 'keyturn.yaml has no person "ada-lovelac".',
      fix: 'Did you mean `ada-lovelace`?',
    },
    {
      when: 'the owner is nobody',
      files: change('owner: ada-lovelace', 'owner: linus'),
      at: 'publish.yaml:3:8',
      code: 'unknown-person',
      message: 'keyturn.yaml has no person "linus".',
      fix: 'Add them under `people:` in keyturn.yaml.',
    },
    {
      when: 'the backup has left',
      files: share('grace@example.com', 'grace@example.com, left: 2026-09-30', ', grace-hopper]', ']'),
      at: 'publish.yaml:4:9',
      code: 'person-left',
      message: '"Grace Hopper" left on 2026-09-30.',
      fix: 'Name somebody who is there.',
    },
    {
      when: 'the owner is the backup',
      files: change('grace-hopper', 'ada-lovelace'),
      at: 'publish.yaml:4:9',
      code: 'owner-is-backup',
      message: 'Owner and backup are the same person.',
      fix: 'Name somebody who can do it when the owner cannot.',
    },
    {
      when: 'the team is misspelt',
      files: add('team: platfrom'),
      at: 'publish.yaml:15:7',
      code: 'unknown-team',
      message: 'keyturn.yaml has no team "platfrom".',
      fix: 'Did you mean `platform`?',
    },
    {
      when: 'the administrator is neither person nor team',
      files: change('administrator: platform', 'administrator: it-department'),
      at: 'publish.yaml:7:18',
      code: 'unknown-person',
      message: 'keyturn.yaml has no person or team "it-department".',
      fix: 'Add them under `people:` or `teams:` in keyturn.yaml.',
    },
    {
      when: 'a team has an unknown member',
      files: share('[ada-lovelace', '[ada'),
      at: 'keyturn.yaml:6:70',
      code: 'unknown-person',
      message: 'keyturn.yaml has no person "ada".',
      fix: 'Add them under `people:` in keyturn.yaml.',
    },
    {
      when: 'a team has the id of a person',
      files: share('teams:', 'teams:\n  ada-lovelace: { name: A, email: a@example.com, members: [grace-hopper] }'),
      at: 'keyturn.yaml:6:3',
      code: 'same-id',
      message: 'The team "ada-lovelace" has the id of a person.',
      fix: 'Choose another, for example `ada-lovelace-team`.',
    },
    {
      when: 'the webhook of a team is on the machine itself',
      files: share('members: [', 'webhook: { url: "https://127.0.0.1/in", secret: keyturn/hook }, members: ['),
      at: 'keyturn.yaml:6:76',
      code: 'address',
      message: expect.stringMatching(/^The webhook of the team "platform" would never be called: .*loopback/),
      fix: 'Write a public address that begins with https://.',
    },
    {
      when: 'the address of a Slack channel stands in the catalog itself',
      files: share('members: [', 'slack: "https://hooks.slack.com/services/T0/B0/x", members: ['),
      at: 'keyturn.yaml:6:67',
      code: 'form',
      message: expect.stringMatching(/must be the name of a secret/),
      fix: expect.stringMatching(/./),
    },
    {
      when: 'a time zone is none',
      files: share('teams:', 'alerts: { timeZone: Stockholm }\nteams:'),
      at: 'keyturn.yaml:5:21',
      code: 'form',
      message: expect.stringMatching(/must be the name of a time zone, such as `Europe\/Stockholm` or `UTC`/),
      fix: expect.stringMatching(/./),
    },
    {
      when: 'links to runbooks do not say where the name goes',
      files: share('teams:', 'alerts: { runbookUrl: https://wiki.example.com/ }\nteams:'),
      at: 'keyturn.yaml:5:23',
      code: 'form',
      message: expect.stringMatching(/must hold `\{token\}`/),
      fix: expect.stringMatching(/./),
    },
    {
      when: 'a person has no proper id',
      files: share('teams:', '  Linus T: { name: Linus, email: linus@example.com }\nteams:'),
      at: 'keyturn.yaml:5:3',
      code: 'form',
      message: 'The name "Linus T" must consist of lower case letters, digits and hyphens, and begin with a letter.',
      fix: 'Choose another name.',
    },
    {
      when: 'an e-mail address is none',
      files: share('ada@example.com', 'ada'),
      at: 'keyturn.yaml:3:46',
      code: 'form',
      message: '`people.ada-lovelace.email` must be an e-mail address, not "ada".',
      fix: 'Write for example `email: ada@example.com`. Where a message reaches them.',
    },
    {
      when: 'a date is not in the calendar',
      files: share('grace@example.com', 'grace@example.com, left: 2026-02-30'),
      at: 'keyturn.yaml:4:71',
      code: 'form',
      message: '`people.grace-hopper.left` must be a date: year-month-day, not "2026-02-30".',
      fix: 'Write for example `left: "2026-09-30"`. The day they left.',
    },
    {
      when: 'the version is of the future',
      files: share('version: 1', 'version: 2'),
      at: 'keyturn.yaml:1:10',
      code: 'choice',
      message: '`version` must be 1, not 2.',
      fix: 'Write `version: 1`.',
    },
    {
      when: 'a default schedule is too fast',
      files: share('version: 1', 'version: 1\ndefaults: { schedule: { everyHours: 2 } }'),
      at: 'keyturn.yaml:2:37',
      code: 'range',
      message: '`defaults.schedule.everyHours` must be at least 4, not 2.',
      fix: 'Write for example `everyHours: 12`. Every so many hours.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of plug-ins', () => {
  const rows: readonly Row[] = [
    {
      when: 'the provider is misspelt',
      files: change('provider: lantern', 'provider: lantren'),
      at: 'publish.yaml:10:11',
      code: 'unknown-provider',
      message: 'There is no provider "lantren".',
      fix: 'Did you mean `lantern`?',
    },
    {
      when: 'the provider is unknown',
      files: change('provider: lantern', 'provider: acme'),
      at: 'publish.yaml:10:11',
      code: 'unknown-provider',
      message: 'There is no provider "acme".',
      fix: 'See `keyturn rotators` for the names.',
    },
    {
      when: 'the plug-in cannot be loaded',
      files: change('provider: lantern', 'provider: missing'),
      at: 'publish.yaml:10:11',
      code: 'plugin',
      message: 'The plug-in of the provider "missing" cannot be loaded.',
      fix: 'Run `npm ci` again; if that does not help, please report it.',
    },
    {
      when: 'the plug-in fails, and its message is not told',
      files: change('provider: lantern', 'provider: broken'),
      at: 'publish.yaml:11:8',
      code: 'plugin',
      message: '`scope` made the check of its plug-in fail.',
      fix: 'This is a fault in the plug-in: please report it.',
    },
    {
      when: 'the scope has a misspelt field',
      files: change('project: shop', 'projct: shop'),
      at: 'publish.yaml:11:10',
      code: 'unknown-field',
      message: 'There is no field `scope.projct`.',
      fix: 'Did you mean `project`?',
    },
    {
      when: 'the scope is missing',
      files: change('scope: { project: shop }\n', ''),
      at: 'publish.yaml:1:1',
      code: 'missing',
      message: '`scope.project` is missing.',
      fix: 'Write for example `scope: { project: shop }`. The project that the token is for.',
    },
    {
      when: 'the scope asks for an unknown right',
      files: change('shop }', 'shop, rights: [read, publsh] }'),
      at: 'publish.yaml:11:40',
      code: 'choice',
      message: '`scope.rights[1]` must be read or publish, not "publsh".',
      fix: 'Did you mean `publish`?',
    },
    {
      when: 'the authority is missing',
      files: change('authority: keyturn/authorities/lantern\n', ''),
      at: 'publish.yaml:10:11',
      code: 'no-authority',
      message: '`authority` is missing, and lantern cannot mint without one.',
      fix: 'Write `authority: keyturn/authorities/lantern`, the name of the secret with the credential that may mint and revoke.',
    },
    {
      when: 'the token is its own authority',
      files: change('keyturn/authorities/lantern', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:build/lantern-AbC123'),
      at: 'publish.yaml:12:12',
      code: 'own-authority',
      message: 'The authority is the very secret that is to be rotated.',
      fix: 'Keep what may mint and revoke in a secret of its own.',
    },
    {
      when: 'the kind is misspelt',
      files: add('dependents: [{ name: a drawer, kind: drawr, target: { secret: copy } }]'),
      at: 'publish.yaml:15:38',
      code: 'unknown-kind',
      message: 'There is no kind of dependent "drawr".',
      fix: 'Did you mean `drawer`?',
    },
    {
      when: 'a target is no address',
      files: add('dependents: [{ name: a bell, kind: bell, target: { url: lantern.example.com }, authority: keyturn/bell }]'),
      at: 'publish.yaml:15:57',
      code: 'form',
      message: '`dependents[0].target.url` must be an address such as https://example.com/, not "lantern.example.com".',
      fix: 'See the docs page of bell.',
    },
    {
      when: 'a target is missing',
      files: add('dependents: [{ name: a bell, kind: bell, authority: keyturn/bell }]'),
      at: 'publish.yaml:15:14',
      code: 'missing',
      message: '`dependents[0].target.url` is missing.',
      fix: 'See the docs page of bell.',
    },
    {
      when: 'a dependent lacks its authority',
      files: add('dependents: [{ name: a bell, kind: bell, target: { url: https://lantern.example.com } }]'),
      at: 'publish.yaml:15:14',
      code: 'no-authority',
      message: '`dependents[0].authority` is missing, and bell cannot write without one.',
      fix: 'Write `authority: keyturn/authorities/bell`, the name of the secret with the credential for writing there.',
    },
    {
      when: 'a role leads to a place outside AWS',
      files: add(
        'dependents: [{ name: a bell, kind: bell, target: { url: https://lantern.example.com }, authority: keyturn/bell, via: arn:aws:iam::123456789012:role/x }]',
      ),
      at: 'publish.yaml:15:118',
      code: 'via-unused',
      message: 'bell does not speak to AWS, so that no role leads to it.',
      fix: 'Remove `via`.',
    },
    {
      when: 'a dependent is too small',
      files: add('dependents: [{ name: a slip, kind: slip, target: { at: desk } }]'),
      at: 'publish.yaml:15:14',
      code: 'too-large',
      message: 'slip takes 100 bytes, and a token of lantern may have 200.',
      fix: 'Let it read the secret itself instead of keeping a copy.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of the stored value', () => {
  const rows: readonly Row[] = [
    {
      when: 'a bare value has fields',
      files: add('value: { format: text, fields: { value: A } }'),
      at: 'publish.yaml:15:32',
      code: 'value',
      message: 'A bare value has no fields.',
      fix: 'Write `format: json`, or remove `fields`.',
    },
    {
      when: 'a JSON value has no fields',
      files: add('value: { format: json }'),
      at: 'publish.yaml:15:8',
      code: 'value',
      message: '`value.fields` is missing.',
      fix: 'Write `fields: { value: value }`.',
    },
    {
      when: 'no field is for the value',
      files: add('value: { format: json, fields: { keyId: A } }'),
      at: 'publish.yaml:15:32',
      code: 'value',
      message: '`value.fields` gives no field for `value`.',
      fix: 'Add `value: value`, or the name that the field is to have.',
    },
    {
      when: 'a part is misspelt',
      files: add('value: { format: json, fields: { value: A, keyid: B } }'),
      at: 'publish.yaml:15:44',
      code: 'value',
      message: 'A token of lantern has no part "keyid".',
      fix: 'Did you mean `keyId`?',
    },
    {
      when: 'two parts share a field',
      files: add('value: { format: json, fields: { value: A, keyId: A } }'),
      at: 'publish.yaml:15:51',
      code: 'value',
      message: '`value` and `keyId` would be kept in one field.',
      fix: 'Give each a field of its own.',
    },
    {
      when: 'the format is misspelt, and only that is said',
      files: add('value: { format: jsn, fields: { value: A } }'),
      at: 'publish.yaml:15:18',
      code: 'choice',
      message: '`value.format` must be text or json, not "jsn".',
      fix: 'Did you mean `json`?',
    },
    {
      when: 'a required part would be lost',
      files: torch(),
      at: 'publish.yaml:10:11',
      code: 'value',
      message: 'A token of torch has parts (keyId) that a bare value cannot hold.',
      fix: 'Write `value: { format: json, fields: { value: value, keyId: keyId } }`.',
    },
    {
      when: 'a dependent copies a part that is not stored',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, copies: { part: keyId } }]'),
      at: 'publish.yaml:15:80',
      code: 'copies',
      message: 'The part "keyId" is not in `value.fields`.',
      fix: 'Add `keyId: <field>` to `value.fields`, or write `copies: value`.',
    },
    {
      when: 'something is expected that the provider never tells',
      files: torch(`${withKeyId}\nexpect: { scopes: [read] }`),
      at: 'publish.yaml:16:19',
      code: 'cannot-expect',
      message: 'torch never tells what a token may do: it knows no rights.',
      fix: 'Remove `scopes`, and try what the token must be allowed to do under `checks`.',
    },
    {
      when: 'a check would send what no header takes',
      files: swapped(
        'provider: lantern\nscope: { project: shop }',
        'provider: scroll\nscope: { library: main }',
        'checks: [{ name: it works, url: https://scroll.example.com/me }]',
      ),
      at: 'publish.yaml:15:10',
      code: 'cannot-check',
      message: 'A check sends the token in a header, and one of scroll has line breaks.',
      fix: 'Remove the check. Whether the token works is asked in its own way before every promotion.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of time', () => {
  const rows: readonly Row[] = [
    {
      when: 'there is no schedule',
      files: change('schedule: { everyDays: 30 }\n', ''),
      at: 'publish.yaml:1:1',
      code: 'missing',
      message: '`schedule` is missing, and keyturn.yaml gives no default.',
      fix: 'Write for example `schedule: { everyDays: 30 }`, here or under `defaults:` in keyturn.yaml.',
    },
    {
      when: 'there are two schedules',
      files: change('everyDays: 30', 'everyDays: 30, everyHours: 8'),
      at: 'publish.yaml:14:11',
      code: 'schedule',
      message: 'A schedule has one of everyDays, everyHours and cron, and this one has everyDays and everyHours.',
      fix: 'Write for example `schedule: { everyDays: 30 }`.',
    },
    {
      when: 'a schedule is only a window',
      files: change('everyDays: 30', 'windowHours: 2'),
      at: 'publish.yaml:14:11',
      code: 'schedule',
      message: 'A schedule has one of everyDays, everyHours and cron, and this one has none of them.',
      fix: 'Write for example `schedule: { everyDays: 30 }`.',
    },
    {
      when: 'a schedule is faster than AWS',
      files: change('everyDays: 30', 'everyHours: 3'),
      at: 'publish.yaml:14:25',
      code: 'range',
      message: '`schedule.everyHours` must be at least 4, not 3.',
      fix: 'Write for example `everyHours: 12`. Every so many hours.',
    },
    {
      when: 'a schedule is slower than AWS',
      files: change('everyDays: 30', 'everyDays: 1000'),
      at: 'publish.yaml:14:24',
      code: 'range',
      message: '`schedule.everyDays` must be at most 999, not 1000.',
      fix: 'Write for example `everyDays: 30`. Every so many days.',
    },
    {
      when: 'a window reaches into the next',
      files: change('everyDays: 30', 'everyHours: 4, windowHours: 6'),
      at: 'publish.yaml:14:41',
      code: 'schedule',
      message: 'A window of 6 hours reaches into the next one, 4 hours later.',
      fix: 'Write `windowHours: 4` or less.',
    },
    {
      when: 'a cron expression has five fields',
      files: change('everyDays: 30', 'cron: "0 8 1 * *"'),
      at: 'publish.yaml:14:19',
      code: 'schedule',
      message: 'A cron expression of AWS has six fields, and this one has 5.',
      fix: 'Write for example `cron: "0 8 1 * ? *"`: at 8:00 UTC on the first of each month.',
    },
    {
      when: 'a window reaches into the next day',
      files: change('everyDays: 30', 'cron: "0 22 1 * ? *", windowHours: 4'),
      at: 'publish.yaml:14:48',
      code: 'schedule',
      message: 'A window of 4 hours from 22:00 on reaches into the next day or the next window.',
      fix: 'Write `windowHours: 2` or less.',
    },
    {
      when: 'a consumer caches longer than the overlap',
      files: add('overlapHours: 12\nconsumers: [{ name: the shop, cacheHours: 36 }, { name: the blog, cacheHours: 24 }]'),
      at: 'publish.yaml:15:15',
      code: 'overlap-too-short',
      message: 'The overlap of 12 hours is shorter than the 36 hours for which "the shop" may go on using the old token.',
      fix: 'Write `overlapHours: 36` or more.',
    },
    {
      when: 'a consumer caches longer than the default overlap',
      files: add('consumers: [{ name: the shop, cacheHours: 36 }]'),
      at: 'publish.yaml:15:43',
      code: 'overlap-too-short',
      message:
        'The overlap of 24 hours (the default) is shorter than the 36 hours for which "the shop" may go on using the old token.',
      fix: 'Write `overlapHours: 36` or more.',
    },
    {
      when: 'every overlap ends before the overlap is over',
      files: add('overlapHours: 72\nmaxOverlapHours: 48'),
      at: 'publish.yaml:16:18',
      code: 'overlap-too-short',
      message: 'The overlap of 72 hours is longer than the 48 hours after which the old token is revoked in any case.',
      fix: 'Write `maxOverlapHours: 72` or more.',
    },
    {
      when: 'a dependent drains longer than the overlap',
      files: add('dependents: [{ name: the kitchen, kind: kettle, target: { at: desk } }]'),
      at: 'publish.yaml:15:14',
      code: 'overlap-too-short',
      message:
        'The overlap of 24 hours (the default) is shorter than the 30 hours for which "the kitchen" may still run with the old token.',
      fix: 'Write `overlapHours: 30` or more.',
    },
    {
      when: 'a consumer caches what the provider ends at once',
      files: change(
        'provider: lantern\nscope: { project: shop }',
        'provider: candle\nconsumers: [{ name: the shop, cacheHours: 2 }]',
      ),
      at: 'publish.yaml:11:43',
      code: 'no-overlap',
      message: 'candle ends the old token as soon as a new one is minted, and "the shop" may use it 2 hours longer.',
      fix: 'Let consumers read the secret again when they are refused; the runbook warns of the gap.',
    },
    {
      when: 'the token expires before it is replaced',
      files: change('everyDays: 30', 'everyDays: 90'),
      at: 'publish.yaml:14:11',
      code: 'expires-too-soon',
      message:
        'A token lives 90 days and would have to live 91 days: it is renewed every 90 days, and goes on working for 24 hours.',
      fix: 'Write `schedule: { everyDays: 89 }` or less, or a shorter overlap.',
    },
    {
      when: 'the token expires before, as the catalog says itself',
      files: add('expect: { expiresAfterDays: 20 }'),
      at: 'publish.yaml:14:11',
      code: 'expires-too-soon',
      message:
        'A token lives 20 days and would have to live 31 days: it is renewed every 30 days, and goes on working for 24 hours.',
      fix: 'Write `schedule: { everyDays: 19 }` or less, or a shorter overlap.',
    },
    {
      when: 'more life is expected than the provider gives',
      files: add('expect: { expiresAfterDays: 365 }'),
      at: 'publish.yaml:15:29',
      code: 'expires-too-soon',
      message: 'A token of lantern lives 90 days at most, and 365 days are expected.',
      fix: 'Write `expiresAfterDays: 90` or less.',
    },
    {
      when: 'too many old tokens would wait',
      files: change('{ everyDays: 30 }', '{ everyHours: 4 }\noverlapHours: 48'),
      at: 'publish.yaml:14:11',
      code: 'too-many-retiring',
      message:
        'Renewed every 4 hours, 12 older tokens would still wait for revocation when the next is due; Keyturn lets no more wait than 6.',
      fix: 'Renew it no more often than every 8 hours, or write a shorter overlap.',
    },
    {
      when: 'the provider has room for fewer old tokens',
      files: torch(withKeyId, 'everyHours: 12'),
      at: 'publish.yaml:14:11',
      code: 'too-many-retiring',
      message:
        'Renewed every 12 hours, 2 older tokens would still wait for revocation when the next is due; of the 3 that torch allows there is room for 1.',
      fix: 'Renew it no more often than every 14 hours, or write a shorter overlap.',
    },
  ];
  it.each(rows)('$when', tells);
});

describe('a fault of several files', () => {
  const rows: readonly Row[] = [
    {
      when: 'two tokens are in one secret',
      files: beside(other.replace('build/other', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:build/lantern-AbC123')),
      at: 'second.yaml:13:9',
      code: 'same-secret',
      message: 'This is also the secret of publish (publish.yaml:13).',
      fix: 'Keep each token in a secret of its own; if they are in different accounts or regions, write full ARNs.',
    },
    {
      when: 'two tokens are of one principal, and the later is exclusive',
      files: beside(`${other.replace('blog', 'shop')}exclusive: true\n`),
      at: 'second.yaml:15:12',
      code: 'not-exclusive',
      message:
        "This token and publish (publish.yaml:11) belong to one principal, and `exclusive: true` would revoke the other's.",
      fix: 'Remove `exclusive`, or give each token a principal of its own.',
    },
    {
      when: 'two tokens are of one principal, and the earlier is exclusive',
      files: { ...add('exclusive: true'), 'second.yaml': other.replace('blog', 'shop') },
      at: 'publish.yaml:15:12',
      code: 'not-exclusive',
      message: "This token and second (second.yaml:11) belong to one principal, and `exclusive: true` would revoke the other's.",
      fix: 'Remove `exclusive`, or give each token a principal of its own.',
    },
    {
      when: 'two tokens may be of one principal',
      files: beside(`${other}exclusive: true\n`),
      at: 'second.yaml:15:12',
      code: 'maybe-not-exclusive',
      message:
        "This token and publish (publish.yaml:11) have one authority; if it is one principal too, `exclusive: true` would revoke the other's.",
      fix: 'Make sure that the scopes name different principals, or remove `exclusive`.',
    },
    {
      when: 'a file has no name for a token',
      files: { ...sound, 'Second Token.yaml': other },
      at: 'Second Token.yaml:1:1',
      code: 'file-name',
      message: "A token's name, which is the name of its file, consists of up to 64 lower case letters, digits and hyphens.",
      fix: 'Rename the file, for example `npm-publish.yaml`.',
    },
    {
      when: 'two files have one name',
      files: { ...sound, 'more/publish.yaml': other },
      at: 'publish.yaml:1:1',
      code: 'same-name',
      message: 'There is another token "publish", in more/publish.yaml.',
      fix: 'Rename one of the two files.',
    },
    {
      when: 'keyturn.yaml is in a sub-folder',
      files: { ...sound, 'more/keyturn.yaml': shared },
      at: 'more/keyturn.yaml:1:1',
      code: 'file-name',
      message: 'keyturn.yaml belongs in the folder of the catalog itself, and this is a folder within it.',
      fix: 'Move what it says there, and delete this one.',
    },
    {
      when: 'keyturn.yaml is missing',
      files: { 'publish.yaml': token },
      at: 'keyturn.yaml:1:1',
      code: 'no-keyturn-file',
      message: 'There is no keyturn.yaml, which says who the people are.',
      fix: 'Write it with `version: 1` and `people:`; the example catalog of Keyturn shows how.',
    },
    {
      when: 'there are no tokens',
      files: { 'keyturn.yaml': shared },
      at: '.:1:1',
      code: 'no-tokens',
      message: 'The folder holds no token.',
      fix: 'Write one file a token, for example `npm-publish.yaml`.',
    },
    {
      when: 'a name stands twice in a list',
      files: add('consumers: [{ name: the shop, cacheHours: 1 }, { name: the shop, cacheHours: 2 }]'),
      at: 'publish.yaml:15:56',
      code: 'same-name',
      message: '`consumers` already has one with the name "the shop".',
      fix: 'Give each a name of its own.',
    },
    {
      when: 'a dependent waits for one that is not there',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, after: [a draw] }]'),
      at: 'publish.yaml:15:80',
      code: 'unknown-dependent',
      message: 'This token has no dependent "a draw".',
      fix: 'Did you mean `a drawer`?',
    },
    {
      when: 'dependents wait for each other',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, after: [another] }, { name: another, kind: drawer, target: { secret: other }, after: [a drawer] }]',
      ),
      at: 'publish.yaml:15:80',
      code: 'circle',
      message: '"a drawer" waits for "another", which in the end waits for it.',
      fix: 'Let one of them wait for nobody.',
    },
    {
      when: 'a dependent waits for itself',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, after: [a drawer] }]'),
      at: 'publish.yaml:15:80',
      code: 'circle',
      message: '"a drawer" waits for "a drawer", which is itself.',
      fix: 'Let one of them wait for nobody.',
    },
    {
      when: 'a dependent reads what another keeps, and waits for nobody',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy } }, { name: a page, kind: reader, target: { reads: copy } }]',
      ),
      at: 'publish.yaml:15:74',
      code: 'reads-nothing',
      message: '`dependents[1]` reads a copy that another dependent keeps, and its `after` names none that keeps one.',
      fix: 'Name the dependent that keeps the copy in `after`; or, if reader reads the rotated secret itself, say `reads: secret`.',
    },
    {
      when: 'a dependent that reads the secret itself waits for another',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy } }, { name: a page, kind: reader, target: { reads: secret }, after: [a drawer] }]',
      ),
      at: 'publish.yaml:15:138',
      code: 'after-unused',
      message:
        '`dependents[1]` reads the rotated secret itself and is started anew after promotion, so that it comes after all others anyway.',
      fix: 'Remove `after`; or, if it reads a copy, say `reads: copy`.',
    },
    {
      when: 'a dependent waits for one that comes after promotion',
      files: add(
        'dependents: [{ name: a page, kind: reader, target: { reads: secret } }, { name: a drawer, kind: drawer, target: { secret: copy }, after: [a page] }]',
      ),
      at: 'publish.yaml:15:138',
      code: 'after-promotion',
      message: '`dependents[1]` waits for "a page", which has a new token only after promotion.',
      fix: 'Remove it from `after`.',
    },
    {
      when: 'a probe says neither of its kinds',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: {} }]'),
      at: 'publish.yaml:15:79',
      code: 'probe',
      message: 'The probe says neither `route` nor `workflow`.',
      fix: 'Write `route: https://...` or `workflow: keyturn-probe.yml`.',
    },
    {
      when: 'a probe says both of its kinds',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { route: https://shop.example.com/p, workflow: p.yml } }]',
      ),
      at: 'publish.yaml:15:79',
      code: 'probe',
      message: 'A probe is either a `route` or a `workflow`.',
      fix: 'Write `route: https://...` or `workflow: keyturn-probe.yml`.',
    },
    {
      when: 'a route has a branch',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { route: https://shop.example.com/p, ref: main } }]',
      ),
      at: 'publish.yaml:15:121',
      code: 'probe',
      message: 'A route has no `ref`.',
      fix: 'Remove `ref`.',
    },
    {
      when: 'no workflow can be asked about a place',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { workflow: p.yml } }]'),
      at: 'publish.yaml:15:91',
      code: 'probe',
      message: 'No workflow can be asked about this place of drawer.',
      fix: 'Write `route: https://...`. A workflow is asked about a secret for Actions of a repository or an environment on GitHub.',
    },
    {
      when: 'a route would never be called',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { route: https://127.0.0.1/p } }]',
      ),
      at: 'publish.yaml:15:88',
      code: 'address',
      message: 'This address would never be called: 127.0.0.1 is a loopback, link-local or otherwise inner address.',
      fix: 'Write one that begins with https:// and leads to another machine by a name that everybody knows it by.',
    },
    {
      when: 'a route holds a query',
      files: add(
        'dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { route: "https://shop.example.com/p?a=b" } }]',
      ),
      at: 'publish.yaml:15:88',
      code: 'form',
      message: '`dependents[0].probe.route` must hold neither a query nor a number sign.',
      fix: 'Write for example `route: https://shop.example.com/keyturn-probe`. A route of the application that answers a nonce with the value that it uses.',
    },
    {
      when: 'a workflow is a path',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, probe: { workflow: ../p.yml } }]'),
      at: 'publish.yaml:15:91',
      code: 'form',
      message: '`dependents[0].probe.workflow` must be the file name of a workflow, such as keyturn-probe.yml, not "../p.yml".',
      fix: 'Write for example `workflow: keyturn-probe.yml`. A workflow of GitHub Actions, by its file name, that answers a nonce with the secret that it reads.',
    },
    {
      when: 'a dependent writes into its own token',
      files: add('dependents: [{ name: a drawer, kind: drawer, target: { secret: build/lantern } }]'),
      at: 'publish.yaml:15:54',
      code: 'writes-token',
      message: 'This writes the copy into the very secret that is rotated.',
      fix: 'Write the copy into another secret, or remove this dependent.',
    },
    {
      when: 'a dependent writes into another token',
      files: beside(`${other}dependents: [{ name: a drawer, kind: drawer, target: { secret: build/lantern } }]\n`),
      at: 'second.yaml:15:54',
      code: 'writes-token',
      message: 'This writes into the secret of publish (publish.yaml:13).',
      fix: 'Write the copy into another secret, or remove this dependent.',
    },
    {
      when: 'two dependents of one token write to one place',
      files: add(
        'dependents:\n  - { name: a drawer, kind: drawer, target: { secret: copy, field: A } }\n  - { name: a box, kind: drawer, target: { field: A, secret: copy } }',
      ),
      at: 'publish.yaml:17:42',
      code: 'same-place',
      message: '"a drawer" of publish (publish.yaml:16) writes to the same place.',
      fix: 'Remove one of the two: each would undo the other.',
    },
    {
      when: 'dependents of two tokens write to one place',
      files: {
        ...add('dependents: [{ name: a drawer, kind: drawer, target: { secret: copy } }]'),
        'second.yaml': `${other}dependents: [{ name: a box, kind: drawer, target: { secret: copy } }]\n`,
      },
      at: 'second.yaml:15:51',
      code: 'same-place',
      message: '"a drawer" of publish (publish.yaml:15) writes to the same place.',
      fix: 'Remove one of the two: each would undo the other.',
    },
  ];
  it.each(rows)('$when', tells);
});

async function tells({ files, at, code, message, fix }: Row): Promise<void> {
  const { problems, catalog } = await check(files);

  expect(problems.map((problem) => `${problem.file}:${problem.line}:${problem.column}`)).toEqual([at]);
  expect(problems[0]).toMatchObject({ code, message, fix });
  expect(catalog === undefined).toBe(problems[0]?.severity === 'error');
}
