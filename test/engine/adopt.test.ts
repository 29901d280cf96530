import { expect, it } from 'vitest';
import { adopt } from '../../lib/engine/adopt.ts';
import { createStory, hour } from './setup.ts';

/** A secret into which a person has pasted a token that they made themselves. */
async function createPasted() {
  const story = createStory();
  await story.rotate();
  const pasted = story.provider.makeByHand();
  story.clock.advance(hour);
  story.putByHand(pasted.value);
  const ask = async (ref?: string) => adopt(await story.open(story.token), story.arn, ref);
  return { ...story, pasted, ask };
}

it('revokes what was pasted in only once its owner has said yes', async () => {
  const story = await createPasted();
  const before = story.live().length;

  const adopted = await story.ask(story.pasted.ref);
  await story.rotate();
  await story.retireFully();

  expect(adopted).toMatchObject([{ ref: story.pasted.ref }]);
  expect(before).toBe(2);
  expect(story.live()).toEqual([story.value()]);
});

it('takes nobody at their word who names a token that is not live, or another version', async () => {
  const story = await createPasted();
  const first = story.provider.state.tokens.find(({ value }) => value === story.value('AWSPREVIOUS'));

  await expect(story.ask('no-such-ref')).rejects.toMatchObject({ code: 'unknown-ref' });
  await expect(story.ask(first?.ref)).rejects.toMatchObject({ code: 'unknown-ref' });
  expect(
    Object.values(story.labels())
      .flat()
      .filter((label) => label.startsWith('keyturn/')),
  ).toHaveLength(1);
});

it('does nothing a second time', async () => {
  const story = await createPasted();

  await story.ask(story.pasted.ref);

  expect(await story.ask(story.pasted.ref)).toEqual([]);
});
