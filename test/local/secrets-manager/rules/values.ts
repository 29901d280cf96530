import { expect } from 'vitest';
import { day, type Rule, refusal, token } from '../bench.ts';

const absent = { code: 'ResourceNotFoundException', status: 400 };

export const valueRules: readonly Rule[] = [
  {
    id: 'create-answer',
    says: 'CreateSecret answers ARN, Name and the VersionId, and the ARN ends in six characters of chance',
    async check({ ask }) {
      const answer = await ask('CreateSecret', {
        Name: 'n',
        SecretString: 'one',
        Description: 'told',
        ClientRequestToken: token('a'),
      });
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'Name', 'VersionId']);
      expect(answer.ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:n-[A-Za-z0-9]{6}$/);
      expect(answer).toMatchObject({ Name: 'n', VersionId: token('a') });
    },
  },
  {
    id: 'create-empty',
    says: 'a secret without a value has no VersionId in the answer and no versions in its description',
    async check({ ask }) {
      const answer = await ask('CreateSecret', { Name: 'n', Description: '' });
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'Name']);
      expect(Object.keys(await ask('DescribeSecret', { SecretId: 'n' })).sort()).toEqual([
        'ARN',
        'CreatedDate',
        'LastChangedDate',
        'Name',
      ]);
      expect((await ask('ListSecretVersionIds', { SecretId: 'n' })).Versions).toEqual([]);
    },
  },
  {
    id: 'create-twice-same-token',
    says: 'CreateSecret again with the same token and value answers as the first time',
    async check({ ask }) {
      const input = { Name: 'n', SecretString: 'one', ClientRequestToken: token('a') };
      expect(await ask('CreateSecret', input)).toEqual(await ask('CreateSecret', input));
    },
  },
  {
    id: 'create-twice-other-value',
    says: 'CreateSecret again with the same token and another value is refused, naming token and ARN',
    async check({ ask, create }) {
      const { ARN } = await create('n', { ClientRequestToken: token('a') });
      expect(await refusal(ask('CreateSecret', { Name: 'n', SecretString: 'two', ClientRequestToken: token('a') }))).toEqual({
        code: 'ResourceExistsException',
        message: `You can't use ClientRequestToken ${token('a')} because that value is already in use for a version of secret ${ARN}.`,
        status: 400,
      });
    },
  },
  {
    id: 'create-twice-other-token',
    says: 'CreateSecret again with another token is refused, even with the same value',
    async check({ create }) {
      await create('n');
      expect(await refusal(create('n'))).toEqual({
        code: 'ResourceExistsException',
        message: 'The operation failed because the secret n already exists.',
        status: 400,
      });
    },
  },
  {
    id: 'get-answer',
    says: 'GetSecretValue answers ARN, CreatedDate, Name, SecretString, VersionId and VersionStages, and nothing else',
    async check({ ask, create }) {
      const { ARN, VersionId } = await create('n');
      const { CreatedDate, ...answer } = await ask('GetSecretValue', { SecretId: 'n' });
      expect(CreatedDate).toBeInstanceOf(Date);
      expect(answer).toEqual({ ARN, Name: 'n', SecretString: 'one', VersionId, VersionStages: ['AWSCURRENT'] });
    },
  },
  {
    id: 'binary',
    says: 'a binary value comes back as bytes through the SDK, through Put and Update too, and never beside SecretString',
    async check({ ask }) {
      await ask('CreateSecret', { Name: 'n', SecretBinary: Buffer.from('initial') });
      const read = async () => {
        const answer = await ask('GetSecretValue', { SecretId: 'n' });
        expect(answer).not.toHaveProperty('SecretString');
        return Buffer.from(answer.SecretBinary);
      };
      expect((await read()).toString()).toBe('initial');
      await ask('PutSecretValue', { SecretId: 'n', SecretBinary: Buffer.from([0, 1, 2, 255]) });
      expect([...(await read())]).toEqual([0, 1, 2, 255]);
      await ask('UpdateSecret', { SecretId: 'n', SecretBinary: Buffer.from([254, 253]) });
      expect([...(await read())]).toEqual([254, 253]);
    },
  },
  {
    id: 'binary-wire',
    says: 'on the wire a binary value is base64, and dates are seconds with fractions',
    async check({ raw }) {
      await raw('CreateSecret', { Name: 'n', SecretBinary: 'Zm9vdGVzdA==', ClientRequestToken: token('a') });
      const { body } = await raw('GetSecretValue', { SecretId: 'n' });
      expect(body.SecretBinary).toBe('Zm9vdGVzdA==');
      expect(body.CreatedDate).toBeCloseTo(Date.UTC(2026, 0, 5, 10) / 1000, 1);
      expect(body.CreatedDate % 1).not.toBe(0);
    },
  },
  ...(
    [
      ['no such secret', {}, { SecretId: 'x' }, "Secrets Manager can't find the specified secret."],
      [
        'no such label',
        { SecretString: 'one' },
        { SecretId: 'n', VersionStage: 'AWSPREVIOUS' },
        "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
      ],
      ['no value', {}, { SecretId: 'n' }, "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"],
      [
        'no pending value',
        {},
        { SecretId: 'n', VersionStage: 'AWSPENDING' },
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
      ],
      [
        'no such version',
        {},
        { SecretId: 'n', VersionId: token('z') },
        `Secrets Manager can't find the specified secret value for VersionId: ${token('z')}`,
      ],
    ] as const
  ).map(
    ([why, content, input, message]): Rule => ({
      id: `get-${why.replaceAll(' ', '-')}`,
      says: `GetSecretValue with ${why}: ResourceNotFoundException and its text`,
      async check({ ask }) {
        await ask('CreateSecret', { Name: 'n', ...content });
        expect(await refusal(ask('GetSecretValue', input))).toEqual({ ...absent, message });
      },
    }),
  ),
  {
    id: 'get-id-and-label-disagree',
    says: 'GetSecretValue with a version and a label that is not on it is an InvalidRequestException',
    async check({ ask, create }) {
      const { VersionId } = await create('n');
      expect(await refusal(ask('GetSecretValue', { SecretId: 'n', VersionId, VersionStage: 'AWSPREVIOUS' }))).toEqual({
        code: 'InvalidRequestException',
        message: 'You provided a VersionStage that is not associated to the provided VersionId.',
        status: 400,
      });
    },
  },
  {
    id: 'versions-not-found-secret',
    says: 'ListSecretVersionIds of an unknown secret is the same ResourceNotFoundException',
    async check({ ask }) {
      const message = "Secrets Manager can't find the specified secret.";
      expect(await refusal(ask('ListSecretVersionIds', { SecretId: 'x' }))).toEqual({ ...absent, message });
    },
  },
  {
    id: 'put-plain',
    says: 'PutSecretValue without labels takes AWSCURRENT, leaves AWSPREVIOUS on the old one, and answers the four fields',
    async check({ ask, create, labels }) {
      const { ARN, VersionId } = await create('n');
      const put = await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b') });
      expect(put).toEqual({ ARN, Name: 'n', VersionId: token('b'), VersionStages: ['AWSCURRENT'] });
      expect(await labels('n')).toEqual({ [VersionId]: ['AWSPREVIOUS'], [token('b')]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'put-labels',
    says: 'PutSecretValue with labels of its own leaves AWSCURRENT where it is',
    async check({ ask, create, value }) {
      await create('n');
      const put = await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', VersionStages: ['SAMPLE1', 'SAMPLE0'] });
      expect(put.VersionStages.sort()).toEqual(['SAMPLE0', 'SAMPLE1']);
      expect(await value('n')).toBe('one');
    },
  },
  {
    id: 'put-labels-move',
    says: 'labels that PutSecretValue names move from wherever they are; those it does not name stay',
    async check({ ask, create, labels }) {
      const { VersionId } = await create('n');
      const put = (id: string, VersionStages: string[]) =>
        ask('PutSecretValue', { SecretId: 'n', SecretString: id, ClientRequestToken: token(id), VersionStages });
      await put('b', ['one', 'two', 'three']);
      await put('c', ['one', 'two', 'four']);
      expect(await labels('n')).toEqual({
        [VersionId]: ['AWSCURRENT'],
        [token('b')]: ['three'],
        [token('c')]: expect.arrayContaining(['four', 'one', 'two']),
      });
    },
  },
  {
    id: 'put-labels-move-all',
    says: 'a version that loses all its labels is out of the description and of the plain list of versions',
    async check({ ask, create, labels }) {
      const { VersionId } = await create('n');
      for (const id of ['b', 'c']) {
        await ask('PutSecretValue', {
          SecretId: 'n',
          SecretString: id,
          ClientRequestToken: token(id),
          VersionStages: ['one', 'two'],
        });
      }
      expect(Object.keys(await labels('n')).sort()).toEqual([VersionId, token('c')].sort());
      const { Versions } = await ask('ListSecretVersionIds', { SecretId: 'n' });
      expect(Versions).toHaveLength(2);
    },
  },
  {
    id: 'put-current-and-own',
    says: 'PutSecretValue with AWSCURRENT and a label of its own moves AWSPREVIOUS too',
    async check({ ask, create, labels }) {
      const { VersionId } = await create('n');
      const VersionStages = ['AWSCURRENT', 'PUT0'];
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b'), VersionStages });
      expect(await labels('n')).toEqual({ [VersionId]: ['AWSPREVIOUS'], [token('b')]: ['AWSCURRENT', 'PUT0'] });
    },
  },
  {
    id: 'put-same-again',
    says: 'PutSecretValue with the same token and value changes nothing and answers the labels that the version has now',
    async check({ ask, create, labels }) {
      const { VersionId } = await create('n', { ClientRequestToken: token('a') });
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two', ClientRequestToken: token('b') });
      const before = await ask('DescribeSecret', { SecretId: 'n' });
      const again = { SecretId: 'n', SecretString: 'one', ClientRequestToken: token('a'), VersionStages: ['AWSPENDING'] };
      expect((await ask('PutSecretValue', again)).VersionStages).toEqual(['AWSPREVIOUS']);
      expect((await labels('n'))[VersionId]).toEqual(['AWSPREVIOUS']);
      expect(await ask('DescribeSecret', { SecretId: 'n' })).toEqual(before);
    },
  },
  ...(['PutSecretValue', 'UpdateSecret'] as const).map(
    (operation): Rule => ({
      id: `${operation}-other-value`,
      says: `${operation} with the token of a version that has another value is a ResourceExistsException`,
      async check({ ask, create }) {
        const { ARN } = await create('n', { ClientRequestToken: token('a') });
        expect(await refusal(ask(operation, { SecretId: ARN, SecretString: 'two', ClientRequestToken: token('a') }))).toEqual({
          code: 'ResourceExistsException',
          message: `You can't use ClientRequestToken ${token('a')} because that value is already in use for a version of secret ${ARN}.`,
          status: 400,
        });
      },
    }),
  ),
  {
    id: 'update-same-again',
    says: 'UpdateSecret with the same token and value answers the VersionId and is no error',
    async check({ ask, create }) {
      await create('n', { ClientRequestToken: token('a') });
      const answer = await ask('UpdateSecret', { SecretId: 'n', SecretString: 'one', ClientRequestToken: token('a') });
      expect(answer.VersionId).toBe(token('a'));
    },
  },
  {
    id: 'update-no-value',
    says: 'UpdateSecret without a value makes no version and answers no VersionId',
    async check({ ask, create, labels }) {
      const { ARN, VersionId } = await create('n');
      expect(await ask('UpdateSecret', { SecretId: 'n', Description: 'told' })).toEqual({ ARN, Name: 'n' });
      expect(await ask('UpdateSecret', { SecretId: 'n' })).toEqual({ ARN, Name: 'n' });
      expect(await labels('n')).toEqual({ [VersionId]: ['AWSCURRENT'] });
      expect((await ask('DescribeSecret', { SecretId: 'n' })).Description).toBe('told');
    },
  },
  {
    id: 'update-value',
    says: 'UpdateSecret with a value makes a version that is current, and changes the description with it',
    async check({ ask, create, labels }) {
      const { ARN, VersionId } = await create('n');
      const input = { SecretId: ARN, SecretString: 'two', Description: 'd1', ClientRequestToken: token('b') };
      expect(await ask('UpdateSecret', input)).toEqual({ ARN, Name: 'n', VersionId: token('b') });
      expect(await labels('n')).toEqual({ [VersionId]: ['AWSPREVIOUS'], [token('b')]: ['AWSCURRENT'] });
      expect((await ask('DescribeSecret', { SecretId: 'n' })).Description).toBe('d1');
    },
  },
  {
    id: 'update-changes-date',
    says: 'UpdateSecret moves LastChangedDate on, also when the value is the one it had',
    async check({ ask, create }) {
      await create('n');
      const changed = async () => (await ask('DescribeSecret', { SecretId: 'n' })).LastChangedDate.getTime();
      const first = await changed();
      await ask('GetSecretValue', { SecretId: 'n' });
      expect(await changed()).toBe(first);
      await ask('UpdateSecret', { SecretId: 'n', SecretString: 'two' });
      const second = await changed();
      expect(second).toBeGreaterThan(first);
      await ask('UpdateSecret', { SecretId: 'n', SecretString: 'two' });
      expect(await changed()).toBeGreaterThan(second);
    },
  },
  {
    id: 'first-put',
    says: 'the first value of an empty secret is AWSCURRENT, without an AWSPREVIOUS',
    async check({ ask, labels }) {
      await ask('CreateSecret', { Name: 'n' });
      const put = await ask('PutSecretValue', { SecretId: 'n', SecretString: 'one' });
      expect(put.VersionStages).toEqual(['AWSCURRENT']);
      expect(await labels('n')).toEqual({ [put.VersionId]: ['AWSCURRENT'] });
    },
  },
  {
    id: 'first-put-labels',
    says: 'the first value of an empty secret is AWSCURRENT beside the labels that were asked for (switch firstValue)',
    async check({ ask }) {
      await ask('CreateSecret', { Name: 'n' });
      const put = await ask('PutSecretValue', { SecretId: 'n', SecretString: 'one', VersionStages: ['AWSPENDING'] });
      expect(put.VersionStages).toEqual(['AWSCURRENT', 'AWSPENDING']);
    },
  },
  {
    id: 'first-put-as-asked',
    says: 'with the switch firstValue the first value gets only the labels that were asked for',
    switches: { firstValue: 'as-asked' },
    async check({ ask }) {
      await ask('CreateSecret', { Name: 'n' });
      const put = await ask('PutSecretValue', { SecretId: 'n', SecretString: 'one', VersionStages: ['AWSPENDING'] });
      expect(put.VersionStages).toEqual(['AWSPENDING']);
      const move = { SecretId: 'n', VersionStage: 'AWSCURRENT', MoveToVersionId: put.VersionId };
      await ask('UpdateSecretVersionStage', move);
      expect((await ask('GetSecretValue', { SecretId: 'n' })).SecretString).toBe('one');
    },
  },
  {
    id: 'put-both',
    says: 'SecretString and SecretBinary together are an InvalidParameterException',
    async check({ ask, create }) {
      await create('n');
      const both = { SecretString: 'two', SecretBinary: Buffer.from('two') };
      expect(await refusal(ask('PutSecretValue', { SecretId: 'n', ...both }))).toMatchObject({
        code: 'InvalidParameterException',
        status: 400,
      });
    },
  },
  {
    id: 'put-neither',
    says: 'PutSecretValue without a value is an InvalidRequestException, before the secret is looked for',
    async check({ ask, create }) {
      await create('n');
      for (const SecretId of ['n', 'never']) {
        expect(await refusal(ask('PutSecretValue', { SecretId }))).toEqual({
          code: 'InvalidRequestException',
          message: 'You must provide either SecretString or SecretBinary.',
          status: 400,
        });
      }
    },
  },
  ...(
    [
      ['CreateSecret', 'InvalidRequestException'],
      ['UpdateSecret', 'InvalidRequestException'],
      ['PutSecretValue', 'InvalidRequestException'],
      ['RotateSecret', 'InvalidParameterException'],
    ] as const
  ).map(
    ([operation, code]): Rule => ({
      id: `${operation}-no-token`,
      says: `${operation} by plain HTTP without a ClientRequestToken is an ${code}, before anything else is looked at`,
      async check({ raw }) {
        const name = operation === 'CreateSecret' ? { Name: 'n' } : { SecretId: 'n' };
        const { status, body } = await raw(operation, { ...name, SecretString: 'one', Description: 'x' });
        expect({ status, body }).toEqual({
          status: 400,
          body: { __type: code, Message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.' },
        });
      },
    }),
  ),
  {
    id: 'value-64-kib',
    says: 'a value may have 65,536 bytes of UTF-8 or of binary, and not one more; the refusal does not show it',
    async check({ ask }) {
      const longest = `${'é'.repeat(32_767)}ab`;
      await ask('CreateSecret', { Name: 'text', SecretString: longest });
      await ask('CreateSecret', { Name: 'bytes', SecretBinary: Buffer.alloc(65_536, 7) });
      for (const input of [{ SecretString: `${longest}c` }, { SecretBinary: Buffer.alloc(65_537, 7) }]) {
        const { code, message } = await refusal(ask('PutSecretValue', { SecretId: 'text', ...input }));
        expect(code).toBe('ValidationException');
        expect(message).toMatch(
          /^1 validation error detected: Value at 'secret(String|Binary)' failed .* less than or equal to 65536$/,
        );
      }
    },
  },
  {
    id: 'deprecated',
    says: 'after two more values the first version is deprecated: listed with IncludeDeprecated only, then without VersionStages',
    async check({ ask, create }) {
      const { VersionId } = await create('n');
      for (const value of ['two', 'three']) await ask('PutSecretValue', { SecretId: 'n', SecretString: value });
      const plain = await ask('ListSecretVersionIds', { SecretId: 'n' });
      expect(plain.Versions.map((version: { VersionStages: string[] }) => version.VersionStages)).toEqual([
        ['AWSPREVIOUS'],
        ['AWSCURRENT'],
      ]);
      const all = await ask('ListSecretVersionIds', { SecretId: 'n', IncludeDeprecated: true });
      const [dead] = all.Versions;
      expect(all.Versions).toHaveLength(3);
      expect(Object.keys(dead).sort()).toEqual(['CreatedDate', 'KmsKeyIds', 'VersionId']);
      expect(dead.VersionId).toBe(VersionId);
    },
  },
  {
    id: 'deprecated-readable',
    says: 'a deprecated version can be read by its id, without VersionStages in the answer (switch deprecatedVersions)',
    async check({ ask, create }) {
      const { VersionId } = await create('n');
      for (const value of ['two', 'three']) await ask('PutSecretValue', { SecretId: 'n', SecretString: value });
      const answer = await ask('GetSecretValue', { SecretId: 'n', VersionId });
      expect(answer.SecretString).toBe('one');
      expect(answer).not.toHaveProperty('VersionStages');
    },
  },
  {
    id: 'deprecated-unreadable',
    says: 'with the switch deprecatedVersions such a version is not found',
    switches: { deprecatedVersions: 'unreadable' },
    async check({ ask, create }) {
      const { VersionId } = await create('n');
      for (const value of ['two', 'three']) await ask('PutSecretValue', { SecretId: 'n', SecretString: value });
      expect(await refusal(ask('GetSecretValue', { SecretId: 'n', VersionId }))).toMatchObject(absent);
    },
  },
  {
    id: 'versions-kept',
    says: 'versions beyond 100 are deleted once they are deprecated and a day old; labelled ones stay for ever',
    async check({ ask, create, clock, secretsManager }) {
      const { ARN, VersionId } = await create('n');
      await ask('UpdateSecretVersionStage', { SecretId: 'n', VersionStage: 'KEEP', MoveToVersionId: VersionId });
      const put = (index: number) =>
        secretsManager.call('PutSecretValue', {
          SecretId: ARN,
          ClientRequestToken: `${token('v')}${index}`,
          SecretString: String(index),
        });
      for (let index = 0; index < 120; index += 1) put(index);
      const all = () => secretsManager.setting.state.get(ARN)?.versions ?? [];
      expect(all()).toHaveLength(121);

      clock.move(day);
      put(120);

      expect(all()).toHaveLength(100);
      expect(all().map(({ id }) => id)).toContain(VersionId);
    },
  },
  {
    id: 'versions-quota',
    says: 'too many versions within a day are a LimitExceededException (switch versionQuota)',
    switches: { versionQuota: 103 },
    async check({ create, secretsManager }) {
      const { ARN } = await create('n');
      const put = (index: number) =>
        secretsManager.call('PutSecretValue', { SecretId: ARN, ClientRequestToken: `${token('v')}${index}`, SecretString: 'x' });
      for (let index = 0; index < 102; index += 1) put(index);
      expect(() => put(102)).toThrow(expect.objectContaining({ code: 'LimitExceededException' }));
    },
  },
  {
    id: 'accessed-date',
    says: 'LastAccessedDate is a date without a time, on the secret and on the version, absent until the first read',
    async check({ ask, create, clock }) {
      const { VersionId } = await create('n');
      expect(await ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('LastAccessedDate');
      const midnight = new Date(Date.UTC(2026, 0, 5));
      await ask('GetSecretValue', { SecretId: 'n' });
      await ask('GetSecretValue', { SecretId: 'n', VersionId });
      expect((await ask('DescribeSecret', { SecretId: 'n' })).LastAccessedDate).toEqual(midnight);
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two' });
      const { Versions } = await ask('ListSecretVersionIds', { SecretId: 'n' });
      expect(Versions.map((version: { LastAccessedDate?: Date }) => version.LastAccessedDate)).toEqual([midnight, undefined]);
      clock.move(day);
      await ask('GetSecretValue', { SecretId: 'n' });
      expect((await ask('DescribeSecret', { SecretId: 'n' })).LastAccessedDate).toEqual(new Date(midnight.getTime() + day));
    },
  },
  {
    id: 'batch-list',
    says: 'BatchGetSecretValue by list answers what there is, and what there is not under Errors',
    async check({ ask, create }) {
      const { ARN } = await create('n');
      await create('gone');
      await ask('DeleteSecret', { SecretId: 'gone' });
      const answer = await ask('BatchGetSecretValue', { SecretIdList: [ARN, 'missing', 'gone'] });
      expect(answer.SecretValues).toMatchObject([{ ARN, Name: 'n', SecretString: 'one', VersionStages: ['AWSCURRENT'] }]);
      expect(answer.Errors).toEqual([
        {
          SecretId: 'missing',
          ErrorCode: 'ResourceNotFoundException',
          Message: "Secrets Manager can't find the specified secret.",
        },
        {
          SecretId: 'gone',
          ErrorCode: 'InvalidRequestException',
          Message: "You can't perform this operation on the secret because it was marked for deletion.",
        },
      ]);
    },
  },
  {
    id: 'batch-filter',
    says: 'BatchGetSecretValue by filter goes in pages of at most 20',
    async check({ ask, create }) {
      for (let index = 0; index < 25; index += 1) await create(`app/${index}`);
      await create('other');
      const input = { Filters: [{ Key: 'name', Values: ['app/'] }] };
      const first = await ask('BatchGetSecretValue', input);
      const second = await ask('BatchGetSecretValue', { ...input, NextToken: first.NextToken });
      expect([first.SecretValues.length, second.SecretValues.length, second.NextToken]).toEqual([20, 5, undefined]);
    },
  },
  {
    id: 'batch-either',
    says: 'BatchGetSecretValue wants a list or filters, not both, and MaxResults with filters only',
    async check({ ask }) {
      const filters = { Filters: [{ Key: 'name', Values: ['a'] }] };
      for (const input of [{}, { SecretIdList: ['a'], ...filters }, { SecretIdList: ['a'], MaxResults: 3 }]) {
        expect(await refusal(ask('BatchGetSecretValue', input))).toMatchObject({ code: 'InvalidParameterException' });
      }
    },
  },
  {
    id: 'key-shown',
    says: 'KmsKeyId is shown for a key of the customer only; versions say DefaultEncryptionKey for the default one',
    async check({ ask, create }) {
      await create('default', { KmsKeyId: 'alias/aws/secretsmanager' });
      expect(await ask('DescribeSecret', { SecretId: 'default' })).not.toHaveProperty('KmsKeyId');
      expect((await ask('ListSecretVersionIds', { SecretId: 'default' })).Versions[0].KmsKeyIds).toEqual([
        'DefaultEncryptionKey',
      ]);
      await ask('UpdateSecret', { SecretId: 'default', KmsKeyId: 'alias/mine' });
      expect((await ask('DescribeSecret', { SecretId: 'default' })).KmsKeyId).toBe('alias/mine');
      expect((await ask('ListSecretVersionIds', { SecretId: 'default' })).Versions[0].KmsKeyIds).toEqual(['alias/mine']);
    },
  },
  {
    id: 'password-default',
    says: 'GetRandomPassword answers 32 characters with one of each type',
    async check({ ask }) {
      const { RandomPassword } = await ask('GetRandomPassword');
      expect(RandomPassword).toHaveLength(32);
      for (const type of [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(RandomPassword).toMatch(type);
      expect(RandomPassword).not.toContain(' ');
    },
  },
  {
    id: 'password-choices',
    says: 'GetRandomPassword keeps to the length, the types and the characters asked for',
    async check({ ask }) {
      const long = await ask('GetRandomPassword', { PasswordLength: 120, ExcludeCharacters: 'xyzDje@?!.' });
      expect(long.RandomPassword).toMatch(/^[^xyzDje@?!.]{120}$/);
      const plain = { ExcludePunctuation: true, ExcludeUppercase: true, ExcludeNumbers: true };
      expect((await ask('GetRandomPassword', plain)).RandomPassword).toMatch(/^[a-z]{32}$/);
      expect((await ask('GetRandomPassword', { ...plain, ExcludeLowercase: true, IncludeSpace: true })).RandomPassword).toMatch(
        /^ {32}$/,
      );
    },
  },
  {
    id: 'password-too-short',
    says: 'a password shorter than its required types is an InvalidParameterException; above 4096 a ValidationException',
    async check({ ask }) {
      expect(await refusal(ask('GetRandomPassword', { PasswordLength: 3 }))).toMatchObject({
        code: 'InvalidParameterException',
        message: 'Password length is too short based on the required types.',
      });
      expect(await refusal(ask('GetRandomPassword', { PasswordLength: 4097 }))).toMatchObject({ code: 'ValidationException' });
    },
  },
];
