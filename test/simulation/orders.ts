import { expect, it } from 'vitest';
import { interleave } from './interleave.ts';
import type { PlayedScenes } from './per-commit.ts';
import { createSim } from './sim.ts';

/** A test for each scene: whatever the order, nothing is broken. */
export function goThrough({ player, faults, scenes }: PlayedScenes): void {
  it.each(scenes)('$name', { timeout: 900_000 }, async (scene) => {
    const { found, schedules, lives } = await interleave(createSim(player), scene, { faults });

    expect(found.slice(0, 3)).toEqual([]);
    expect(schedules).toBeGreaterThan(0);
    expect(lives).toBeGreaterThan(0);
  });
}
