// What the page about services without code shows is what the suite holds against stand-ins, and a catalog without faults.
import { expect, it } from 'vitest';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { createAuthorityCache, openToken } from '../../lib/engine/open-token.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { DependentFakeFactory, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { createWorld } from '../../lib/testing/world.ts';
import { eachFake } from '../fakes.ts';

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

function serviceOf(declared: unknown): string {
  return String((declared as { service?: unknown }).service);
}
