import { describe, expect, it } from 'vitest';
import { everyPlugin, representatives } from './cast.ts';
import { type Explored, explore, rehearsal } from './explore.ts';
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

describe('every single fault in the rehearsal of a renewal', async () => {
  // No place has a part in it.
  const rotators = (await everyPlugin()).filter(({ name }) => name.startsWith('rotator '));
  it.each(rotators)('leaves nothing broken with the $name', { timeout: 120_000 }, async (player) => {
    const { found, schedules } = await explore(createSim(player), { faults: 1, script: rehearsal });

    expect(found.slice(0, 3)).toEqual([]);
    expect(schedules).toBeGreaterThan(10);
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

function expectWhole({ schedules, found }: Explored, leastSchedules: number): void {
  expect(found.slice(0, 3)).toEqual([]);
  expect(schedules).toBeGreaterThan(leastSchedules);
}
