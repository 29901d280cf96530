import { expect, it } from 'vitest';
import { beginDue } from '../../lib/engine/begin.ts';
import { eagerHours, isOverdue, planSweep, strayHours, sweepMinutes } from '../../lib/engine/plan.ts';
import type { SecretState } from '../../lib/engine/ports.ts';
import { reconcile, type SweptToken } from '../../lib/engine/reconcile.ts';
import type { Token } from '../../lib/engine/token.ts';
import { functionArn } from '../../lib/testing/world.ts';
import { createStory, hour } from './setup.ts';

function sweptOf({ name, provider, mode, overlapHours }: Token, secret: string): SweptToken {
  return { name, provider, secret, mode, overlapHours, isAssisted: false, longestHours: 720, owner: 'ada', backup: 'bob' };
}

/** A secret as a deployment leaves it: empty, with a schedule that begins with its next window. */
function createDeployed(options: Parameters<typeof createStory>[0] = {}) {
  const story = createStory(options);
  const schedule = () =>
    story.secretsManager.call('RotateSecret', {
      SecretId: story.arn,
      ClientRequestToken: '0'.repeat(32),
      RotationLambdaARN: functionArn,
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediately: false,
    });
  const sweep = async () => {
    const asked: string[] = [];
    const result = await reconcile(
      { ...story.ports, ledger: { healths: async () => [], pauses: story.ports.records.pauses } },
      [sweptOf(story.token, story.arn)],
      { gone: new Set(), warnDays: [] },
      async (_provider, { job }) => {
        asked.push(job);
        if (job === 'begin') await beginDue(await story.open(story.token), story.arn);
      },
    );
    return { asked, ...result };
  };
  const settle = async () => {
    await story.driver.tick();
    await story.driver.idle();
  };
  return { ...story, schedule, sweep, settle };
}

it('fills a new, empty secret with the first sweep', async () => {
  const story = createDeployed();
  story.schedule();
  await story.settle();
  expect(story.value()).toBeUndefined();

  const { asked } = await story.sweep();
  await story.settle();

  expect(asked).toContain('begin');
  expect(story.live()).toEqual([story.value()]);
  expect(story.copied()).toBe(story.value());
  expect((await story.sweep()).asked).not.toContain('begin');
});

it('begins nothing where somebody put a value in, where a rotation is underway, or where nobody configured one', async () => {
  const unconfigured = createDeployed();
  const filled = createDeployed();
  filled.schedule();
  await filled.settle();
  filled.putByHand('{"value":"canary-by-hand"}');
  const underway = createDeployed();
  underway.begin();

  const begun = await Promise.all(
    [unconfigured, filled, underway].map(async (story) => beginDue(await story.open(story.token), story.arn)),
  );

  expect(begun).toEqual(['not needed', 'not needed', 'not needed']);
  for (const story of [unconfigured, filled, underway]) expect((await story.sweep()).asked).not.toContain('begin');
});

it('begins nothing for a token that is only observed', async () => {
  const story = createDeployed({ token: { mode: 'observe' } });
  story.schedule();
  await story.settle();

  expect(await beginDue(await story.open(story.token), story.arn)).toBe('not needed');
  expect(story.calls.map(({ what }) => what).join()).not.toContain('RotateSecret');
});

it('answers that it is not needed when a rotation begins between its look and its call', async () => {
  const story = createDeployed();
  story.schedule();
  await story.settle();
  story.interfere(async ({ what }, effect) => {
    if (what.startsWith('RotateSecret')) story.begin();
    return effect();
  });

  expect(await beginDue(await story.open(story.token), story.arn)).toBe('not needed');
});

it('asks with every sweep for an hour, and then four times a day', () => {
  const state: SecretState = {
    arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf',
    versions: new Map(),
    rotationEnabled: true,
    rotationFunctionArn: functionArn,
    createdAt: 1_800_000_000_000,
  };
  const asks = (hours: number) =>
    planSweep({ overlapHours: 1 }, state, 1_800_000_000_000 + hours * hour).some(({ job }) => job === 'begin');
  const times = (from: number, to: number) =>
    Array.from({ length: ((to - from) * 60) / sweepMinutes }, (_, index) => from + (index * sweepMinutes) / 60).filter(asks)
      .length;

  expect(times(0, eagerHours)).toBe((eagerHours * 60) / sweepMinutes);
  expect(times(24, 48)).toBe(24 / strayHours);
});

it('counts what Secrets Manager should have rotated, and says which', async () => {
  const story = createDeployed();
  story.schedule();
  await story.settle();
  const early = await story.sweep();
  story.clock.advance(40 * 24 * hour);

  const late = await story.sweep();

  expect(early.overdue).toBe(0);
  expect(late.overdue).toBe(1);
  expect(story.logs).toContainEqual({ event: 'token.overdue', token: story.token.name });
});

it('waits an hour before it calls a rotation overdue, and never one that is turned off', () => {
  const state = { rotationEnabled: true, nextRotationAt: 1000 * hour } as SecretState;

  expect(isOverdue(state, 1001 * hour)).toBe(false);
  expect(isOverdue(state, 1001 * hour + 1)).toBe(true);
  expect(isOverdue({ ...state, rotationEnabled: false }, 2000 * hour)).toBe(false);
});
