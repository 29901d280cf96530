import { expect, it } from 'vitest';
import { createStory, hour } from './setup.ts';

it('writes down what happened, and the same thing once however often a step is run again', async () => {
  const story = await rotated();
  const versionId = story.begin('1'.repeat(36));

  for (const step of ['createSecret', 'createSecret', 'setSecret', 'testSecret', 'finishSecret', 'finishSecret'] as const)
    await story.step(step, versionId).catch(() => {});

  const told = (await story.ports.records.happened(story.token.name, 9)).slice(0, -1);
  expect(told.map(({ what }) => what)).toEqual(['token.rotated', 'token.minted']);
  for (const each of told) expect(each).toMatchObject({ versionId, token: story.token.name, secretArn: story.arn });
  expect(JSON.stringify(told)).not.toContain('canary');
});

it('writes down once a day what sweeps find again and again', async () => {
  const story = createStory({ token: { exclusive: false } });
  await story.rotate();
  story.provider.makeByHand();
  story.clock.advance(3 * hour);

  for (let sweeps = 0; sweeps < 3; sweeps += 1) await story.sweepStrays();
  story.clock.advance(24 * hour);
  await story.sweepStrays();

  const reported = ({ what }: { what: string }) => what === 'stray.reported';
  expect(story.happenings.filter(reported)).toHaveLength(4);
  expect((await story.ports.records.happened(story.token.name, 99)).filter(reported)).toHaveLength(2);
});

it('tells two strays of one day apart', async () => {
  const story = createStory();
  await story.rotate();
  const strays = [story.provider.makeByHand(), story.provider.makeByHand()].map(({ ref }) => ref);
  const now = story.clock.now();
  // Two requests of this hour were never answered.
  for (const dependent of ['mint/1', 'mint/2'])
    await story.ports.history.saveReceipt(story.arn, { dependent, digest: '', versionId: 'v', intendedAt: now, appliedAt: now });
  story.clock.advance(3 * hour);

  await story.sweepStrays();

  const told = await story.ports.records.happened(story.token.name, 99);
  const refs = told.flatMap(({ what, ref }) => (what === 'token.stray-revoked' ? [ref] : []));
  expect(refs.sort()).toEqual(strays.sort());
});

it('goes on where nothing can be written down, and still tells', async () => {
  const story = await rotated();
  story.happenings.length = 0;
  story.interfere(async (call, effect) => {
    if (call.what === 'record') throw new Error('canary');
    return effect();
  });

  expect(await story.rotate()).toEqual([]);

  expect(story.happenings.map(({ what }) => what)).toEqual(['token.minted', 'token.rotated']);
  expect(story.recorded.happened.size).toBe(1);
  expect(story.logs.filter(({ event }) => event === 'record.failed')).toHaveLength(2);
  expect(JSON.stringify(story.logs)).not.toContain('canary');
});

it('writes down what could not be told', async () => {
  const story = await rotated();
  story.interfere(async (call, effect) => {
    if (call.to === 'tell') throw new Error('no bus');
    return effect();
  });

  await story.rotate();

  expect(story.happenings).toHaveLength(1);
  expect([...story.recorded.happened.values()].slice(1).map(({ what }) => what)).toEqual(['token.minted', 'token.rotated']);
});

/** A secret that has a token: of it one thing is written down, that it was minted. */
async function rotated() {
  const story = createStory();
  await story.rotate();
  story.clock.advance(hour);
  expect([...story.recorded.happened.values()].map(({ what }) => what)).toEqual(['token.minted']);
  return story;
}
