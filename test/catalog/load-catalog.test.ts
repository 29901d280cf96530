import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { check, other, registry, shared, sound, token } from './lantern.ts';

describe('a catalog without faults', () => {
  it('becomes tokens with every default filled in', async () => {
    const { catalog, problems } = await check(sound);

    expect(problems).toEqual([]);
    expect(catalog?.entries.map((entry) => entry.token)).toEqual([
      {
        name: 'publish',
        secret: 'build/lantern',
        provider: 'lantern',
        scope: { project: 'shop' },
        authority: 'keyturn/authorities/lantern',
        value: { format: 'text' },
        mode: 'retire',
        exclusive: false,
        overlapHours: 24,
        quietHours: 24,
        expect: {},
        dependents: [],
        checks: [],
      },
    ]);
  });

  it('knows when nothing may be begun, and what something else rotates', async () => {
    const freezes = "freezes: [{ from: 2026-12-20, until: '2027-01-02T08:00:00+01:00', why: Christmas, providers: [lantern] }]\n";

    const { catalog, problems } = await check({
      'keyturn.yaml': `${shared}${freezes}`,
      'publish.yaml': `${token}rotation: external\n`,
    });

    expect(problems).toEqual([]);
    expect(catalog?.freezes).toEqual([
      { from: Date.UTC(2026, 11, 20), until: Date.UTC(2027, 0, 2, 7), why: 'Christmas', providers: ['lantern'] },
    ]);
    expect(catalog?.entries[0]).toMatchObject({ token: { rotation: 'external' }, isAdopted: true });
  });

  it.each([
    ['ends before it begins', '{ from: 2027-01-02, until: 2026-12-20, why: Christmas }', 'over before it begins'],
    ['names nobody', '{ from: 2026-12-20, until: 2027-01-02, why: Christmas, providers: [lantren] }', 'no provider'],
    ['has no zone', "{ from: '2026-12-20T08:00:00', until: 2027-01-02, why: Christmas }", 'date'],
  ])('refuses a freeze that %s', async (_, freeze, message) => {
    const { catalog, problems } = await check({ 'keyturn.yaml': `${shared}freezes: [${freeze}]\n`, 'publish.yaml': token });

    expect(catalog).toBeUndefined();
    expect(problems).toMatchObject([{ message: expect.stringContaining(message) }]);
  });

  it('takes the defaults of keyturn.yaml before those that are built in, and a token before both', async () => {
    const defaults = 'defaults: { mode: observe, overlapHours: 12, quietHours: 6, schedule: { everyDays: 7 } }\n';
    const unscheduled = token.replace('schedule: { everyDays: 30 }\n', 'overlapHours: 48\n');

    const { catalog } = await check({ 'keyturn.yaml': `${shared}${defaults}`, 'publish.yaml': unscheduled });

    expect(catalog?.entries[0]).toMatchObject({
      token: { mode: 'observe', overlapHours: 48, quietHours: 6 },
      schedule: { everyDays: 7 },
    });
  });

  it('keeps what only people need beside the token', async () => {
    const more = 'team: platform\nrunbook: |\n  Ring twice.\nconsumers: [{ name: the shop, cacheHours: 1 }]\n';

    const { catalog } = await check({ ...sound, 'publish.yaml': `${token}${more}` });

    expect(catalog?.people.get('ada-lovelace')).toEqual({ name: 'Ada Lovelace', email: 'ada@example.com' });
    expect(catalog?.teams.get('platform')?.members).toEqual(['ada-lovelace', 'grace-hopper']);
    expect(catalog?.entries[0]).toMatchObject({
      file: 'publish.yaml',
      owner: 'ada-lovelace',
      backup: 'grace-hopper',
      team: 'platform',
      runbook: 'Ring twice.',
      consumers: [{ name: 'the shop', cacheHours: 1 }],
      account: { administrator: 'platform' },
    });
  });

  it('fills in dependents, checks and a JSON value', async () => {
    const more = `value: { format: json, fields: { value: TOKEN, keyId: KEY } }
dependents: [{ name: a drawer, kind: drawer, target: { secret: copy }, copies: { part: keyId } }]
checks: [{ name: it works, url: https://lantern.example.com/me }]
`;

    const { catalog } = await check({ ...sound, 'publish.yaml': `${token}${more}` });

    expect(catalog?.entries[0]?.token).toMatchObject({
      value: { format: 'json', fields: { value: 'TOKEN', keyId: 'KEY' } },
      dependents: [
        { name: 'a drawer', kind: 'drawer', target: { secret: 'copy' }, copies: { part: 'keyId' }, onForeign: 'stop' },
      ],
      checks: [{ header: 'Authorization', prefix: 'Bearer ', expectStatus: [200] }],
    });
  });

  it('may begin with a byte order mark and have the line ends of Windows', async () => {
    const windows = (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`;

    const { problems } = await check({ 'keyturn.yaml': windows(shared), 'publish.yaml': windows(token) });

    expect(problems).toEqual([]);
  });

  it('lets an identifier look like a secret where the plug-in says that its identifiers do', async () => {
    const { problems } = await check({
      ...sound,
      'publish.yaml': token.replace('project: shop', 'project: shop, team: q9Zk3RrW8xJm2LsD5fG9aB1c'),
    });

    expect(problems).toEqual([]);
  });

  it('lets two exclusive tokens of different principals share an authority where the plug-in tells them apart', async () => {
    const torch = (user: string, secret: string) =>
      `${token}exclusive: true\nvalue: { format: json, fields: { value: A, keyId: B } }\n`
        .replace('provider: lantern', 'provider: torch')
        .replace('project: shop', `user: ${user}`)
        .replace('build/lantern', secret);

    const apart = await check({ ...sound, 'publish.yaml': torch('ada', 'a'), 'second.yaml': torch('bob', 'b') });
    const together = await check({ ...sound, 'publish.yaml': torch('ada', 'a'), 'second.yaml': torch('ada, note: x', 'b') });

    expect(apart.problems).toEqual([]);
    expect(together.problems.map(({ code }) => code)).toEqual(['not-exclusive']);
  });

  it('lets a copy in another region have the name of the token’s secret', async () => {
    const elsewhere = 'dependents: [{ name: a copy, kind: drawer, target: { secret: build/lantern, region: eu-north-1 } }]\n';

    const { problems } = await check({ ...sound, 'publish.yaml': `${token}${elsewhere}` });

    expect(problems).toEqual([]);
  });
});

describe('a catalog full of faults', () => {
  const files = {
    'keyturn.yaml': `version: 1
people:
  ada-lovelace: { name: Ada Lovelace, email: ada }
  grace-hopper: { name: Grace Hopper, email: grace@example.com, left: 2026-09-30 }
teams:
  platform: { name: Platform, email: platform@example.com, members: [ada-lovelace] }
`,
    'broken.yaml': 'description: x\n\towner: ada-lovelace\n',
    'publish.yaml': `description: Lets the build robot publish packages.
stopsWhenItFails: No new version of the shop can go out.
owner: ada-lovelace
backup: grace-hopper
account:
  signIn: http://lantern.example.com/login
  administrator: platfrom
  secondFactor: 12
provider: lantern
scope: { projct: shop }
authority: ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u
secret: build/lantern
mode: retired
schedule: { everyDays: 90, windowHours: 48 }
overlapHours: 24h
dependents:
  - name: a bell
    kind: bel
    onForeign: adept
  - name: a bell
    kind: bell
    target: {}
consumers:
  - { name: the shop, cacheHours: -1 }
colour: red
`,
    'second.yaml': `${other.replace('build/other', 'build/lantern').replace('ada-lovelace', 'grace-hopper')}consumers:
  - { name: the blog, cacheHours: 30 }
`,
  };

  it('tells all of them at once, in order, each with its place', async () => {
    const { catalog, problems } = await check(files);

    expect(catalog).toBeUndefined();
    expect(problems.map(({ file, line, column, code, path }) => `${file}:${line}:${column} ${code} ${path}`)).toEqual(
      [
        'broken.yaml:2:1 tab ',
        'keyturn.yaml:3:46 form people.ada-lovelace.email',
        'publish.yaml:5:1 missing account.recovery',
        'publish.yaml:4:9 person-left backup',
        'publish.yaml:6:11 form account.signIn',
        'publish.yaml:7:18 unknown-person account.administrator',
        'publish.yaml:8:17 type account.secondFactor',
        'publish.yaml:10:10 unknown-field scope.projct',
        'publish.yaml:11:12 pasted-secret authority',
        'publish.yaml:13:7 choice mode',
        'publish.yaml:14:41 range schedule.windowHours',
        'publish.yaml:15:15 type overlapHours',
        'publish.yaml:18:11 unknown-kind dependents[0].kind',
        'publish.yaml:19:16 choice dependents[0].onForeign',
        'publish.yaml:20:5 no-authority dependents[1].authority',
        'publish.yaml:20:11 same-name dependents[1].name',
        'publish.yaml:22:5 missing dependents[1].target.url',
        'publish.yaml:24:35 range consumers[0].cacheHours',
        'publish.yaml:25:1 unknown-field colour',
        'second.yaml:3:8 person-left owner',
        'second.yaml:4:9 owner-is-backup backup',
        'second.yaml:4:9 person-left backup',
        'second.yaml:13:9 same-secret secret',
        'second.yaml:16:35 overlap-too-short overlapHours',
      ].sort(byPlace),
    );
  });

  it('answers the same for the files in any order', async () => {
    const backwards = Object.fromEntries(Object.entries(files).reverse());

    expect(await check(backwards)).toEqual(await check(files));
  });

  function byPlace(a: string, b: string): number {
    const [fileA = '', lineA, columnA] = a.split(/[: ]/);
    const [fileB = '', lineB, columnB] = b.split(/[: ]/);
    return fileA < fileB ? -1 : fileA > fileB ? 1 : Number(lineA) - Number(lineB) || Number(columnA) - Number(columnB);
  }
});

describe('an unreadable keyturn.yaml', () => {
  it('makes nobody unknown', async () => {
    const { problems } = await check({ ...sound, 'keyturn.yaml': 'people: [' });

    expect(problems.map(({ file }) => file)).toEqual(['keyturn.yaml']);
  });

  it('blames no token for a default that could not be read', async () => {
    const unscheduled = token.replace('schedule: { everyDays: 30 }\n', '');

    const { problems } = await check({ 'keyturn.yaml': `${shared}defaults: { schedule: daily }\n`, 'publish.yaml': unscheduled });

    expect(problems.map(({ file, code }) => `${file} ${code}`)).toEqual(['keyturn.yaml type']);
  });
});

describe('a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyturn-catalog-'));
    for (const [name, text] of Object.entries(sound)) writeFileSync(join(folder, name), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read with its sub-folders, and anything but YAML is passed over', async () => {
    mkdirSync(join(folder, 'more', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'more', 'deep', 'second.yaml'), other);
    writeFileSync(join(folder, 'README.md'), '# Our tokens');
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git', 'hidden.yaml'), 'nothing');

    const { catalog, problems } = await loadCatalog(folder, registry);

    expect(catalog?.entries.map((entry) => entry.token.name)).toEqual(['publish', 'second']);
    expect(problems.map(({ code }) => code)).toEqual([]);
    expect(catalog?.entries[1]?.file).toBe(join(folder, 'more', 'deep', 'second.yaml'));
  });

  it('tells of files that would be passed over or cannot be read', async () => {
    writeFileSync(join(folder, 'wrong.yml'), token);
    mkdirSync(join(folder, 'looks-like-a-file.yaml'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.yaml'));
    symlinkSync(tmpdir(), join(folder, 'linked'));
    writeFileSync(join(folder, 'huge.yaml'), '');
    truncateSync(join(folder, 'huge.yaml'), 10_000_000);

    const { catalog, problems } = await loadCatalog(folder, registry);

    expect(catalog).toBeUndefined();
    expect(problems.map(({ file, code }) => [file.slice(folder.length + 1), code])).toEqual([
      ['dangling.yaml', 'folder'],
      ['huge.yaml', 'too-large-file'],
      ['linked', 'folder'],
      ['wrong.yml', 'file-name'],
    ]);
  });

  it('may be missing, or be a file', async () => {
    const missing = await loadCatalog(join(folder, 'nowhere'), registry);
    const file = await loadCatalog(join(folder, 'publish.yaml'), registry);

    expect(missing.problems).toMatchObject([{ code: 'folder', message: 'There is no such folder.' }]);
    expect(file.problems).toMatchObject([{ code: 'folder', message: 'This is a file, and a catalog is a folder.' }]);
  });

  it('may be empty', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);

    const { problems } = await loadCatalog(empty, registry);

    expect(problems.map(({ code }) => code)).toEqual(['no-tokens', 'no-keyturn-file']);
  });

  it('has file names that cannot speak to the terminal', async () => {
    writeFileSync(join(folder, '\u001b[31mred.yaml'), token);

    const { problems } = await loadCatalog(folder, registry);

    expect(problems.map(({ file }) => file.slice(folder.length + 1))).toContain('\\u{1b}[31mred.yaml');
    expect(JSON.stringify(problems)).not.toContain('\\u001b');
  });
});
