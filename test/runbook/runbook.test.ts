// Goal: whoever has never seen a token finds out all they need, in plain words; and nothing that people write into a catalog does anything there.

import { beforeAll, describe, expect, it } from 'vitest';
import { awsEcsService } from '../../dependents/aws-ecs-service/index.ts';
import type { CatalogEntry } from '../../lib/catalog/catalog.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { configurationOf } from '../../lib/engine/configuration.ts';
import type { Happened } from '../../lib/engine/records.ts';
import { provenOf } from '../../lib/operations/proven.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { composeRunbook } from '../../lib/runbook/compose.ts';
import { runbookMarkdown } from '../../lib/runbook/markdown.ts';
import type { Material } from '../../lib/runbook/material.ts';
import { offlineCopy } from '../../lib/runbook/offline.ts';

const at = Date.parse('2026-11-25T12:00:00Z');
const rotated: Happened = {
  id: 'one',
  at: Date.parse('2026-11-03T08:02:00Z'),
  what: 'token.rotated',
  token: 'npm-publish',
  secretArn: 'arn',
  message: 'npm-publish: version 2 is current',
};
let material: Material;

beforeAll(async () => {
  const { catalog } = await loadCatalog('catalog', registry);
  const [entry] = catalog?.entries ?? [];
  if (catalog === undefined || entry === undefined) throw new Error('the example catalog has no token');
  const places = entry.token.dependents;
  const facts = await Promise.all(places.map(async ({ name, kind }) => [name, (await registry.dependent(kind))?.facts] as const));
  const rotator = await registry.rotator(entry.token.provider);
  if (rotator === undefined) throw new Error('the example has no plug-in');
  material = {
    catalog,
    entry,
    rotator: rotator.facts,
    dependents: new Map(facts.flatMap(([name, each]) => (each === undefined ? [] : [[name, each] as const]))),
    status: {
      token: 'npm-publish',
      provider: 'npm-registry',
      owner: entry.owner,
      secret: 'build/npm-publish',
      state: 'fine',
      nextRotationAt: Date.parse('2026-12-01T10:00:00Z'),
      debts: [],
    },
    happened: [rotated],
    at,
  };
});

const markdown = (changes: Partial<Material> = {}) => runbookMarkdown(composeRunbook({ ...material, ...changes }));
const withEntry = (changes: Partial<CatalogEntry>): Partial<Material> => ({ entry: { ...material.entry, ...changes } });

it('answers the questions of somebody who has never seen the token', () => {
  const text = markdown();

  for (const answer of [
    'nothing new can go out', // what stops
    'Maya Lindqvist, maya.lindqvist@example.com, +46 8 5550 0142',
    'Inès Moreau can reset the password', // when nobody can sign in
    'Release pipeline, which reads build/npm-token, at the start of every build; it goes on with the old one for an hour',
    'build machines: Paste the new value',
    'The next time is 2026-12-01 10:00 UTC',
    '`keyturn rollback npm-publish`',
    '`npm token create --registry <registryUrl>`',
    'The registry is slow on Monday mornings',
    'Last renewed:** 2026-11-03 08:02 UTC',
    'Nobody has said how to call Tomás Okafor at night',
    'Nobody has said what exactly a new one must be allowed to do',
  ])
    expect(text).toContain(answer);
  expect(text).not.toContain('Attention');
});

it('says what was changed since a renewal last showed that it works', () => {
  const { entry } = material;
  const { token } = entry;
  const proofs = [{ token: token.name, at: rotated.at, configuration: configurationOf(token) }];
  const moved = token.dependents.map((place, index) => (index === 0 ? { ...place, via: 'arn:aws:iam::1:role/other' } : place));
  const changed = { entry: { ...entry, token: { ...token, authority: 'another', dependents: moved } } };
  const proven = (each: CatalogEntry) => {
    const found = provenOf([each], proofs).get(token.name);
    return found === undefined ? {} : { proven: found };
  };

  expect(markdown(proven(entry))).not.toContain('Changed since');
  expect(markdown({ ...changed, ...proven(changed.entry) })).toContain(
    `Changed since it was last proven: what makes new ones; the place ${moved[0]?.name}. Whether its renewal still works is not shown yet.`,
  );
});

it('says when the app answered with the current one, and nothing of an answer from before the last renewal', () => {
  const health: NonNullable<Material['health']> = {
    token: 'npm-publish',
    secretArn: 'arn',
    versionId: 'v2',
    checkedAt: at,
    verdict: 'valid',
    answeredAt: { 'build machines': Date.parse('2026-11-25T11:03:00Z') },
    findings: [],
  };
  const { status } = material;
  if (status === undefined) throw new Error('the material has a status');

  const said = 'in effect, answered by the app at 2026-11-25 11:03 UTC';
  expect(markdown({ health, status: { ...status, currentVersion: 'v2' } })).toContain(said);
  expect(markdown({ health, status: { ...status, currentVersion: 'v3' } })).not.toContain(said);
});

it('speaks to owners without the words of AWS', () => {
  const forOwners = composeRunbook(material).sections.filter(({ id }) =>
    ['purpose', 'people', 'account', 'ends', 'undo'].includes(id),
  );

  expect(forOwners).toHaveLength(5);
  expect(JSON.stringify(forOwners)).not.toMatch(/AWS|Lambda|Secrets Manager|ARN|label/);
});

describe('says what may no longer be true', () => {
  it('when the owner has left', () => {
    const people = new Map(material.catalog.people);
    people.set('maya-lindqvist', { name: 'Maya Lindqvist', email: 'maya@example.com', left: '2026-11-25' });

    expect(markdown({ catalog: { ...material.catalog, people } })).toContain(
      '**Attention:** Its owner Maya Lindqvist left on 2026-11-25',
    );
  });

  it('when the steps are older than a year, and not a day before', () => {
    const sources = [{ says: 'how', url: 'https://docs.example.com/', checked: '2025-11-25' }];
    const rotator = { ...material.rotator, sources };

    expect(markdown({ rotator })).not.toContain('compared with its documents');
    expect(
      markdown({ rotator: { ...rotator, sources: [{ ...sources[0], says: '', url: '', checked: '2025-11-24' }] } }),
    ).toContain('was last compared with its documents on 2025-11-24');
  });

  it('when no renewal is on record, and when the last one is too long ago', () => {
    expect(markdown({ happened: [] })).toContain('no renewal of it, nor a rehearsal, is on record');
    expect(markdown({ happened: [{ ...rotated, at: Date.parse('2025-11-01T00:00:00Z') }] })).toContain('more than a year ago');
  });
});

it('has who reads the vault itself started anew after the vault has it, and says that nothing is kept there', () => {
  const [first] = material.entry.token.dependents;
  if (first === undefined) throw new Error('the example has no place');
  const late = { ...first, name: 'the shop', kind: 'aws-ecs-service' };
  const facts = awsEcsService.facts;
  const text = markdown({
    ...material,
    entry: { ...material.entry, token: { ...material.entry.token, dependents: [late, first] } },
    dependents: new Map([...material.dependents, [late.name, facts]]),
  });

  expect(text.indexOf('the shop: After what its tasks read')).toBeGreaterThan(text.indexOf('Put it into the vault'));
  expect(text.indexOf('Put it into the vault')).toBeGreaterThan(text.indexOf(`${first.name}: `));
  expect(text).toContain('keeps nothing; it reads the vault when it starts');
});

it('is there when nothing of the present can be asked', () => {
  const { status, ...rest } = material;
  if (status === undefined) throw new Error('the material has a status');

  const written = runbookMarkdown(composeRunbook({ ...rest, happened: [] }));
  const silent = markdown({
    status: { ...status, state: 'unreadable', debts: [], trouble: 'AWS did not answer.' },
    happened: [],
  });

  expect(written).toContain('How it is now was not asked');
  expect(written).toContain('It was made of the catalog alone on 2');
  expect(silent).toContain('How the token is could not be asked then');
  for (const page of [written, silent]) expect(page).not.toMatch(/on record|At this moment|has been seen yet|true on/);
});

const hostile = [
  '<script>alert(1)</script>',
  '<img src=https://evil.example.com/x onerror=alert(1)>',
  '[a link](https://evil.example.com) ![a picture](https://evil.example.com/x.png)',
  '"><style>*{background:url(https://evil.example.com)}</style>',
  '\u001b[31mred\u001b[0m \u202egnihtyna\u202c \u2066x\u2069 \u009b5m',
  '&lt;b&gt; &#60;script&#62;',
  '`unclosed',
].join(' ');

describe('whatever people have written', () => {
  const changed = (): Partial<Material> => ({
    ...withEntry({
      description: hostile,
      stopsWhenItFails: hostile,
      runbook: `- ${hostile}\n- second\n\n# ${hostile}`,
      consumers: [{ name: hostile, cacheHours: 1 }],
    }),
    happened: [{ ...rotated, message: hostile }],
  });

  it('is obeyed by no browser, and loads nothing', async () => {
    const files = await offlineCopy([composeRunbook({ ...material, ...changed() })], at);

    expect(files.map(({ name }) => name)).toEqual(['index.html', 'npm-publish.html']);
    for (const { text } of files) {
      // What is left of tags is the page's own, and none of them has an address but the links between the pages.
      const tags = [...text.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag);
      expect(tags.filter((tag) => /^<(img|iframe|object|link|base|svg)/i.test(tag))).toEqual([]);
      const names = tags.map((tag) => tag.replace(/="[^"]*"/g, '='));
      expect(names.filter((tag) => /\s(src|srcset|on\w+|style|action)\s*=/i.test(tag))).toEqual([]);
      for (const tag of tags.filter((each) => / href=/.test(each))) expect(tag).toMatch(/ href="(#[a-z-]+|[a-z0-9-]+\.html)"/);
      expect(text.match(/<script/g) ?? []).toHaveLength(text.includes('id="search"') ? 1 : 0);
      expect(text.match(/<style/g)).toHaveLength(1);
      expect(text).toContain(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`);
      expect(text).not.toMatch(/url\((?!https:\/\/evil)|@import/);
    }
  });

  it('is obeyed by no terminal and turns no writing around, and stays text in Markdown', async () => {
    const material2 = { ...material, ...changed() };
    const text = runbookMarkdown(composeRunbook(material2));
    const pages = await offlineCopy([composeRunbook(material2)], at);

    for (const each of [text, ...pages.map((page) => page.text)]) expect(each).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('\\<script\\>');
    expect(text).toContain('\\[a link\\](https');
    expect(text).not.toMatch(/(?<![\\`])<(?=script|img|style)/);
    expect(text).toContain('- second');
  });
});
