import { describe, expect, it } from 'vitest';
import { representatives } from './cast.ts';
import { explore, rehearsal } from './explore.ts';
import { goThroughPairs } from './pairs.ts';
import { createSim } from './sim.ts';

// Goal: whatever befalls a life at two of its calls, nothing is promised that is not kept.
// Method: see explore.ts.

describe('every pair of faults at every two calls of a life', () => goThroughPairs('others'));

describe('every pair of faults in the rehearsal of a renewal', () => {
  // With a mark, and without one: nothing else makes a difference to it.
  const players = representatives().filter(({ name }) => ['marked, write-only place', 'unmarked, digest'].includes(name));
  it.each(players)('leaves nothing broken with: $name', { timeout: 900_000 }, async (player) => {
    const { found } = await explore(createSim(player), { faults: 2, script: rehearsal });

    expect(found.slice(0, 3)).toEqual([]);
  });
});
