import { describe, expect, it } from 'vitest';
import { everyPlugin, representatives } from './cast.ts';
import { type Explored, explore } from './explore.ts';
import { createSim } from './sim.ts';

// Goal: whatever befalls a life at one or two of its calls, nothing is promised that is not kept.
// Method: see explore.ts. Every plug-in of the registries takes part with every single fault, one representative of each class with every pair.

describe('every single fault at every call of a life', async () => {
  it.each(await everyPlugin())('leaves nothing broken with the $name', { timeout: 120_000 }, async (player) => {
    const explored = await explore(createSim(player), { faults: 1 });

    expectWhole(explored, 300);
  });
});

describe('every pair of faults at every two calls of a life', () => {
  it.each(representatives())('leaves nothing broken with: $name', { timeout: 300_000 }, async (player) => {
    const explored = await explore(createSim(player), { faults: 2 });

    expectWhole(explored, 3000);
  });
});

function expectWhole({ schedules, found }: Explored, leastSchedules: number): void {
  expect(found.slice(0, 3)).toEqual([]);
  expect(schedules).toBeGreaterThan(leastSchedules);
}
