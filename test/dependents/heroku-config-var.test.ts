import { expect, it } from 'vitest';
import type { fake } from '../../dependents/heroku-config-var/fake.ts';
import { createLife, hour } from '../contract/life.ts';

it('is in effect when the dynos have started, and no one-off dyno holds it up', async () => {
  const life = await createApp();

  expect(await life.rotate()).toEqual([]);

  expect(life.place.holds()).toBe(life.value());
});

it('puts the value back where its release fails, and what is current goes on', async () => {
  const life = await createApp();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  const { handle } = life.place;
  let fails = true;
  life.place.handle = (request) => {
    const answer = handle(request);
    if (fails && request.method === 'PATCH') {
      fails = false;
      const { releases } = life.place.state;
      const failed = releases.map((each, index) =>
        index === releases.length - 1 ? { ...each, outcome: 'failed' as const } : each,
      );
      life.place.state = { releases: failed };
    }
    return answer;
  };

  expect(await life.rotate()).toMatchObject([
    { code: 'dependent-failed', message: expect.stringContaining('the release failed') },
  ]);

  life.clock.advance(hour);
  expect(life.place.written()).toBe(current);
  expect(life.place.holds()).toBe(current);
});

it('makes no release where nothing changes', async () => {
  const life = await createApp();
  await life.rotate();
  life.clock.advance(hour);
  await life.rotate();
  const before = life.place.state.releases.length;

  await life.retireFully();

  expect(life.place.state.releases).toHaveLength(before);
});

async function createApp() {
  const life = await createLife({ dependent: 'heroku-config-var' });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
