import { describe, expect, it } from 'vitest';
import { representatives } from './cast.ts';
import { explore, rehearsal } from './explore.ts';
import { createSim } from './sim.ts';

// Goal: whatever befalls a life at two of its calls, nothing is promised that is not kept.
// Method: see explore.ts. A file of its own, beside faults.test.ts, so that each has a core.

describe('every pair of faults at every two calls of a life', () => {
  // Two places, one of them with many calls, have so many pairs that they are for `npm run simulate`; each alone is here.
  const players = representatives().filter(({ name }) => name !== 'marked, started anew after another place');
  it.each(players)('leaves nothing broken with: $name', { timeout: 300_000 }, async (player) => {
    const explored = await explore(createSim(player), { faults: 2 });

    expect(explored.found.slice(0, 3)).toEqual([]);
    expect(explored.schedules).toBeGreaterThan(3000);
  });
});

describe('every pair of faults in the rehearsal of a renewal', () => {
  // With a mark, and without one: nothing else makes a difference to it.
  const players = representatives().filter(({ name }) => ['marked, write-only place', 'unmarked, digest'].includes(name));
  it.each(players)('leaves nothing broken with: $name', { timeout: 300_000 }, async (player) => {
    const { found } = await explore(createSim(player), { faults: 2, script: rehearsal });

    expect(found.slice(0, 3)).toEqual([]);
  });
});
