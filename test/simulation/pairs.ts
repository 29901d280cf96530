import { expect, it } from 'vitest';
import { type Player, representatives } from './cast.ts';
import { explore } from './explore.ts';
import { createSim } from './sim.ts';

/** Two places, one of them with many calls, have so many pairs that they are for `npm run simulate`; each alone is gone through for every change. */
const tooMany = ['marked, started anew after another place'];

/** Those that stand for a class of places, which is the longer half: each half is a file of its own, so that each has a core. */
const isOfPlaces = ({ name }: Player) => /probe|after another|redeployed|times only|after promotion/.test(name);

/** A test for each representative of one half: whatever befalls a life at two of its calls, nothing is promised that is not kept. */
export function goThroughPairs(half: 'of places' | 'others'): void {
  const players = representatives().filter(
    (player) => !tooMany.includes(player.name) && isOfPlaces(player) === (half === 'of places'),
  );
  it.each(players)('leaves nothing broken with: $name', { timeout: 900_000 }, async (player) => {
    const explored = await explore(createSim(player), { faults: 2 });

    expect(explored.found.slice(0, 3)).toEqual([]);
    expect(explored.schedules).toBeGreaterThan(3000);
  });
}
