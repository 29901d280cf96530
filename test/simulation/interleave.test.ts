import { describe, expect, it } from 'vitest';
import { interleave } from './interleave.ts';
import { perCommit } from './per-commit.ts';
import { createSim } from './sim.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall, and with one fault besides.
// Method: see interleave.ts.

describe.each(perCommit)('every order of two runs with $faults faults: $player.name', ({ player, faults, scenes }) => {
  it.each(scenes)('$name', { timeout: 900_000 }, async (scene) => {
    const { found, schedules, lives } = await interleave(createSim(player), scene, { faults });

    expect(found.slice(0, 3)).toEqual([]);
    expect(schedules).toBeGreaterThan(0);
    expect(lives).toBeGreaterThan(0);
  });
});
