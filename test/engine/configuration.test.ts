import { describe, expect, it } from 'vitest';
import { compileFor } from '../../lib/catalog/compile.ts';
import { parseCompiled } from '../../lib/catalog/compiled.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { changedSince, configurationOf, rehearsedConfiguration } from '../../lib/engine/configuration.ts';
import { drill } from '../../lib/engine/drill.ts';
import type { Token } from '../../lib/engine/token.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createStory, hour } from './setup.ts';

const { token } = createStory();
const [place, other] = token.dependents;
if (place === undefined || other === undefined) throw new Error('the story has two places');
const proven = configurationOf(token);

describe('what was changed since something was proven', () => {
  it.each<[string, Partial<Token>, readonly string[]]>([
    ['nothing', {}, []],
    ['the order in which fields stand', Object.fromEntries(Object.entries(token).reverse()), []],
    ['what a renewal does not depend on', { overlapHours: 1, mode: 'observe', drillEveryDays: 5 }, []],
    ['the scope', { scope: { project: 'elsewhere' } }, ['account']],
    ['the authority', { authority: 'another' }, ['authority']],
    ['what is expected', { expect: { scopes: ['read'] } }, ['expectations']],
    ['where a place is', { dependents: [{ ...place, target: {} }, other] }, [`place ${place.name}`]],
    ['a place more', { dependents: [place, other, { ...place, name: 'new' }] }, ['place new']],
    ['a place less', { dependents: [place] }, []],
  ])('%s', (_, changes, expected) => {
    expect(changedSince([proven], configurationOf({ ...token, ...changes }))).toEqual(expected);
  });

  it('is proven by a rehearsal as far as one goes, which is not into the places', () => {
    const changed: Token = { ...token, scope: { project: 'elsewhere' }, dependents: [{ ...place, target: {} }, other] };

    const since = changedSince([rehearsedConfiguration(changed), proven], configurationOf(changed));

    expect(since).toEqual([`place ${place.name}`]);
  });

  it('is not known where no proof says of what it was one, nor of places where nothing but a rehearsal was seen', () => {
    expect(changedSince([], proven)).toEqual([]);
    expect(changedSince([rehearsedConfiguration(token)], proven)).toEqual([]);
  });
});

it('is written down by what proves it, the same as the catalog says it, and stands in no event', async () => {
  const story = createStory();
  await story.rotate(); // its first value is current at once, and no renewal
  story.clock.advance(hour);
  await story.rotate();
  await drill(await story.open(story.token), story.arn);

  const happened = [...story.recorded.happened.values()];
  const by = (what: string) => happened.find((each) => each.what === what)?.configuration;

  expect(by('token.rotated')).toEqual(configurationOf(story.token));
  expect(by('drill.passed')).toEqual(rehearsedConfiguration(story.token));
  expect(by('token.minted')).toBeUndefined();
  expect(JSON.stringify(story.happenings)).not.toContain('configuration');
});

it('is the same in a function as on the machine that compiled the catalog', async () => {
  const { catalog } = await loadCatalog('catalog', registry);
  if (catalog === undefined) throw new Error('the example catalog has faults');
  for (const { token: each } of catalog.entries) {
    const { tokens } = parseCompiled(JSON.parse(JSON.stringify(compileFor(catalog, each.provider))));
    const travelled = tokens.find(({ name }) => name === each.name);

    expect(travelled && configurationOf(travelled)).toEqual(configurationOf(each));
  }
});
