import { expect, it } from 'vitest';
import { representatives } from './cast.ts';
import { type InterleaveOptions, interleave, type Scene, scenes } from './interleave.ts';
import { createSim } from './sim.ts';

// What is left out by the memory of what was seen and by sleep sets must change no end: on short steps all orders can be gone through.

it.each(['testSecret twice', 'a cancel beside finishSecret', 'a roll-back beside retire'])(
  'comes to the same ends as all orders do: %s',
  { timeout: 600_000 },
  async (name) => {
    const scene = scenes.find((each) => each.name === name) as Scene;

    const reduced = await endsOf(scene, { faults: 0 });
    const full = await endsOf(scene, { faults: 0, isFull: true });

    expect([...reduced.ends].sort()).toEqual([...full.ends].sort());
    expect(reduced.schedules).toBeLessThanOrEqual(full.schedules);
  },
);

it('comes to the same ends with one fault', { timeout: 600_000 }, async () => {
  const scene = scenes.find((each) => each.name === 'a cancel beside finishSecret') as Scene;

  const reduced = await endsOf(scene, { faults: 1 });
  const full = await endsOf(scene, { faults: 1, isFull: true });

  expect([...reduced.ends].sort()).toEqual([...full.ends].sort());
});

async function endsOf(scene: Scene, options: InterleaveOptions): Promise<{ ends: ReadonlySet<string>; schedules: number }> {
  const ends = new Set<string>();
  const player = representatives()[0];
  if (player === undefined) throw new Error('there is no representative');
  const { schedules } = await interleave(createSim(player), scene, { ...options, onEnd: (end) => ends.add(end) });
  return { ends, schedules };
}
