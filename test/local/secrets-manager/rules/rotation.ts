import { expect } from 'vitest';
import { type Bench, day, functionArn, hour, type Rule, refusal, token } from '../bench.ts';

const daily = { SecretId: 'n', RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 1 } };
const stuck = {
  code: 'InvalidRequestException',
  message: "A previous rotation isn't complete. That rotation will be reattempted.",
  status: 400,
};

/** A secret with version a, and a rotation to version r that was asked for. */
async function asked({ ask, create }: Bench, more: object = {}) {
  await create('n', { ClientRequestToken: token('a') });
  return ask('RotateSecret', { ...daily, ClientRequestToken: token('r'), ...more });
}

/** The same, failing in the given step until `mend` is called. */
async function failing(bench: Bench, { step = 'setSecret', removesLabel = false } = {}) {
  let isBroken = true;
  bench.rotate = async (event) => {
    if (event.Step === step && isBroken) {
      if (removesLabel) await takeOff(bench, event.ClientRequestToken);
      throw new Error('broken on purpose');
    }
    await bench.goodRotation(event);
  };
  await asked(bench);
  await bench.driver.tick();
  return () => {
    isBroken = false;
  };
}

const takeOff = ({ ask }: Bench, RemoveFromVersionId: string) =>
  ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'AWSPENDING', RemoveFromVersionId });

const stepsOf = (bench: Bench) => bench.invoked.map(({ Step }) => Step);
const minute = 60_000;

export const rotationRules: readonly Rule[] = [
  {
    id: 'rotate-answer',
    says: 'RotateSecret answers ARN, Name and the VersionId that is its token, at once; the id is announced under AWSPENDING',
    async check(bench) {
      const answer = await asked(bench);
      expect(answer).toEqual({ ARN: expect.any(String), Name: 'n', VersionId: token('r') });
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'], [token('r')]: ['AWSPENDING'] });
    },
  },
  {
    id: 'rotate-id-without-value',
    says: 'the announced version has no value: ResourceNotFoundException by id, by label and by both, and no list shows it',
    async check(bench) {
      await asked(bench);
      const VersionId = token('r');
      for (const input of [{ VersionId }, { VersionStage: 'AWSPENDING' }, { VersionId, VersionStage: 'AWSPENDING' }]) {
        const { code } = await refusal(bench.ask('GetSecretValue', { SecretId: 'n', ...input }));
        expect(code).toBe('ResourceNotFoundException');
      }
      const { Versions } = await bench.ask('ListSecretVersionIds', { SecretId: 'n', IncludeDeprecated: true });
      expect(Versions.map((version: { VersionId: string }) => version.VersionId)).toEqual([token('a')]);
    },
  },
  {
    id: 'rotate-whole',
    says: 'a rotation is four steps in order, one token, and ends with the new version current and the old one previous',
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
      expect(new Set(bench.invoked.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([token('r')]));
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('r')]: ['AWSCURRENT'] });
      expect(await bench.value('n')).toBe(`new-${token('r')}`);
    },
  },
  {
    id: 'rotate-event',
    says: 'the event has the whole ARN, the step in camel case, the token, and a RotationToken of 36 to 256 letters, digits and hyphens',
    async check(bench) {
      const { ARN } = await asked(bench);
      await bench.driver.tick();
      const [first] = bench.invoked;
      const RotationToken = expect.stringMatching(/^[a-zA-Z0-9-]{36,256}$/);
      expect(first).toEqual({ Step: 'createSecret', SecretId: ARN, ClientRequestToken: token('r'), RotationToken });
      expect(new Set(bench.invoked.map((event) => event.RotationToken)).size).toBe(1);
      const input = { SecretId: 'n', SecretString: 'x', RotationToken: first?.RotationToken };
      await bench.ask('PutSecretValue', input);
      expect(await refusal(bench.ask('PutSecretValue', { ...input, RotationToken: 'short' }))).toMatchObject({
        code: 'ValidationException',
      });
    },
  },
  {
    id: 'rotate-event-without-token',
    says: 'with the switch rotationToken there is none',
    switches: { rotationToken: 'left-out' },
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      expect(Object.keys(bench.invoked[0] ?? {}).sort()).toEqual(['ClientRequestToken', 'SecretId', 'Step']);
    },
  },
  {
    id: 'rotate-described',
    says: 'afterwards DescribeSecret has RotationEnabled, RotationLambdaARN, RotationRules, LastRotatedDate and NextRotationDate',
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      const described = await bench.ask('DescribeSecret', { SecretId: 'n' });
      expect(described).toMatchObject({
        RotationEnabled: true,
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 1 },
        LastRotatedDate: expect.any(Date),
        NextRotationDate: new Date('2026-01-06T23:59:59Z'),
      });
      expect(described.RotationRules).toEqual({ AutomaticallyAfterDays: 1 });
    },
  },
  {
    id: 'rotate-twice',
    says: 'a second rotation needs no settings; after it the first version has no label',
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      await bench.ask('RotateSecret', { SecretId: 'n', ClientRequestToken: token('s') });
      await bench.driver.tick();
      expect(await bench.labels('n')).toEqual({ [token('r')]: ['AWSPREVIOUS'], [token('s')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'rotate-pending-left',
    says: 'with the switch pendingAfterFinish AWSPENDING stays on the new version, and the next rotation is not refused for it',
    switches: { pendingAfterFinish: 'left' },
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSCURRENT', 'AWSPENDING']);
      await bench.ask('RotateSecret', { SecretId: 'n', ClientRequestToken: token('s') });
      await bench.driver.tick();
      expect((await bench.labels('n'))[token('s')]).toEqual(['AWSCURRENT', 'AWSPENDING']);
    },
  },
  {
    id: 'rotate-function-cleans-up',
    says: 'a function that takes AWSPENDING off by itself in finishSecret ends well too',
    async check(bench) {
      bench.rotate = async (event) => {
        await bench.goodRotation(event);
        if (event.Step === 'finishSecret') await takeOff(bench, event.ClientRequestToken);
      };
      await asked(bench);
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('r')]: ['AWSCURRENT'] });
      const { Versions } = await bench.ask('ListSecretVersionIds', { SecretId: 'n' });
      expect(Versions.map((version: object) => Object.keys(version).sort())).toEqual([
        ['CreatedDate', 'KmsKeyIds', 'VersionId', 'VersionStages'],
        ['CreatedDate', 'KmsKeyIds', 'VersionId', 'VersionStages'],
      ]);
    },
  },
  {
    id: 'rotate-no-function',
    says: 'without any function known RotateSecret is an InvalidRequestException, and stores nothing',
    async check({ ask, create }) {
      await create('n');
      const before = await ask('DescribeSecret', { SecretId: 'n' });
      const rules = { SecretId: 'n', RotationRules: { AutomaticallyAfterDays: 1 } };
      expect(await refusal(ask('RotateSecret', rules))).toEqual({
        code: 'InvalidRequestException',
        message: 'No Lambda rotation function ARN is associated with this secret.',
        status: 400,
      });
      expect(await ask('DescribeSecret', { SecretId: 'n' })).toEqual(before);
    },
  },
  {
    id: 'rotate-function-missing',
    says: 'a function that cannot be invoked is an AccessDeniedException, and nothing is stored',
    async check({ ask, create }) {
      await create('n');
      const before = await ask('DescribeSecret', { SecretId: 'n' });
      expect(await refusal(ask('RotateSecret', { ...daily, RotationLambdaARN: `${functionArn}-not` }))).toEqual({
        code: 'AccessDeniedException',
        message:
          'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
        status: 400,
      });
      expect(await ask('DescribeSecret', { SecretId: 'n' })).toEqual(before);
    },
  },
  {
    id: 'rotate-while-pending',
    says: 'while AWSPENDING is on a version that is not current, RotateSecret is refused, also for a mere change of the schedule',
    async check(bench) {
      await asked(bench);
      expect(await refusal(bench.ask('RotateSecret', daily))).toEqual(stuck);
      const change = { SecretId: 'n', RotationRules: { AutomaticallyAfterDays: 9 }, RotateImmediately: false };
      expect(await refusal(bench.ask('RotateSecret', change))).toEqual(stuck);
      expect((await bench.ask('DescribeSecret', { SecretId: 'n' })).RotationRules).toEqual({ AutomaticallyAfterDays: 1 });
    },
  },
  {
    id: 'rotate-while-pending-by-hand',
    says: 'the same when somebody put the version under AWSPENDING by hand',
    async check({ ask, create }) {
      await create('n');
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', VersionStages: ['AWSPENDING'] });
      expect(await refusal(ask('RotateSecret', daily))).toEqual(stuck);
    },
  },
  {
    id: 'rotate-while-running',
    says: 'the same while a rotation runs, even after its version became current',
    async check(bench) {
      bench.rotate = async (event) => {
        await bench.goodRotation(event);
        if (event.Step === 'finishSecret') expect(await refusal(bench.ask('RotateSecret', daily))).toEqual(stuck);
      };
      await asked(bench);
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']);
    },
  },
  {
    id: 'rotate-way-out',
    says: 'taking AWSPENDING off is the way out; CancelRotateSecret alone is not, and turns rotation off',
    async check(bench) {
      await failing(bench);
      await bench.ask('CancelRotateSecret', { SecretId: 'n' });
      expect(await refusal(bench.ask('RotateSecret', daily))).toEqual(stuck);
      await takeOff(bench, token('r'));
      await bench.ask('RotateSecret', { ...daily, ClientRequestToken: token('s') });
      expect((await bench.labels('n'))[token('s')]).toEqual(['AWSPENDING']);
    },
  },
  {
    id: 'rotate-token-again',
    says: 'RotateSecret again with the token of the rotation that runs, or that is done, answers the same and starts nothing',
    async check(bench) {
      const first = await asked(bench);
      const again = { SecretId: 'n', ClientRequestToken: token('r') };
      expect(await bench.ask('RotateSecret', again)).toEqual(first);
      await bench.driver.tick();
      expect(await bench.ask('RotateSecret', again)).toEqual(first);
      expect(await bench.driver.tick()).toBe(0);
      expect(stepsOf(bench)).toHaveLength(4);
    },
  },
  {
    id: 'rotate-token-again-refused',
    says: 'with the switch repeatedRotateToken it is refused',
    switches: { repeatedRotateToken: 'refused' },
    async check(bench) {
      await asked(bench);
      expect(await refusal(bench.ask('RotateSecret', { SecretId: 'n', ClientRequestToken: token('r') }))).toEqual(stuck);
    },
  },
  {
    id: 'rotate-token-used',
    says: 'the token of an older version cannot be used for a rotation',
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      const { code } = await refusal(bench.ask('RotateSecret', { SecretId: 'n', ClientRequestToken: token('a') }));
      expect(code).toBe('InvalidParameterException');
    },
  },
  {
    id: 'rotate-empty',
    says: 'a secret without a value can be rotated: its first value is current at once (switch firstValue)',
    async check(bench) {
      await bench.ask('CreateSecret', { Name: 'n' });
      await bench.ask('RotateSecret', { ...daily, ClientRequestToken: token('r') });
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']);
      expect(await bench.labels('n')).toEqual({ [token('r')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'rotate-empty-as-asked',
    says: 'with the switch firstValue it is current after finishSecret only',
    switches: { firstValue: 'as-asked' },
    async check(bench) {
      await bench.ask('CreateSecret', { Name: 'n' });
      await bench.ask('RotateSecret', { ...daily, ClientRequestToken: token('r') });
      bench.rotate = async (event) => {
        if (event.Step === 'setSecret') expect((await bench.labels('n'))[token('r')]).toEqual(['AWSPENDING']);
        await bench.goodRotation(event);
      };
      await bench.driver.tick();
      expect(await bench.labels('n')).toEqual({ [token('r')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'test-run',
    says: 'RotateImmediately=false runs testSecret alone, with a copy of current under AWSPENDING that is gone afterwards',
    async check(bench) {
      bench.rotate = async () => {
        expect(await bench.value('n', 'AWSPENDING')).toBe('one');
        const labels = await bench.labels('n');
        expect(labels[token('r')]).toEqual(['AWSPENDING']);
        expect((await bench.ask('DescribeSecret', { SecretId: 'n' })).RotationEnabled).toBe(true);
      };
      await asked(bench, { RotateImmediately: false });
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['testSecret']);
      expect(bench.trail()).toEqual(['TestRotationStarted', 'TestRotationSucceeded']);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'] });
      const described = await bench.ask('DescribeSecret', { SecretId: 'n' });
      expect(described).toMatchObject({ RotationEnabled: true, NextRotationDate: expect.any(Date) });
      expect(described).not.toHaveProperty('LastRotatedDate');
    },
  },
  {
    id: 'test-run-not-enabled',
    says: 'with the switch rotationEnabledDuringFirstTest it is false until then',
    switches: { rotationEnabledDuringFirstTest: false },
    async check(bench) {
      bench.rotate = async () => {
        expect((await bench.ask('DescribeSecret', { SecretId: 'n' })).RotationEnabled).toBe(false);
      };
      await asked(bench, { RotateImmediately: false });
      await bench.driver.tick();
      expect(await bench.ask('DescribeSecret', { SecretId: 'n' })).toMatchObject({
        RotationEnabled: true,
        NextRotationDate: expect.any(Date),
      });
    },
  },
  {
    id: 'test-run-fails',
    says: 'a test that fails is told as TestRotationFailed; the copy is gone, and the schedule stands',
    async check(bench) {
      bench.rotate = () => {
        throw new Error('broken on purpose');
      };
      await asked(bench, { RotateImmediately: false });
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['TestRotationStarted', 'TestRotationFailed']);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'] });
      bench.rotate = bench.goodRotation;
      bench.clock.set('2026-01-06T00:00:01Z');
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['TestRotationStarted', 'TestRotationFailed', 'RotationStarted', 'RotationSucceeded']);
    },
  },
  {
    id: 'fail-stays',
    says: 'a step that fails ends the attempt: AWSPENDING stays, LastRotatedDate does not come, the event names function and step',
    async check(bench) {
      await failing(bench);
      expect(stepsOf(bench)).toEqual(['createSecret', 'setSecret']);
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationFailed']);
      expect(bench.events().at(-1)?.detail['errorMessage']).toBe(
        `Error when executing lambda ${functionArn} during setSecret step`,
      );
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSPENDING']);
      expect(await bench.ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('LastRotatedDate');
      expect(await refusal(bench.ask('RotateSecret', daily))).toEqual(stuck);
    },
  },
  {
    id: 'fail-finish',
    says: 'a finishSecret that says yes without moving AWSCURRENT is a failure',
    async check(bench) {
      bench.rotate = (event) => (event.Step === 'finishSecret' ? undefined : bench.goodRotation(event));
      await asked(bench);
      await bench.driver.tick();
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationFailed']);
    },
  },
  {
    id: 'retry-same-token',
    says: 'a failed rotation is tried again from its first step with the same token, and ends well once its cause is mended',
    async check(bench) {
      const mend = await failing(bench);
      expect(await bench.driver.tick()).toBe(0);
      mend();
      bench.clock.move(minute);
      await bench.driver.tick();
      expect(stepsOf(bench).slice(2)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
      expect(bench.invoked.every(({ ClientRequestToken }) => ClientRequestToken === token('r'))).toBe(true);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('r')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'retry-count',
    says: 'it is tried again as often, and as far apart, as the switches say; then it is stuck until the next window',
    switches: { retryCount: 2, retrySpacingSeconds: 600 },
    async check(bench) {
      const mend = await failing(bench);
      for (let index = 0; index < 5; index += 1) {
        bench.clock.move(5 * minute);
        await bench.driver.tick();
      }
      expect(bench.trail().filter((name) => name === 'RotationStarted')).toHaveLength(3);
      mend();
      bench.clock.set('2026-01-06T00:00:01Z');
      await bench.driver.tick();
      expect(bench.trail().at(-1)).toBe('RotationSucceeded');
      expect(bench.invoked.at(-1)?.ClientRequestToken).toBe(token('r'));
    },
  },
  {
    id: 'retry-none',
    says: 'with retryWithPending none nothing is tried again while the label is there, not even by the next window',
    switches: { retryWithPending: 'none' },
    async check(bench) {
      await failing(bench);
      bench.clock.move(3 * day);
      expect(await bench.driver.tick()).toBe(0);
      expect(stepsOf(bench)).toHaveLength(2);
    },
  },
  {
    id: 'retry-label-taken-none',
    says: 'once the function took AWSPENDING off, nothing is tried again, and RotateSecret is open (switch retryWithoutPending)',
    async check(bench) {
      await failing(bench, { removesLabel: true });
      bench.clock.move(minute);
      expect(await bench.driver.tick()).toBe(0);
      await bench.ask('RotateSecret', { SecretId: 'n', ClientRequestToken: token('s') });
    },
  },
  {
    id: 'retry-label-taken-same-token',
    says: 'with same-token the function is called with its token, on which there is no label any more',
    switches: { retryWithoutPending: 'same-token' },
    async check(bench) {
      await failing(bench, { removesLabel: true });
      let labels: unknown = 'not asked';
      bench.rotate = async ({ ClientRequestToken }) => {
        labels = (await bench.labels('n'))[ClientRequestToken];
        throw new Error('no label');
      };
      bench.clock.move(minute);
      await bench.driver.tick();
      expect(bench.invoked.at(-1)).toMatchObject({ Step: 'createSecret', ClientRequestToken: token('r') });
      expect(labels).toBeUndefined();
    },
  },
  {
    id: 'retry-label-taken-put-back',
    says: 'with label-put-back AWSPENDING is on the dead value again before the function is called',
    switches: { retryWithoutPending: 'label-put-back' },
    async check(bench) {
      await failing(bench, { removesLabel: true });
      let dead = '';
      bench.rotate = async () => {
        dead = await bench.value('n', 'AWSPENDING');
        throw new Error('that one is dead');
      };
      bench.clock.move(minute);
      await bench.driver.tick();
      expect(dead).toBe(`new-${token('r')}`);
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSPENDING']);
    },
  },
  {
    id: 'retry-label-taken-new-token',
    says: 'with new-token another version is announced and made',
    switches: { retryWithoutPending: 'new-token' },
    async check(bench) {
      const mend = await failing(bench, { removesLabel: true });
      mend();
      bench.clock.move(minute);
      await bench.driver.tick();
      const last = bench.invoked.at(-1)?.ClientRequestToken ?? '';
      expect(last).not.toBe(token('r'));
      expect((await bench.labels('n'))[last]).toEqual(['AWSCURRENT']);
    },
  },
  {
    id: 'retry-in-window',
    says: 'with retriesOnlyInWindow a scheduled rotation is not tried again once its window is closed',
    switches: { retriesOnlyInWindow: true, retrySpacingSeconds: 2 * 3600 },
    async check(bench) {
      bench.rotate = () => {
        throw new Error('broken on purpose');
      };
      await bench.create('n');
      const RotationRules = { ScheduleExpression: 'cron(0 20 * * ? *)', Duration: '3h' };
      await bench.ask('RotateSecret', { ...daily, RotationRules, RotateImmediately: false });
      await bench.driver.tick();
      bench.clock.set('2026-01-05T20:00:00Z');
      for (let index = 0; index < 6; index += 1) {
        await bench.driver.tick();
        bench.clock.move(hour);
      }
      expect(bench.trail().filter((name) => name === 'RotationStarted')).toHaveLength(2);
    },
  },
  {
    id: 'deliver-twice',
    says: 'with duplicateDeliveries each step comes twice, one after the other',
    switches: { duplicateDeliveries: 'after' },
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'].flatMap((step) => [step, step]));
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']);
    },
  },
  {
    id: 'deliver-together',
    says: 'or both together',
    switches: { duplicateDeliveries: 'together' },
    async check(bench) {
      let running = 0;
      let most = 0;
      bench.rotate = async (event) => {
        running += 1;
        most = Math.max(most, running);
        await bench.goodRotation(event).finally(() => {
          running -= 1;
        });
      };
      await asked(bench);
      await bench.driver.tick();
      expect(most).toBe(2);
    },
  },
  {
    id: 'deliver-out-of-order',
    says: 'any step can be delivered at any time, on request',
    async check(bench) {
      const { ARN } = await asked(bench);
      const delivered = await bench.driver.deliver({ secretId: ARN, step: 'finishSecret', versionId: token('r') });
      expect(delivered.ok).toBe(false);
      expect(bench.invoked).toMatchObject([{ Step: 'finishSecret', ClientRequestToken: token('r') }]);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'], [token('r')]: ['AWSPENDING'] });
    },
  },
  {
    id: 'move-to-empty',
    says: 'with the switch moveToVersionWithoutValue AWSCURRENT can even go to a version without a value',
    switches: { moveToVersionWithoutValue: 'accepted' },
    async check(bench) {
      await asked(bench);
      const move = { MoveToVersionId: token('r'), RemoveFromVersionId: token('a') };
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'AWSCURRENT', ...move });
      expect(await refusal(bench.ask('GetSecretValue', { SecretId: 'n' }))).toMatchObject({
        message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      });
    },
  },
  {
    id: 'abandon',
    says: 'a plain put in the middle takes AWSPENDING off, tells RotationAbandoned, and no further step comes',
    async check(bench) {
      bench.rotate = async (event) => {
        await bench.goodRotation(event);
        if (event.Step === 'setSecret') await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'by hand' });
      };
      await asked(bench);
      await bench.driver.tick();
      bench.clock.move(hour);
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['createSecret', 'setSecret']);
      expect(bench.trail()).toEqual(['RotationStarted', 'RotationAbandoned']);
      expect(await bench.value('n')).toBe('by hand');
      expect(await refusal(bench.ask('GetSecretValue', { SecretId: 'n', VersionStage: 'AWSPENDING' }))).toBeTruthy();
    },
  },
  {
    id: 'abandon-update',
    says: 'so does UpdateSecret with a value, also for a rotation that is stuck; RotateSecret is open then',
    async check(bench) {
      await failing(bench);
      await bench.ask('UpdateSecret', { SecretId: 'n', SecretString: 'by hand' });
      expect(bench.trail().at(-1)).toBe('RotationAbandoned');
      await bench.ask('RotateSecret', { SecretId: 'n' });
    },
  },
  {
    id: 'late-put',
    says: 'a put that comes after AWSPENDING was taken off puts the label back: nothing stops a late step but itself',
    async check(bench) {
      await asked(bench);
      await takeOff(bench, token('r'));
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'] });
      const put = { SecretId: 'n', SecretString: 'late', ClientRequestToken: token('r'), VersionStages: ['AWSPENDING'] };
      await bench.ask('PutSecretValue', put);
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSPENDING']);
    },
  },
  {
    id: 'own-labels-in-rotation',
    says: 'labels of the function beside AWSPENDING stay with the version (switch customLabelsInRotation)',
    async check(bench) {
      bench.rotate = async (event) => {
        const { Step, SecretId, ClientRequestToken } = event;
        if (Step !== 'createSecret') return bench.goodRotation(event);
        const VersionStages = ['AWSPENDING', 'keyturn/npm/ref'];
        await bench.ask('PutSecretValue', { SecretId, ClientRequestToken, SecretString: 'x', VersionStages });
      };
      await asked(bench);
      await bench.driver.tick();
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSCURRENT', 'keyturn/npm/ref']);
    },
  },
  {
    id: 'own-labels-in-rotation-refused',
    says: 'with the switch they are refused',
    switches: { customLabelsInRotation: 'refused' },
    async check(bench) {
      await asked(bench);
      const put = { SecretId: 'n', ClientRequestToken: token('r'), SecretString: 'x', VersionStages: ['AWSPENDING', 'mine'] };
      expect(await refusal(bench.ask('PutSecretValue', put))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'cancel',
    says: 'CancelRotateSecret answers the partial VersionId, turns rotation off, and leaves function and rules to be seen',
    async check(bench) {
      await failing(bench);
      const answer = await bench.ask('CancelRotateSecret', { SecretId: 'n' });
      expect(answer).toEqual({ ARN: expect.any(String), Name: 'n', VersionId: token('r') });
      const described = await bench.ask('DescribeSecret', { SecretId: 'n' });
      expect(described).toMatchObject({
        RotationEnabled: false,
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 1 },
      });
      expect(described).not.toHaveProperty('NextRotationDate');
      expect((await bench.labels('n'))[token('r')]).toEqual(['AWSPENDING']);
      bench.clock.move(30 * day);
      expect(await bench.driver.tick()).toBe(0);
    },
  },
  {
    id: 'cancel-midway',
    says: 'a rotation that is cancelled between two steps gets no further step',
    async check(bench) {
      bench.rotate = async (event) => {
        await bench.goodRotation(event);
        if (event.Step === 'createSecret') await bench.ask('CancelRotateSecret', { SecretId: 'n' });
      };
      await asked(bench);
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['createSecret']);
      expect(bench.trail()).toEqual(['RotationStarted']);
    },
  },
  {
    id: 'cancel-idle',
    says: 'without a rotation in progress the answer of CancelRotateSecret has no VersionId; RotateSecret turns it on again, at once',
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      expect(await bench.ask('CancelRotateSecret', { SecretId: 'n' })).not.toHaveProperty('VersionId');
      expect(await bench.ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('LastRotatedDate');
      await bench.ask('RotateSecret', { SecretId: 'n' });
      expect(await bench.ask('DescribeSecret', { SecretId: 'n' })).toMatchObject({
        RotationEnabled: true,
        NextRotationDate: expect.any(Date),
      });
      expect(await bench.driver.tick()).toBe(1);
    },
  },
  {
    id: 'cancel-keeps-date',
    says: 'with the switch lastRotatedDateAfterCancel the date stays',
    switches: { lastRotatedDateAfterCancel: 'kept' },
    async check(bench) {
      await asked(bench);
      await bench.driver.tick();
      await bench.ask('CancelRotateSecret', { SecretId: 'n' });
      expect(await bench.ask('DescribeSecret', { SecretId: 'n' })).toHaveProperty('LastRotatedDate');
    },
  },
  {
    id: 'delete-ends-rotation',
    says: 'a secret marked for deletion is not rotated, and can be rotated again once it is restored',
    async check(bench) {
      bench.rotate = async (event) => {
        await bench.goodRotation(event);
        if (event.Step === 'createSecret') await bench.ask('DeleteSecret', { SecretId: 'n' });
      };
      await asked(bench);
      await bench.driver.tick();
      expect(stepsOf(bench)).toEqual(['createSecret']);
      await bench.ask('RestoreSecret', { SecretId: 'n' });
      await takeOff(bench, token('r'));
      await bench.ask('RotateSecret', { SecretId: 'n' });
    },
  },
  {
    id: 'event-label',
    says: 'a label that moves to a version sends "Secret Label Updated" with name, label and version; AWSPENDING and AWSPREVIOUS send none',
    async check(bench) {
      const { ARN } = await asked(bench);
      await bench.driver.tick();
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'MINE', MoveToVersionId: token('a') });
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'MINE', RemoveFromVersionId: token('a') });
      await bench.ask('TagResource', { SecretId: 'n', Tags: [{ Key: 'k', Value: 'v' }] });
      const native = bench.events().filter((event) => event['detail-type'] === 'Secret Label Updated');
      expect(native.map(({ detail }) => detail)).toEqual([
        { name: 'n', labelUpdated: 'AWSCURRENT', versionId: token('a') },
        { name: 'n', labelUpdated: 'AWSCURRENT', versionId: token('r') },
        { name: 'n', labelUpdated: 'MINE', versionId: token('a') },
      ]);
      expect(native[0]).toMatchObject({
        version: '0',
        source: 'aws.secretsmanager',
        account: '000000000000',
        region: 'us-east-1',
        resources: [ARN],
        time: expect.stringMatching(/^2026-01-05T10:00:00Z$/),
      });
    },
  },
  {
    id: 'event-label-removal',
    says: 'with the switch labelEventOnRemoval taking a label off sends one too',
    switches: { labelEventOnRemoval: true },
    async check(bench) {
      await bench.create('n', { ClientRequestToken: token('a') });
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'MINE', MoveToVersionId: token('a') });
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'MINE', RemoveFromVersionId: token('a') });
      const native = bench.events().filter(({ detail }) => detail['labelUpdated'] === 'MINE');
      expect(native).toHaveLength(2);
    },
  },
  {
    id: 'event-service',
    says: 'what the service does by itself has the shape of CloudTrail: no resources, the ARN in additionalEventData',
    async check(bench) {
      const { ARN } = await asked(bench);
      await bench.driver.tick();
      const started = bench.events().find(({ detail }) => detail['eventName'] === 'RotationStarted');
      expect(started).toMatchObject({
        'detail-type': 'AWS Service Event via CloudTrail',
        source: 'aws.secretsmanager',
        resources: [],
        detail: {
          eventVersion: '1.08',
          userIdentity: { accountId: '000000000000', invokedBy: 'secretsmanager.amazonaws.com' },
          eventSource: 'secretsmanager.amazonaws.com',
          awsRegion: 'us-east-1',
          sourceIPAddress: 'secretsmanager.amazonaws.com',
          userAgent: 'secretsmanager.amazonaws.com',
          requestParameters: null,
          responseElements: null,
          additionalEventData: { SecretId: ARN },
          requestID: `Rotation-${ARN}-${token('r')}`,
          readOnly: false,
          eventType: 'AwsServiceEvent',
          managementEvent: true,
          recipientAccountId: '000000000000',
          eventCategory: 'Management',
        },
      });
      expect(started?.detail).not.toHaveProperty('errorMessage');
    },
  },
  {
    id: 'event-calls',
    says: 'calls that change something are told with operation and ARN, reads are not, and no event holds a value',
    async check(bench) {
      const { ARN } = await bench.create('n', {
        SecretString: 'canary-0123456789',
        Tags: [{ Key: 'k', Value: 'canary-0123456789' }],
      });
      await bench.ask('GetSecretValue', { SecretId: 'n' });
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'canary-9876543210' });
      const told = bench.events().filter((event) => event['detail-type'] === 'AWS API Call via CloudTrail');
      expect(told.map(({ detail }) => detail['eventName'])).toEqual(['CreateSecret', 'PutSecretValue']);
      expect(told[1]?.detail).toMatchObject({
        eventType: 'AwsApiCall',
        responseElements: { arn: ARN },
        requestParameters: { secretId: 'n' },
      });
      expect(JSON.stringify([bench.reports, bench.calls])).not.toContain('canary');
    },
  },
  {
    id: 'event-deletion',
    says: 'deletion, its cancelling and its end are told as StartSecretVersionDelete, CancelSecretVersionDelete, EndSecretVersionDelete',
    async check(bench) {
      await bench.create('n');
      await bench.ask('DeleteSecret', { SecretId: 'n' });
      await bench.ask('RestoreSecret', { SecretId: 'n' });
      await bench.ask('DeleteSecret', { SecretId: 'n' });
      bench.clock.move(31 * day);
      await bench.driver.tick();
      const names = [
        'StartSecretVersionDelete',
        'CancelSecretVersionDelete',
        'StartSecretVersionDelete',
        'EndSecretVersionDelete',
      ];
      expect(bench.trail()).toEqual(names);
    },
  },
  {
    id: 'event-steps',
    says: 'the observer is told of each step as it starts and ends, with what the function said when it failed',
    async check(bench) {
      await failing(bench, { step: 'createSecret' });
      const told = bench.reports.filter((report) => report.kind === 'step');
      expect(told).toMatchObject([
        { phase: 'started', step: 'createSecret', versionId: token('r'), attempt: 1 },
        { phase: 'failed', step: 'createSecret', errorMessage: 'broken on purpose' },
      ]);
    },
  },
];
