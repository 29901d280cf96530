// Goal: a renewal is rehearsed whole, and nothing that is in use notices.
import { beforeEach, describe, expect, it } from 'vitest';
import { drill } from '../../lib/engine/drill.ts';
import { createStory, hour } from './setup.ts';

let story: ReturnType<typeof createStory>;
beforeEach(async () => {
  story = createStory();
  await story.rotate();
});

const act = async () => drill(await story.open(story.token), story.arn);

describe('a rehearsal', () => {
  it('makes a token, sees it work, ends it and proves it dead; labels, places and the current token stay as they are', async () => {
    const before = {
      labels: story.labels(),
      value: story.value(),
      held: story.places.map((place) => place.holds()),
      live: story.live(),
    };

    const drilled = await act();

    expect(drilled).toMatchObject({ outcome: 'passed', seconds: { making: expect.any(Number), ending: expect.any(Number) } });
    expect({
      labels: story.labels(),
      value: story.value(),
      held: story.places.map((place) => place.holds()),
      live: story.live(),
    }).toEqual(before);
    expect(story.provider.state.tokens).toHaveLength(before.live.length + 1);
    expect(story.happenings.at(-1)).toMatchObject({ what: 'drill.passed' });
    expect(JSON.stringify([drilled, story.happenings, story.logs])).not.toContain('canary');
  });

  it('says what failed, and ends what it made all the same', async () => {
    const live = story.live();
    story.interfere(async (call, effect) => {
      const answer = await effect();
      const { tokens } = story.provider.state;
      // The provider ends it as soon as it is made.
      if (call.what.startsWith('POST'))
        story.provider.state = {
          tokens: tokens.map((token, index) => (index === tokens.length - 1 ? { ...token, revokedAt: 1 } : token)),
        };
      return answer;
    });

    const drilled = await act();

    expect(drilled).toMatchObject({ outcome: 'failed', at: 'checking', code: 'dead-pending' });
    expect(drilled).not.toHaveProperty('left');
    expect(story.live()).toEqual(live);
    expect(story.happenings.at(-1)).toMatchObject({ what: 'drill.failed', code: 'dead-pending' });
  });

  it('that dies in the middle leaves a token that the next sweep for strays ends', async () => {
    const live = story.live();
    const isRevocation = (what: string) => what.startsWith('DELETE');
    story.interfere(async (call, effect) => {
      if (isRevocation(call.what)) throw new Error('the function was ended');
      return effect();
    });
    expect(await act()).toMatchObject({ outcome: 'failed', at: 'ending', left: expect.stringMatching(/./) });
    story.interfere(async (_call, effect) => effect());
    expect(story.live()).toHaveLength(live.length + 1);

    story.clock.advance(3 * hour);
    await story.sweepStrays();

    expect(story.live()).toEqual(live);
  });
});

it('is on record each time, although the same came of it on the same day', async () => {
  await act();
  story.clock.advance(hour);
  await act();

  expect([...story.recorded.happened.values()].filter(({ what }) => what === 'drill.passed')).toHaveLength(2);
});

it.each([
  ['nothing may be ended', { mode: 'rotate' }, 'observing'],
  ['somebody else rotates it', { rotation: 'external' }, 'observing'],
] as const)('makes nothing where %s', async (_, change, code) => {
  Object.assign(story.token, change);
  const { length } = story.provider.state.tokens;

  await expect(act()).rejects.toMatchObject({ code });

  expect(story.provider.state.tokens).toHaveLength(length);
});

it('makes nothing while a renewal is under way, or its old tokens are on hold', async () => {
  story.begin();
  await expect(act()).rejects.toMatchObject({ code: 'conflict' });
});
