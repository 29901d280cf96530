// What is wrong with a declared request is told when the catalog is read, all of it at once, each with its line.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkCatalog } from '../../lib/catalog/load-catalog.ts';
import { registry } from '../../lib/plugin/registry.ts';

const folder = 'docs/examples/without-code';
const textOf = (name: string) => readFileSync(`${folder}/${name}.yaml`, 'utf8');

/** What is told of a file of the example when each text in it is replaced by another. */
async function told(name: string, changes: Readonly<Record<string, string>>) {
  let text = textOf(name);
  for (const [before, after] of Object.entries(changes)) {
    expect(text.includes(before), before).toBe(true);
    text = text.replace(before, after);
  }
  const files = [
    { name: 'keyturn.yaml', file: 'keyturn.yaml', bytes: Buffer.from(textOf('keyturn')) },
    { name: `${name}.yaml`, file: `${name}.yaml`, bytes: Buffer.from(text) },
  ];
  const { problems } = await checkCatalog(files, registry);
  const lines = text.split('\n');
  return problems.map(({ line, path, message }) => ({ at: lines[line - 1]?.trim().split(' ')[0], path, message }));
}

it.each([
  {
    what: 'a secret in an address',
    file: 'lamp-switch',
    changes: { 'url: /me': 'url: /me/{{value}}' },
    at: 'url:',
    path: 'scope.verify.url',
    says: '`scope.verify.url` holds `value`, which is secret: put it into a header or the body.',
  },
  {
    what: 'a secret in a query',
    file: 'gauge-reader',
    changes: { 'query: { environment: "{{variables.environment}}" }': 'query: { key: "{{authority.value}}" }' },
    at: 'query:',
    path: 'dependents[0].target.read.query.key',
    says: 'holds `authority.value`, which is secret',
  },
  {
    what: 'a token that names itself, in an address',
    file: 'crane-seven',
    changes: { 'url: /tokens/end': 'url: /tokens/{{ref}}' },
    at: 'url:',
    path: 'scope.revoke.url',
    says: 'holds `ref`, which is the token itself where `mint.out.ref` is missing',
  },
  {
    what: 'a name that is not there',
    file: 'lamp-switch',
    changes: { 'json: { setting: { value: "{{value}}" } }': 'json: { setting: { value: "{{value}}", by: "{{who}}" } }' },
    at: 'json:',
    path: 'dependents[0].target.apply.json.setting.by',
    says: 'names `who`, and here there are only variables.*, authority.*, value, lock, versionId, token',
  },
  {
    what: 'braces that are not closed',
    file: 'lamp-switch',
    changes: { 'label: "{{mark}}"': 'label: "{{mark}"' },
    at: 'label:',
    path: 'scope.mint.json.label',
    says: 'must close each `{{` with `}}`',
  },
  {
    what: 'a variable that nobody defined',
    file: 'lamp-switch',
    changes: { 'url: /stations/{{variables.station}}/keys/{{ref}}': 'url: /stations/{{variables.statoin}}/keys/{{ref}}' },
    at: 'url:',
    path: 'scope.inspect.url',
    says: 'names `variables.statoin`, which `variables` does not have',
  },
  {
    what: 'a host that is not among those that may be called',
    file: 'lamp-switch',
    changes: { 'url: /me': 'url: https://elsewhere.example/me' },
    at: 'url:',
    path: 'scope.verify.url',
    says: 'leads to https://elsewhere.example, which is neither that of `api` nor among `otherHosts`',
  },
  {
    what: 'a host that a name chooses',
    file: 'lamp-switch',
    changes: { 'url: /me': 'url: https://{{variables.station}}.foghorn.example/me' },
    at: 'url:',
    path: 'scope.verify.url',
    says: 'must begin with a slash, and is joined to `api`, or be a whole address whose host is written out',
  },
  {
    what: 'an address of this machine',
    file: 'lamp-switch',
    changes: { 'api: https://api.foghorn.example/v1': 'api: https://169.254.169.254/latest' },
    at: 'api:',
    path: 'scope.api',
    says: 'This address would never be called',
  },
  {
    what: 'another host that is not https',
    file: 'lamp-switch',
    changes: {
      'api: https://api.foghorn.example/v1': 'api: https://api.foghorn.example/v1\n  otherHosts: [http://id.foghorn.example]',
    },
    at: 'otherHosts:',
    path: 'scope.otherHosts[0]',
    says: 'This address would never be called',
  },
  {
    what: 'a mint that the door would repeat',
    file: 'lamp-switch',
    changes: { 'mint: # POST, because nothing else is said': 'mint:\n    method: GET' },
    at: 'method:',
    path: 'scope.mint.method',
    says: 'must be POST, PUT or PATCH',
  },
  {
    what: 'a body with a GET',
    file: 'lamp-switch',
    changes: { 'url: /me': 'url: /me\n    json: { a: b }' },
    at: 'json:',
    path: 'scope.verify.json',
    says: 'is a body, and a GET has none',
  },
  {
    what: 'a verdict by the status alone',
    file: 'lamp-switch',
    changes: { 'where: { /station: cape-north }, means: alive': 'means: alive' },
    at: '-',
    path: 'scope.verify.answers[0]',
    says: 'calls a token alive by the status alone, as a login page has it',
  },
  {
    what: 'a status that never tells whether it was done',
    file: 'lamp-switch',
    changes: { '{ status: 409,': '{ status: 500,' },
    at: '-',
    path: 'scope.mint.answers[0].status',
    says: 'must be a 2xx or 4xx',
  },
  {
    what: 'a mark that the list does not show',
    file: 'lamp-switch',
    changes: { 'ref: /id, name: /label, createdAt': 'ref: /id, createdAt' },
    at: 'out:',
    path: 'scope.find.out.name',
    says: '`scope.find.out.name` is missing.',
  },
  {
    what: 'an end that is not said',
    file: 'lamp-switch',
    changes: { '  lifetimeDays: 90\n': '' },
    at: 'expires_at:',
    path: 'scope.mint.json.expires_at',
    says: 'names `expiresAt`, which follows from `lifetimeDays`',
  },
  {
    what: 'a part that is not issued',
    file: 'gauge-reader',
    changes: { 'user: "{{parts.keyName}}"': 'user: "{{parts.keyname}}"' },
    at: 'basic:',
    path: 'scope.verify.basic.user',
    says: 'names `parts.keyname`, which `mint.out.parts` does not have',
  },
  {
    what: 'a field for what the stored token needs',
    file: 'gauge-reader',
    changes: { ', keyName: TIDEWATER_KEY': '' },
    at: 'value:',
    path: 'value.fields',
    says: '`value.fields` gives no field for `keyName`.',
  },
  {
    what: 'a start that cannot be known again',
    file: 'crane-seven',
    changes: {
      'json: { value: "{{value}}", replaces: "{{lock.number}}" } # null while nothing is there\n        out: { version: /revision }':
        'json: { value: "{{value}}" }',
    },
    at: 'started:',
    path: 'dependents[0].target.activate',
    says: 'needs `apply.out.version`, by which an earlier start is known again',
  },
  {
    what: 'a token that would be written down as an id',
    file: 'lamp-switch',
    changes: { 'out: { value: /key, ref: /id }': 'out: { value: /key, ref: /key }' },
    at: 'out:',
    path: 'scope.mint.out.ref',
    says: 'is where the token itself is',
  },
  {
    what: 'a write of nothing',
    file: 'gauge-reader',
    changes: { 'form: { secret: "{{value}}", note': 'form: { note' },
    at: 'method:',
    path: 'dependents[0].target.apply',
    says: 'names `{{value}}` nowhere, and would write nothing',
  },
  {
    what: 'a header of the connection',
    file: 'lamp-switch',
    changes: {
      'headers: { authorization: "Bearer {{value}}" }': 'headers: { host: other.example, authorization: "Bearer {{value}}" }',
    },
    at: 'headers:',
    path: 'scope.verify.headers.host',
    says: 'belongs to the connection',
  },
  {
    what: 'a key that was pasted among the variables',
    file: 'lamp-switch',
    changes: { 'variables: { station: cape-north }': `variables: { station: cape-north, key: sk-${'4f9Qz7Lm2Xw8Rt6Y'} }` },
    at: 'variables:',
    path: 'scope.variables.key',
    says: 'looks like the value of a secret',
  },
])('tells of $what, with its line', async ({ file, changes, at, path, says }) => {
  const problems = await told(file, changes as unknown as Readonly<Record<string, string>>);

  expect(problems.map(({ path }) => path)).toEqual([path]);
  expect(problems[0]?.at).toBe(at);
  expect(problems[0]?.message).toContain(says);
});

it('tells all faults of all requests at once', async () => {
  const problems = await told('lamp-switch', {
    'label: "{{mark}}"': 'label: "{{marc}}"',
    'url: /me': 'url: /me?full=yes',
    'lagMinutes: 0': 'lagMinutes: soon',
    'means: key-limit': 'means: full',
    'per_page: "20"': 'per_page: "{{variables.size}}"',
    'out: { value: /key, ref: /id }': 'out: { value: key, ref: /id }',
  });

  expect(problems.map(({ path }) => path)).toEqual([
    'scope.lastUsed.lagMinutes',
    'scope.mint.json.label',
    'scope.mint.answers[0].means',
    'scope.mint.out.value',
    'scope.verify.url',
    'scope.find.query.per_page',
  ]);
});
