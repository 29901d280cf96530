import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { awsError } from '../../lib/testing/in-process.ts';
import type { OutwardCall } from '../../lib/testing/world.ts';
import { createStory, hour } from './setup.ts';

/** A story in which calls fail as a switch says: with the error before the effect, or after it. */
function createFaultyStory() {
  const fault = { match: (_call: OutwardCall) => false, error: new Error('unset'), after: false };
  const story = createStory({
    async around(call, effect) {
      if (!fault.match(call)) return effect();
      if (fault.after) await effect();
      throw fault.error;
    },
  });
  return { story, fault };
}

const connectionLost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });

it('puts every dependent back, clears the way and says one clear sentence when a dependent fails for good', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const old = story.value();
  story.clock.advance(3 * hour);
  story.refuseAllBut(old);

  const errors = await story.rotate();

  expect(errors).toMatchObject([{ code: 'dependent-failed', status: 422 }]);
  expect(errors[0]?.message).toMatch(/^place 1: apply was refused: webhook: POST \/token answered 422$/);
  expect(errors[0]?.fix).toContain('rotate again');
  expect(story.value()).toBe(old);
  expect(story.receiver.holds()).toBe(old);
  expect(story.copied()).toBe(old);
  expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
  expect(story.happenings.filter(({ what }) => what === 'rotation.failed')).toHaveLength(1);
  expect(story.live()).toHaveLength(2);

  story.clock.advance(hour);
  await story.retire();
  expect(story.live()).toHaveLength(2);
  story.clock.advance(1.1 * hour);
  expect(await story.retire()).toMatchObject([{ outcome: 'revoked' }]);
  expect(story.live()).toEqual([old]);
});

it('is parked after a failure: until the back-off ends only the preflight runs, then it rotates', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  story.refuseAllBut();
  await story.rotate();
  story.takeAll();
  const live = story.live();

  expect(await story.rotate()).toMatchObject([{ code: 'parked' }]);
  expect(story.live()).toEqual(live);
  expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
  story.clock.advance(hour);
  expect(await story.rotate()).toEqual([]);
  await story.retire();
  expect(Object.values(story.labels()).flat().join()).not.toContain('parked');
});

it('mints nothing more while the answer to a mint is lost, revokes the stray when it is old enough, and goes on', async () => {
  const { story, fault } = createFaultyStory();
  await story.rotate();
  fault.match = ({ what }) => what.startsWith('POST https://registry');
  fault.after = true;
  fault.error = connectionLost();

  expect(await story.rotate()).toMatchObject([{ code: 'uncertain' }]);
  fault.match = () => false;
  expect(story.live()).toHaveLength(2);
  story.clock.advance(61_000);
  await story.driver.tick();
  expect(story.live()).toHaveLength(2);

  story.clock.advance(2.1 * hour);
  expect(await story.sweepStrays()).toEqual({ revoked: 1, reported: 0 });
  await story.driver.tick();
  expect(story.live()).toContain(story.value());
  expect(story.live()).toHaveLength(2);
});

it.each([
  ['stored after all', true, 'stored'],
  ['not stored', false, 'stored'],
] as const)('revokes nothing on an unclear put: %s', async (_name, after, _outcome) => {
  const { story, fault } = createFaultyStory();
  await story.rotate();
  let faults = 0;
  fault.match = ({ what }) => what === 'PutSecretValue app/token' && faults++ === 0;
  fault.after = after;
  fault.error = awsError('TimeoutError', undefined);

  expect(await story.rotate()).toEqual([]);

  expect(story.live()).toHaveLength(2);
  expect(story.live()).toContain(story.value());
});

it('takes its own token back when the put is refused for certain', async () => {
  const { story, fault } = createFaultyStory();
  await story.rotate();
  const live = story.live();
  fault.match = ({ what }) => what === 'PutSecretValue app/token';
  fault.error = awsError('EncryptionFailure', 400);

  expect(await story.rotate()).toMatchObject([{ code: 'store-refused' }]);

  expect(story.live()).toEqual(live);
});

it('refuses a token that would not fit into the secret, before anything is minted', async () => {
  const story = createStory({ token: { value: { format: 'json', fields: { value: 'TOKEN' } } } });
  await story.rotate();
  const room = 65_536 - Buffer.byteLength(story.text() ?? '') - ',"x":""'.length;
  story.putByHand(JSON.stringify({ ...JSON.parse(story.text() ?? ''), x: 'y'.repeat(room) }));
  const callsBefore = story.calls.length;

  const errors = await story.rotate();

  expect(errors).toMatchObject([{ code: 'too-large', definite: true }]);
  expect(story.calls.slice(callsBefore).filter(({ to }) => to === 'network')).toEqual([]);
  expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
});

it('does not take the token that is in use for a new one, and above all does not revoke it', async () => {
  const story = createStory();
  await story.rotate();
  const [inUse] = story.provider.state.tokens;
  story.interfere(async ({ what }, effect) =>
    what.startsWith('POST') && what.endsWith('/tokens')
      ? Response.json({ token: inUse?.value, key: inUse?.ref }, { status: 200 })
      : effect(),
  );

  const errors = await story.rotate();
  await story.retireFully();

  expect(errors).toMatchObject([{ code: 'same-token', ending: 'good' }]);
  expect(story.live()).toEqual([inUse?.value]);
  expect(story.value()).toBe(inUse?.value);
  expect(Object.values(story.labels())).toEqual([expect.arrayContaining(['AWSCURRENT'])]);
});

it('does not leave the secret blocked where somebody made the current value binary', async () => {
  const story = createStory();
  await story.rotate();
  const binary = { SecretBinary: 'AAECAw==', ClientRequestToken: 'b'.repeat(32) };
  story.secretsManager.call('PutSecretValue', { SecretId: story.arn, ...binary });

  const first = await story.rotate();
  const second = await story.rotate();

  expect([...first, ...second]).toMatchObject([{ code: 'value-shape' }, { code: 'value-shape' }]);
  expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
  expect(story.labels()['b'.repeat(32)]).toEqual(['AWSCURRENT', expect.stringMatching(/^keyturn-parked\/value-shape\//)]);
  const told = story.happenings.filter(({ what }) => what === 'rotation.failed');
  expect(told).toMatchObject([{ message: expect.stringContaining('stays as it is') }]);
});

it('stops by name at a dependent that holds what is not ours, and writes nowhere', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const copy = story.copied();
  story.receiver.tamper('canary-somebody-elses');

  const errors = await story.rotate();

  expect(errors).toMatchObject([{ code: 'foreign' }]);
  expect(errors[0]?.message).toContain('place 1');
  expect(story.receiver.holds()).toBe('canary-somebody-elses');
  expect(story.copied()).toBe(copy);
  expect(story.live()).toHaveLength(1);
  expect(toldOfFailures(story)).toEqual([expect.stringContaining('goes on working, and nothing was written anywhere')]);
});

it('does not say that a place has the current token into which a stranger wrote while the rotation failed', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const [place] = story.places;
  Object.assign(story.token.dependents[0] ?? {}, { onForeign: 'stop' });
  const { handle = () => ({ status: 404 }) } = story.receiver;
  story.receiver.handle = (request) => {
    if (!request.body.includes('secret.rotated')) return handle(request);
    place?.tamper('canary-somebody-elses');
    return { status: 422 };
  };

  expect(await story.rotate()).toMatchObject([{ code: 'dependent-failed' }]);

  expect(story.copied()).toBe('canary-somebody-elses');
  const [told] = toldOfFailures(story);
  expect(told).toContain('what somebody else wrote to place 0 was left there');
  expect(told).not.toContain('every dependent has it');
});

it("only verifies in AWS's test run, which puts a copy of current under AWSPENDING", async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const before = story.labels();
  story.secretsManager.call('RotateSecret', { SecretId: story.arn, ClientRequestToken: randomUUID(), RotateImmediately: false });
  await story.driver.tick();

  expect(story.labels()).toEqual(before);
  expect(story.live()).toHaveLength(1);
});

it('undoes nothing for the sake of a version that is not our doing', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const versionId = randomUUID();
  const value = story.value();
  story.secretsManager.call('PutSecretValue', {
    SecretId: story.arn,
    ClientRequestToken: versionId,
    SecretString: value,
    VersionStages: ['AWSPENDING'],
  });
  const live = story.live();
  story.revokeAllByHand();

  await expect(story.step('setSecret', versionId)).rejects.toMatchObject({ code: 'dead-pending' });

  expect(story.labels()[versionId]).toEqual(['AWSPENDING']);
  expect(live).toHaveLength(1);
});

it('rolls forward where the provider refuses the current token: keeps pending, puts nothing back', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  story.refuseAllBut();
  story.revokeAllByHand();

  expect(await story.rotate()).toMatchObject([{ code: 'dependent-failed' }]);

  expect(Object.values(story.labels()).flat()).toContain('AWSPENDING');
  expect(story.copied()).toBe(story.value('AWSPENDING'));
  expect(story.happenings.at(-1)).toMatchObject({ what: 'rotation.rolled-forward' });
  story.takeAll();
  story.clock.advance(61_000);
  await story.driver.tick();
  expect(story.live()).toEqual([story.value()]);
});

it('writes nothing after AWSPENDING was taken off', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const versionId = story.begin();
  await story.step('createSecret', versionId);
  story.secretsManager.call('UpdateSecretVersionStage', {
    SecretId: story.arn,
    VersionStage: 'AWSPENDING',
    RemoveFromVersionId: versionId,
  });
  const held = story.receiver.holds();

  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
    await expect(story.step(step, versionId)).rejects.toMatchObject({ code: 'not-pending' });
  }

  expect(story.receiver.holds()).toBe(held);
  expect(story.live()).toHaveLength(2);
});

it('revokes nothing where what is current was pasted in by hand and its ref is unknown', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const [first] = story.live();
  story.putByHand('canary-pasted-by-hand');

  await story.retire();
  story.clock.advance(30 * hour);
  const [result] = await story.retire();

  expect(result).toMatchObject({ outcome: 'held', code: 'unknown-ref' });
  expect(story.live()).toEqual([first]);
});

it('respects a roll-back within the overlap: what is current again is not revoked', async () => {
  const { story } = createFaultyStory();
  await story.rotate();
  const old = story.value();
  await story.rotate();
  await story.retire();
  const holder = (label: string) => Object.entries(story.labels()).find(([, labels]) => labels.includes(label))?.[0];
  story.secretsManager.call('UpdateSecretVersionStage', {
    SecretId: story.arn,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: holder('AWSPREVIOUS'),
    RemoveFromVersionId: holder('AWSCURRENT'),
  });

  await story.retireFully();

  expect(story.value()).toBe(old);
  expect(story.live()).toEqual([old]);
  expect(story.receiver.holds()).toBe(old);
});

function toldOfFailures({ happenings }: ReturnType<typeof createStory>): readonly (string | undefined)[] {
  return happenings.filter(({ what }) => what === 'rotation.failed').map(({ message }) => message);
}
