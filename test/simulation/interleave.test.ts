import { describe, expect, it } from 'vitest';
import { representatives } from './cast.ts';
import { interleave } from './interleave.ts';
import { scenesPerCommit } from './per-commit.ts';
import { createSim } from './sim.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall, and with one fault besides.
// Method: see interleave.ts.

describe.each([0, 1] as const)('every order of two runs with %i faults', (faults) => {
  const cases = representatives().flatMap((player) => scenesPerCommit(player, faults).map((scene) => ({ player, scene })));

  it.each(cases)('$player.name: $scene.name', { timeout: 300_000 }, async ({ player, scene }) => {
    const { found, schedules, lives } = await interleave(createSim(player), scene, { faults });

    expect(found.slice(0, 3)).toEqual([]);
    expect(schedules).toBeGreaterThan(0);
    expect(lives).toBeGreaterThan(0);
  });
});
