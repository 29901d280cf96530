import { describe, expect, it } from 'vitest';
import { everyPlugin } from './cast.ts';
import { type Explored, explore, rehearsal } from './explore.ts';
import { createSim } from './sim.ts';

// Goal: whatever befalls a life at one of its calls, nothing is promised that is not kept.
// Method: see explore.ts. Every plug-in of the registries takes part with every single fault.

describe('every single fault at every call of a life', async () => {
  it.each(await everyPlugin())('leaves nothing broken with the $name', { timeout: 600_000 }, async (player) => {
    const explored = await explore(createSim(player), { faults: 1 });

    expectWhole(explored, 300);
  });
});

describe('every single fault in the rehearsal of a renewal', async () => {
  // No place has a part in it.
  const rotators = (await everyPlugin()).filter(({ name }) => name.startsWith('rotator '));
  it.each(rotators)('leaves nothing broken with the $name', { timeout: 600_000 }, async (player) => {
    const { found, schedules } = await explore(createSim(player), { faults: 1, script: rehearsal });

    expect(found.slice(0, 3)).toEqual([]);
    expect(schedules).toBeGreaterThan(10);
  });
});

function expectWhole({ schedules, found }: Explored, leastSchedules: number): void {
  expect(found.slice(0, 3)).toEqual([]);
  expect(schedules).toBeGreaterThan(leastSchedules);
}
