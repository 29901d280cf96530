import { expect } from 'vitest';
import { type Bench, type Rule, refusal, token } from '../bench.ts';

/** A secret whose versions a (current) and b (AWSPENDING) are known. */
async function pair({ ask, create }: Bench, more: string[] = []) {
  await create('n', { ClientRequestToken: token('a') });
  const VersionStages = ['AWSPENDING', ...more];
  await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b'), VersionStages });
}

const swap = { SecretId: 'n', VersionStage: 'AWSCURRENT', RemoveFromVersionId: token('a'), MoveToVersionId: token('b') };

export const labelRules: readonly Rule[] = [
  {
    id: 'stage-answer',
    says: 'UpdateSecretVersionStage answers ARN and Name only',
    async check(bench) {
      await pair(bench);
      expect(Object.keys(await bench.ask('UpdateSecretVersionStage', swap)).sort()).toEqual(['ARN', 'Name']);
    },
  },
  {
    id: 'move-current',
    says: 'moving AWSCURRENT takes AWSPREVIOUS along and leaves AWSPENDING where it is',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', swap);
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('b')]: ['AWSCURRENT', 'AWSPENDING'] });
    },
  },
  {
    id: 'plain-put-clears-pending',
    says: 'a plain put after that takes AWSPENDING off',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', swap);
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'three', ClientRequestToken: token('c') });
      expect(await bench.labels('n')).toEqual({ [token('b')]: ['AWSPREVIOUS'], [token('c')]: ['AWSCURRENT'] });
    },
  },
  ...(['PutSecretValue', 'UpdateSecret'] as const).map(
    (operation): Rule => ({
      id: `${operation}-clears-pending`,
      says: `a plain ${operation} takes AWSPENDING off a version of its own too, which is deprecated then`,
      async check(bench) {
        await pair(bench);
        await bench.ask(operation, { SecretId: 'n', SecretString: 'three', ClientRequestToken: token('c') });
        expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('c')]: ['AWSCURRENT'] });
      },
    }),
  ),
  {
    id: 'pending-cycle',
    says: 'put under AWSPENDING, move, put, move: the third version is current, the second previous, the first has no label',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', swap);
      const VersionStages = ['AWSPENDING'];
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'three', ClientRequestToken: token('c'), VersionStages });
      expect(await bench.labels('n')).toEqual({
        [token('a')]: ['AWSPREVIOUS'],
        [token('b')]: ['AWSCURRENT'],
        [token('c')]: ['AWSPENDING'],
      });
      const next = { ...swap, RemoveFromVersionId: token('b'), MoveToVersionId: token('c') };
      await bench.ask('UpdateSecretVersionStage', next);
      expect(await bench.labels('n')).toEqual({ [token('b')]: ['AWSPREVIOUS'], [token('c')]: ['AWSCURRENT', 'AWSPENDING'] });
      expect(await bench.value('n')).toBe('three');
    },
  },
  {
    id: 'own-labels-stay',
    says: 'labels of its own, also ones that begin with AWS, stay on a version through all of that',
    async check(bench) {
      await pair(bench, ['AWSSOMETHING', 'PUT1']);
      await bench.ask('UpdateSecretVersionStage', swap);
      const VersionStages = ['AWSPENDING', 'PUT2'];
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'three', ClientRequestToken: token('c'), VersionStages });
      await bench.ask('UpdateSecretVersionStage', { ...swap, RemoveFromVersionId: token('b'), MoveToVersionId: token('c') });
      expect(await bench.labels('n')).toEqual({
        [token('b')]: ['AWSPREVIOUS', 'AWSSOMETHING', 'PUT1'],
        [token('c')]: ['AWSCURRENT', 'AWSPENDING', 'PUT2'],
      });
    },
  },
  {
    id: 'own-label-keeps-version',
    says: 'a label of its own keeps a version in the lists when AWSPREVIOUS leaves it',
    async check(bench) {
      await bench.create('n', { ClientRequestToken: token('a') });
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'PUT0', MoveToVersionId: token('a') });
      for (const id of ['b', 'c']) {
        await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: id, ClientRequestToken: token(id) });
      }
      expect((await bench.labels('n'))[token('a')]).toEqual(['PUT0']);
      expect((await bench.ask('GetSecretValue', { SecretId: 'n', VersionStage: 'PUT0' })).SecretString).toBe('one');
    },
  },
  {
    id: 'remove-own-label',
    says: 'taking a label of its own off touches no other label',
    async check(bench) {
      await bench.create('n', { ClientRequestToken: token('a') });
      const VersionStages = ['PENDING'];
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b'), VersionStages });
      await bench.ask('UpdateSecretVersionStage', swap);
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'PENDING', RemoveFromVersionId: token('b') });
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSPREVIOUS'], [token('b')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'roll-back',
    says: 'the same move with the versions swapped rolls back',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', swap);
      await bench.ask('UpdateSecretVersionStage', { ...swap, RemoveFromVersionId: token('b'), MoveToVersionId: token('a') });
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'], [token('b')]: ['AWSPENDING', 'AWSPREVIOUS'] });
    },
  },
  {
    id: 'move-needs-holder',
    says: 'moving a label without naming its holder is refused and names the holder',
    async check(bench) {
      await pair(bench);
      const { RemoveFromVersionId, ...move } = swap;
      expect(await refusal(bench.ask('UpdateSecretVersionStage', move))).toEqual({
        code: 'InvalidParameterException',
        message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${RemoveFromVersionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
        status: 400,
      });
    },
  },
  {
    id: 'move-compares',
    says: 'of two that move AWSCURRENT from the same version only the first succeeds',
    async check(bench) {
      await pair(bench);
      const VersionStages = ['OTHER'];
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'three', ClientRequestToken: token('c'), VersionStages });
      const results = await Promise.allSettled([
        bench.ask('UpdateSecretVersionStage', swap),
        bench.ask('UpdateSecretVersionStage', { ...swap, MoveToVersionId: token('c') }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(Object.values(await bench.labels('n')).filter((labels) => labels.includes('AWSCURRENT'))).toHaveLength(1);
    },
  },
  {
    id: 'move-repeated',
    says: 'repeating a move that is done is refused, because the holder is another now (switch repeatedLabelMove)',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', swap);
      expect(await refusal(bench.ask('UpdateSecretVersionStage', swap))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'move-repeated-accepted',
    says: 'with the switch repeatedLabelMove it is answered like the first time',
    switches: { repeatedLabelMove: 'accepted' },
    async check(bench) {
      await pair(bench);
      expect(await bench.ask('UpdateSecretVersionStage', swap)).toEqual(await bench.ask('UpdateSecretVersionStage', swap));
    },
  },
  {
    id: 'remove-pending',
    says: 'AWSPENDING alone can be taken off by RemoveFromVersionId alone',
    async check(bench) {
      await pair(bench);
      await bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'AWSPENDING', RemoveFromVersionId: token('b') });
      expect(await bench.labels('n')).toEqual({ [token('a')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'remove-from-wrong',
    says: 'taking a label off a version that does not have it is refused',
    async check(bench) {
      await pair(bench);
      const wrong = { SecretId: 'n', VersionStage: 'AWSPENDING', RemoveFromVersionId: token('a') };
      expect(await refusal(bench.ask('UpdateSecretVersionStage', wrong))).toMatchObject({ code: 'InvalidParameterException' });
      const absent = { SecretId: 'n', VersionStage: 'NEVER', RemoveFromVersionId: token('a') };
      expect(await refusal(bench.ask('UpdateSecretVersionStage', absent))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'remove-current',
    says: 'AWSCURRENT can be moved but not taken off',
    async check(bench) {
      await pair(bench);
      const { MoveToVersionId, ...removal } = swap;
      const { code, message } = await refusal(bench.ask('UpdateSecretVersionStage', removal));
      expect(code).toBe('InvalidParameterException');
      expect(message).toMatch(/^You can only move staging label AWSCURRENT to a different secret version\./);
      expect((await bench.labels('n'))[MoveToVersionId]).toEqual(['AWSPENDING']);
    },
  },
  {
    id: 'move-to-unknown',
    says: 'a label cannot go to a version that does not exist, and a move without any version is refused',
    async check(bench) {
      await pair(bench);
      const lost = { ...swap, MoveToVersionId: token('z') };
      expect(await refusal(bench.ask('UpdateSecretVersionStage', lost))).toMatchObject({ code: 'ResourceNotFoundException' });
      const nothing = { SecretId: 'n', VersionStage: 'X' };
      expect(await refusal(bench.ask('UpdateSecretVersionStage', nothing))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'labels-20',
    says: 'a secret has 20 labels at most; the twenty-first is refused and nothing changes (switches labelLimit, labelLimitCode)',
    async check(bench) {
      await bench.create('n', { ClientRequestToken: token('a') });
      const add = (index: number) =>
        bench.ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: `L${index}`, MoveToVersionId: token('a') });
      for (let index = 1; index < 20; index += 1) await add(index);
      const message = 'You exceeded the maximum number of staging labels allowed on a secret.';
      expect(await refusal(add(20))).toEqual({ code: 'LimitExceededException', message, status: 400 });
      const put = { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b') };
      expect(await refusal(bench.ask('PutSecretValue', put))).toMatchObject({ code: 'LimitExceededException' });
      expect(Object.keys(await bench.labels('n'))).toEqual([token('a')]);
      await bench.ask('PutSecretValue', { ...put, VersionStages: ['L1'] });
    },
  },
  {
    id: 'labels-20-per-version',
    says: 'with the switches the limit counts each version, and has another code',
    switches: { labelLimit: 'per-version', labelLimitCode: 'InvalidParameterException' },
    async check(bench) {
      await bench.create('n', { ClientRequestToken: token('a') });
      const VersionStages = Array.from({ length: 20 }, (_, index) => `B${index}`);
      await bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b'), VersionStages });
      const add = { SecretId: 'n', VersionStage: 'ONE', MoveToVersionId: token('b') };
      expect(await refusal(bench.ask('UpdateSecretVersionStage', add))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'label-per-call',
    says: 'a call names at most 20 labels of 1 to 256 characters',
    async check(bench) {
      await bench.create('n');
      const put = (VersionStages: string[]) => bench.ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', VersionStages });
      for (const labels of [Array.from({ length: 21 }, (_, index) => `L${index}`), [''], ['x'.repeat(257)], []]) {
        expect(await refusal(put(labels))).toMatchObject({ code: 'ValidationException', status: 400 });
      }
      expect((await put(['x'.repeat(256)])).VersionStages).toEqual(['x'.repeat(256)]);
    },
  },
  {
    id: 'order-descending',
    says: 'with the switch answerOrder versions and labels come the other way round: nobody may depend on their order',
    switches: { answerOrder: 'descending' },
    async check(bench) {
      await pair(bench, ['OTHER']);
      const { Versions } = await bench.ask('ListSecretVersionIds', { SecretId: 'n' });
      expect(Versions.map(({ VersionId }: { VersionId: string }) => VersionId)).toEqual([token('b'), token('a')]);
      expect(Versions[0].VersionStages).toEqual(['OTHER', 'AWSPENDING']);
    },
  },
];
