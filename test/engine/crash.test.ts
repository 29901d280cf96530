// Goal: whatever call a function dies on, running again leaves one live token that is stored, given to every dependent, and nothing else.
// Method: enumerate every call of a whole life (rotation, and sweeps until the old token is gone), and die before it or after its effect.
// What happens in between is the real engine on the real plug-ins; the path is short, so no randomness is needed. (test/simulation goes on
// from here: more kinds of faults, pairs of them, and two runs at once.)
import { expect, it } from 'vitest';
import type { OutwardCall } from '../../lib/testing/world.ts';
import { createStory, hour } from './setup.ts';

const crash = new Error('the process died');

/** A story that dies at the n-th call and is then run again until it is quiet. */
async function live(dieAt: number, when: 'before' | 'after', isOrdered: boolean) {
  const death = { countdown: Number.POSITIVE_INFINITY, isDead: false };
  const story = createStory({
    switches: { retryCount: 50 }, // a rotation that has to wait for two hours is not given up
    async around(_call: OutwardCall, effect) {
      if (death.isDead) throw crash; // a dead process makes no calls
      death.countdown -= 1;
      if (death.countdown !== 0) return effect();
      death.isDead = true;
      if (when === 'after') await effect();
      throw crash;
    },
  });
  if (isOrdered) Object.assign(story.token.dependents[0] ?? {}, { after: [story.token.dependents[1]?.name] });
  const alive = async (act: () => Promise<unknown>) => {
    await act().catch(() => {});
    death.isDead = false;
  };
  await story.rotate();
  const old = story.value();
  story.clock.advance(hour);
  story.calls.length = 0;

  death.countdown = dieAt;
  await alive(() => story.rotate());
  for (let attempt = 0; attempt < 4; attempt += 1) {
    story.clock.advance(61_000);
    await alive(() => story.driver.tick());
  }
  for (let sweep = 0; sweep < 6; sweep += 1) {
    await alive(() => story.retire());
    await alive(() => story.sweepStrays());
    story.clock.advance(sweep === 2 ? 26 * hour : 2 * hour);
    await alive(() => story.driver.tick());
  }
  return { story, old, calls: story.calls.length };
}

const lengths = [
  ['side by side', (await live(Number.POSITIVE_INFINITY, 'before', false)).calls],
  ['one after the other', (await live(Number.POSITIVE_INFINITY, 'before', true)).calls],
] as const;

it('has a life of a known length', () => {
  for (const [, calls] of lengths) expect(calls).toBeGreaterThan(40);
});

it.each(
  lengths.flatMap(([how, calls]) =>
    Array.from({ length: calls }, (_, index) => index + 1).flatMap((at) => [
      [at, 'before', how],
      [at, 'after', how],
    ]),
  ) as [number, 'before' | 'after', string][],
)('comes to the same end when it dies at call %i, %s its effect, with its places %s', async (at, when, how) => {
  const { story, old } = await live(at, when, how === 'one after the other');

  const current = story.value();
  expect(story.live()).toEqual([current]);
  expect(current).not.toBe(old);
  expect(story.receiver.holds()).toBe(current);
  expect(story.copied()).toBe(current);
  const labels = Object.values(story.labels()).flat();
  expect(labels.filter((label) => label.startsWith('keyturn'))).toHaveLength(1);
  expect(labels).not.toContain('AWSPENDING');
});
