import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createStory, hour, secretName } from './setup.ts';

// What AWS does with the labels of a first value, and with AWSPENDING at the end, is not known for certain: all of it has to do.
it.each([
  ['also-current', 'removed'],
  ['also-current', 'left'],
  ['as-asked', 'removed'],
  ['as-asked', 'left'],
] as const)('fills an empty secret (first value %s, AWSPENDING %s)', async (firstValue, pendingAfterFinish) => {
  const story = createStory({ switches: { firstValue, pendingAfterFinish } });

  const errors = await story.rotate();

  expect(errors).toEqual([]);
  const value = story.value();
  expect(story.live()).toEqual([value]);
  expect(story.receiver.holds()).toBe(value);
  expect(story.copied()).toBe(value);
});

it('gives each of two old tokens that one sweep sees for the first time a stamp of its own', async () => {
  const story = createStory();
  for (let rotation = 0; rotation < 3; rotation += 1) await story.rotate();

  await story.retire();

  const stamps = Object.values(story.labels())
    .flat()
    .filter((label) => label.startsWith('keyturn-since/'));
  expect(new Set(stamps).size).toBe(2);
});

it('lets old and new live side by side, and ends the old one after its overlap', async () => {
  const story = createStory();
  await story.rotate();
  const old = story.value();

  expect(await story.rotate()).toEqual([]);

  const fresh = story.value();
  expect(story.live()).toEqual([old, fresh]);
  expect(story.value('AWSPREVIOUS')).toBe(old);
  expect(await story.retire()).toMatchObject([{ outcome: 'waits' }]);
  story.clock.advance(24 * hour);
  expect(await story.retire()).toMatchObject([{ outcome: 'waits' }]);
  story.clock.advance(hour);
  expect(await story.retire()).toMatchObject([{ outcome: 'revoked' }]);
  expect(story.live()).toEqual([fresh]);
  expect(
    Object.values(story.labels())
      .flat()
      .filter((label) => label.startsWith('keyturn')),
  ).toHaveLength(1);
});

it('makes at most ten calls about the secret in a whole rotation', async () => {
  const story = createStory();
  await story.rotate();
  story.calls.length = 0;

  await story.rotate();

  expect(callsOn(story)).toBeLessThanOrEqual(10);
});

it('makes at most six more when each step is repeated at once, and changes nothing by that', async () => {
  const story = createStory();
  await story.rotate();
  const versionId = story.begin();

  let repeated = 0;
  for (const step of steps) {
    await story.step(step, versionId);
    const live = story.live();
    story.calls.length = 0;
    await story.step(step, versionId);
    repeated += callsOn(story);
    expect(story.live()).toEqual(live);
  }

  expect(repeated).toBeLessThanOrEqual(6);
});

it('makes at most four calls when a finished rotation is replayed', async () => {
  const story = createStory();
  const versionId = randomUUID();
  await story.rotate(versionId);
  const labels = story.labels();
  story.calls.length = 0;

  for (const step of steps) await story.step(step, versionId);

  expect(callsOn(story)).toBeLessThanOrEqual(4);
  expect(story.labels()).toEqual(labels);
});

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

function callsOn(story: ReturnType<typeof createStory>): number {
  return story.calls.filter(({ secret }) => secret === secretName).length;
}
