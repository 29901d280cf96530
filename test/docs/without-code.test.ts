// What the page about services without code shows is what the suite holds against stand-ins, and a catalog without faults.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { http as httpPlace } from '../../dependents/http/index.ts';
import { compileFor } from '../../lib/catalog/compile.ts';
import { checkCatalog, loadCatalog } from '../../lib/catalog/load-catalog.ts';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { createAuthorityCache, openToken } from '../../lib/engine/open-token.ts';
import { rotatorFor } from '../../lib/engine/specific.ts';
import { describeDependent, describeRotator } from '../../lib/plugin/describe.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { DependentFakeFactory, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { createWorld } from '../../lib/testing/world.ts';
import { http } from '../../rotators/http/index.ts';
import { eachFake } from '../fakes.ts';
import { textOf } from './pages.ts';

const world = createWorld({ registry });
const { catalog, problems } = await loadCatalog('docs/examples/without-code', registry);
const providers = await eachFake<RotatorFakeFactory, AnyRotator>('rotators', ['http'], registry.rotator);
const places = await eachFake<DependentFakeFactory, AnyDependent>('dependents', ['http'], registry.dependent);

it('is a catalog without any problem', () => {
  expect(problems).toEqual([]);
  expect(catalog?.entries.length).toBe(3);
});

it('declares exactly the requests that are held against the stand-ins', () => {
  const byService = (all: readonly unknown[]) => [...all].sort((a, b) => serviceOf(a).localeCompare(serviceOf(b)));
  const tokens = catalog?.entries.map(({ token }) => token) ?? [];

  expect(byService(tokens.map(({ scope }) => scope))).toEqual(
    byService(providers.map(({ fake }) => fake(world.fakeWorld).scope)),
  );
  expect(byService(tokens.flatMap(({ dependents }) => dependents.map(({ target }) => target)))).toEqual(
    byService(places.map(({ fake }) => fake(world.fakeWorld).target)),
  );
});

it('knows from what is declared what can be done with each token and place', async () => {
  const open = await Promise.all(
    (catalog?.entries ?? []).map(({ token }) => openToken(world.ports, registry, createAuthorityCache(), token)),
  );
  const abilities = open.map(({ token, rotator: { facts }, dependents }) => ({
    token: token.name,
    marks: facts.mark.can,
    lists: facts.list.can,
    expiry: facts.expiry.can && facts.expiry.maximumDays,
    needs: facts.requiredParts,
    secretRef: facts.secretRefPart,
    places: dependents.map(({ plugin }) => `${plugin.facts.readClass}, ${plugin.facts.activation}, ${plugin.facts.lock.can}`),
  }));

  expect(abilities).toEqual([
    {
      token: 'crane-seven',
      marks: false,
      lists: false,
      expiry: 30,
      needs: [],
      secretRef: 'value',
      places: ['tail, call, true'],
    },
    {
      token: 'gauge-reader',
      marks: false,
      lists: true,
      expiry: false,
      needs: ['keyName'],
      secretRef: undefined,
      places: ['metadata, next-run, false'],
    },
    {
      token: 'lamp-switch',
      marks: true,
      lists: true,
      expiry: 90,
      needs: [],
      secretRef: undefined,
      places: ['value, none, true'],
    },
  ]);
});

it('lets the function of these tokens reach the hosts that they declare, and no others', () => {
  expect(catalog?.entries.map(({ needs }) => needs.hosts)).toEqual([
    ['https://api.drydock.example', 'https://lanyard.example'],
    ['https://signalbox.example', 'https://tidewater.example'],
    ['https://api.foghorn.example', 'https://boathouse.example'],
  ]);
});

it('fixes the same hosts for the deployed function', () => {
  const hosts = catalog?.entries.flatMap(({ needs }) => needs.hosts).sort();

  expect(catalog && compileFor(catalog, 'http').hosts).toEqual(hosts);
});

it('has the steps of its own in the runbook of a token', async () => {
  const [entry] = catalog?.entries ?? [];
  const provider = await registry.rotator('http');
  if (entry === undefined || provider === undefined) throw new Error('there is none');
  const scope = { ...(entry.token.scope as object), byHand: ['Ask the foreman.'] };

  expect(rotatorFor(provider, provider.scope.parse(scope)).facts.byHand).toEqual(['Ask the foreman.']);
});

it('shows an entry on the page that can be checked as it stands', async () => {
  const [, block = ''] = /```yaml\n(provider: http\n[\s\S]*?)```/.exec(textOf('without-code.md')) ?? [];
  const [around = ''] = readFileSync('docs/examples/without-code/lamp-switch.yaml', 'utf8').split(/^provider:/m);
  const files = [
    { name: 'keyturn.yaml', file: 'keyturn.yaml', bytes: readFileSync('docs/examples/without-code/keyturn.yaml') },
    { name: 'lamp-switch.yaml', file: 'lamp-switch.yaml', bytes: Buffer.from(around + block) },
  ];

  expect(block).toContain('find:');
  expect((await checkCatalog(files, registry)).problems).toEqual([]);
});

it('says on the page what each field is, and what each name stands for', () => {
  const page = textOf('without-code.md');
  const fields = [describeRotator(http).scope, describeDependent(httpPlace).target].flatMap((schema) => [...namesIn(schema)]);

  expect(fields.length).toBeGreaterThan(60);
  expect(fields.filter((name) => !new RegExp(`[\`.{ ]${name}(?:[\`.:,]| })`).test(page))).toEqual([]);
});

/** Every field of a schema and of what is within it. */
function* namesIn(schema: unknown): Iterable<string> {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties = {} } = schema as { properties?: object };
  yield* Object.keys(properties);
  for (const each of Object.values(schema)) yield* namesIn(each);
}

function serviceOf(declared: unknown): string {
  return String((declared as { service?: unknown }).service);
}
