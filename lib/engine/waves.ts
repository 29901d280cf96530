import type { DependentEntry } from './token.ts';

type Waiting = Pick<DependentEntry, 'name' | 'after'>;

/**
 * The order that `after` gives: first those who wait for nobody, then those who waited for them alone, and so on; side by side within a wave,
 * and in the catalog's order. A catalog with a circle is not loaded; nobody would be left out of it here either.
 */
export function wavesOf<Item>(items: readonly Item[], entryOf: (item: Item) => Waiting): readonly (readonly Item[])[] {
  const waves: (readonly Item[])[] = [];
  let waiting = items;
  while (waiting.length > 0) {
    const names = new Set(waiting.map((item) => entryOf(item).name));
    const isFree = (item: Item) => !(entryOf(item).after ?? []).some((name) => names.has(name));
    const free = waiting.filter(isFree);
    const wave = free.length === 0 ? waiting : free;
    waves.push(wave);
    waiting = waiting.filter((item) => !wave.includes(item));
  }
  return waves;
}
