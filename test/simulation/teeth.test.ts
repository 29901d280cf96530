import { describe, expect, it } from 'vitest';
import { foundOf, lookFor, plantedBugs } from './planted.ts';
import { theEngine } from './sim.ts';

describe('the explorer finds a design that is wrong', () => {
  for (const planted of plantedBugs) {
    it(planted.name, async () => {
      const explored = await lookFor(planted, planted.engine);
      const found = foundOf(planted, explored);
      expect(found, `nothing in ${explored.schedules} schedules`).toBeDefined();
      process.stdout.write(`${found?.name}: ${found?.invariant} in ${found?.schedules} schedules; ${found?.replay}\n`);
      expect(planted.breaks).toContain(found?.invariant);

      const honest = await lookFor(planted, theEngine, explored.schedules);
      expect(honest.found).toEqual([]);
    });
  }
});
