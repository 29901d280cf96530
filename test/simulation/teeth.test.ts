import { describe, expect, it } from 'vitest';
import { foundOf, lookFor, plantedBugs, replayPlanted } from './planted.ts';
import { theEngine } from './sim.ts';

describe('the explorer finds the design', () => {
  for (const planted of plantedBugs) {
    it(`"${planted.name}", and finds nothing where it is not planted`, { timeout: 600_000 }, async () => {
      const explored = await lookFor(planted, planted.engine);
      const found = foundOf(planted, explored);
      if (found === undefined) return expect.fail(`${explored.schedules} schedules kept every promise`);
      process.stdout.write(`${found.name}: ${found.invariant} in ${found.schedules} schedules: ${found.replay}\n`);
      expect(explored.found.length).toBeGreaterThan(0);
      expect(planted.breaks).toContain(found.invariant);

      const [, way] = /--replay '(.*)'$/.exec(found.replay) ?? [];
      if (way !== undefined) {
        const again = await replayPlanted(planted, way);
        expect(again.map(({ violation }) => violation.invariant)).toContain(found.invariant);
      }
      const withoutIt = await lookFor(planted, theEngine, explored.schedules);
      expect(withoutIt.found).toEqual([]);
    });
  }
});
