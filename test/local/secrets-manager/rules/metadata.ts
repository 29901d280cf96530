import { expect } from 'vitest';
import { day, type Rule, refusal, token } from '../bench.ts';

const invalidName = {
  code: 'ValidationException',
  message: 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  status: 400,
};
const marked = {
  code: 'InvalidRequestException',
  message: "You can't perform this operation on the secret because it was marked for deletion.",
  status: 400,
};
const unseen = { code: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret.", status: 400 };
const openPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
});

export const metadataRules: readonly Rule[] = [
  {
    id: 'describe-fresh',
    says: 'DescribeSecret of a fresh secret has five fields: ARN, CreatedDate, LastChangedDate, Name, VersionIdsToStages',
    async check({ ask, create }) {
      const { ARN, VersionId } = await create('n');
      const { CreatedDate, LastChangedDate, ...rest } = await ask('DescribeSecret', { SecretId: 'n' });
      expect([CreatedDate, LastChangedDate].every((date) => date instanceof Date)).toBe(true);
      expect(rest).toEqual({ ARN, Name: 'n', VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } });
    },
  },
  ...['s-c64bdc03', 'Valid/_+=.@-Name', 'Valid/_+=.@-Name-a1b2', 'Valid/_+=.@-Name-a1b2c3-'].map(
    (name): Rule => ({
      id: `lookup-${name}`,
      says: `${name} is found by name, by ARN, and by its ARN without the last seven characters`,
      async check({ ask, create }) {
        const { ARN } = await create(name);
        for (const SecretId of [name, ARN, ARN.slice(0, -7)]) {
          expect((await ask('GetSecretValue', { SecretId })).ARN).toBe(ARN);
        }
      },
    }),
  ),
  ...['Tricky/_+=.@-Name-a1b2c3', 'my-secret'].map(
    (name): Rule => ({
      id: `lookup-${name}`,
      says: `${name} ends in a hyphen and six characters, so it is not found by the short ARN`,
      async check({ ask, create }) {
        const { ARN } = await create(name);
        for (const SecretId of [name, ARN]) expect((await ask('GetSecretValue', { SecretId })).ARN).toBe(ARN);
        expect(await refusal(ask('GetSecretValue', { SecretId: ARN.slice(0, -7) }))).toEqual(unseen);
      },
    }),
  ),
  {
    id: 'lookup-wrong-suffix',
    says: 'an ARN with six other characters at its end finds nothing, nor does one of another region',
    async check({ ask, create }) {
      const { ARN } = await create('n');
      for (const SecretId of [`${ARN.slice(0, -6)}zzzzzz`, ARN.replace('us-east-1', 'eu-west-1')]) {
        expect(await refusal(ask('DescribeSecret', { SecretId }))).toEqual(unseen);
      }
    },
  },
  {
    id: 'partition',
    says: 'the ARNs of China and GovCloud are of their own partitions, and secrets are found by them',
    async check({ clientFor }) {
      for (const [region, partition] of [
        ['cn-north-1', 'aws-cn'],
        ['us-gov-west-1', 'aws-us-gov'],
        ['eu-central-1', 'aws'],
      ] as const) {
        const ask = clientFor(region);
        const { ARN } = await ask('CreateSecret', { Name: 'n', SecretString: 'one' });
        expect(ARN.slice(0, -6)).toBe(`arn:${partition}:secretsmanager:${region}:000000000000:secret:n-`);
        for (const SecretId of [ARN, ARN.slice(0, -7)]) expect((await ask('GetSecretValue', { SecretId })).ARN).toBe(ARN);
      }
    },
  },
  ...['Inv Name', ' Inv Name', ' Inv*Name? ', ' Inv *?!]Name\\-'].map(
    (name): Rule => ({
      id: `name-${name}`,
      says: `"${name}" is an invalid name to every operation`,
      async check({ ask }) {
        const SecretId = name;
        const calls = [
          ask('CreateSecret', { Name: name, SecretString: 'one' }),
          ask('DeleteSecret', { SecretId, ForceDeleteWithoutRecovery: true }),
          ask('DescribeSecret', { SecretId }),
          ask('GetSecretValue', { SecretId }),
          ask('ListSecretVersionIds', { SecretId, IncludeDeprecated: true }),
          ask('PutSecretValue', { SecretId, SecretString: 'one' }),
          ask('TagResource', { SecretId, Tags: [{ Key: 'k', Value: 'v' }] }),
          ask('UntagResource', { SecretId, TagKeys: ['k'] }),
          ask('UpdateSecret', { SecretId, Description: 'd' }),
          ask('ValidateResourcePolicy', { SecretId, ResourcePolicy: openPolicy }),
        ];
        for (const call of calls) expect(await refusal(call)).toEqual(invalidName);
      },
    }),
  ),
  {
    id: 'name-error-shape',
    says: 'the error for an invalid name has no Message member: it is not in the model',
    async check({ raw }) {
      const { status, type, body } = await raw('DescribeSecret', { SecretId: 'Inv Name' });
      expect({ status, type }).toEqual({ status: 400, type: 'application/x-amz-json-1.1' });
      expect(body).toEqual({ __type: 'ValidationException', message: invalidName.message });
    },
  },
  {
    id: 'name-length',
    says: 'a name has at most 512 characters',
    async check({ ask, create }) {
      await create('n'.repeat(512));
      expect(await refusal(ask('CreateSecret', { Name: 'n'.repeat(513) }))).toMatchObject({ code: 'ValidationException' });
    },
  },
  {
    id: 'token-length',
    says: 'a ClientRequestToken has 32 to 64 characters',
    async check({ ask }) {
      for (const ClientRequestToken of ['x'.repeat(31), 'x'.repeat(65)]) {
        expect(await refusal(ask('CreateSecret', { Name: 'n', SecretString: 'one', ClientRequestToken }))).toMatchObject({
          code: 'ValidationException',
          status: 400,
        });
      }
      await ask('CreateSecret', { Name: 'n', SecretString: 'one', ClientRequestToken: 'x'.repeat(64) });
    },
  },
  {
    id: 'input-shapes',
    says: 'missing members, unknown words and wrong types are refused as ValidationException or SerializationException',
    async check({ raw }) {
      expect((await raw('DescribeSecret', {})).body).toEqual({
        __type: 'ValidationException',
        message: "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null",
      });
      expect((await raw('ListSecrets', { SortOrder: 'up' })).body.message).toBe(
        "1 validation error detected: Value 'up' at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set: [asc, desc]",
      );
      const both = await raw('ListSecrets', { MaxResults: 0, SortBy: 'size' });
      expect(both.body.message).toMatch(/^2 validation errors detected: /);
      for (const input of [{ SecretId: 7 }, { SecretId: ['n'] }, { SecretId: { __proto__: null } }]) {
        expect((await raw('DescribeSecret', input)).body.__type).toBe('SerializationException');
      }
    },
  },
  {
    id: 'tags',
    says: 'Tags is absent on a secret that was never tagged, and empty once the last tag is taken away',
    async check({ ask }) {
      await ask('CreateSecret', { Name: 'n' });
      const tags = async () => (await ask('DescribeSecret', { SecretId: 'n' })).Tags;
      const tag = (...pairs: string[]) =>
        ask('TagResource', { SecretId: 'n', Tags: pairs.map((key) => ({ Key: key, Value: `value of ${key}` })) });
      expect(await tags()).toBeUndefined();
      expect(await tag('tag1')).toEqual({});
      await tag('tag2');
      expect(await tags()).toEqual([
        { Key: 'tag1', Value: 'value of tag1' },
        { Key: 'tag2', Value: 'value of tag2' },
      ]);
      expect(await ask('UntagResource', { SecretId: 'n', TagKeys: ['tag1'] })).toEqual({});
      await ask('UntagResource', { SecretId: 'n', TagKeys: ['tag2', 'never there'] });
      expect(await tags()).toEqual([]);
      await tag('tag3', 'tag4');
      await ask('UntagResource', { SecretId: 'n', TagKeys: ['tag3', 'tag4'] });
      expect(await tags()).toEqual([]);
    },
  },
  {
    id: 'tags-overwrite',
    says: 'TagResource overwrites the value of a key that is there',
    async check({ ask, create }) {
      await create('n', { Tags: [{ Key: 'k', Value: 'old' }] });
      await ask('TagResource', { SecretId: 'n', Tags: [{ Key: 'k', Value: 'new' }] });
      expect((await ask('DescribeSecret', { SecretId: 'n' })).Tags).toEqual([{ Key: 'k', Value: 'new' }]);
    },
  },
  {
    id: 'tags-limits',
    says: 'a secret has 50 tags, keys 128 characters, values 256, and none begins with aws:',
    async check({ ask, create }) {
      await create('n');
      const tag = (count: number, { key = 'k', value = 'v' } = {}) =>
        ask('TagResource', {
          SecretId: 'n',
          Tags: Array.from({ length: count }, (_, index) => ({ Key: `${key}${index}`, Value: value })),
        });
      await tag(50);
      expect(await refusal(tag(51))).toMatchObject({ code: 'InvalidParameterException' });
      expect(await refusal(tag(1, { key: 'aws:mine' }))).toMatchObject({ code: 'InvalidParameterException' });
      expect(await refusal(tag(1, { key: 'k'.repeat(128) }))).toMatchObject({ code: 'ValidationException' });
      expect(await refusal(tag(1, { value: 'v'.repeat(257) }))).toMatchObject({ code: 'ValidationException' });
    },
  },
  {
    id: 'delete-marks',
    says: 'DeleteSecret answers ARN, DeletionDate in 30 days and Name; the secret can be described, with DeletedDate, but not used',
    async check({ ask, create, clock }) {
      const { ARN, VersionId } = await create('n');
      const answer = await ask('DeleteSecret', { SecretId: ARN });
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'DeletionDate', 'Name']);
      expect(Math.round((answer.DeletionDate.getTime() - clock.now()) / day)).toBe(30);
      const described = await ask('DescribeSecret', { SecretId: ARN });
      expect(Object.keys(described).sort()).toEqual(
        ['ARN', 'CreatedDate', 'DeletedDate', 'LastChangedDate', 'Name', 'VersionIdsToStages'].sort(),
      );
      const SecretId = ARN;
      const calls = [
        ask('GetSecretValue', { SecretId }),
        ask('PutSecretValue', { SecretId, SecretString: 'two' }),
        ask('UpdateSecret', { SecretId, Description: 'd' }),
        ask('UpdateSecretVersionStage', { SecretId, VersionStage: 'X', MoveToVersionId: VersionId }),
        ask('TagResource', { SecretId, Tags: [{ Key: 'k', Value: 'v' }] }),
        ask('UntagResource', { SecretId, TagKeys: ['k'] }),
        ask('RotateSecret', { SecretId }),
        ask('CancelRotateSecret', { SecretId }),
        ask('PutResourcePolicy', { SecretId, ResourcePolicy: openPolicy }),
        ask('DeleteSecret', { SecretId }),
      ];
      for (const call of calls) expect(await refusal(call)).toEqual(marked);
    },
  },
  {
    id: 'delete-name-taken',
    says: 'the name of a secret marked for deletion cannot be used again',
    async check({ ask, create }) {
      await create('n');
      await ask('DeleteSecret', { SecretId: 'n', RecoveryWindowInDays: 7 });
      expect(await refusal(create('n'))).toEqual({
        code: 'InvalidRequestException',
        message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
        status: 400,
      });
    },
  },
  {
    id: 'delete-restore',
    says: 'RestoreSecret answers ARN and Name, and all is as it was',
    async check({ ask, create, value }) {
      const { ARN } = await create('n');
      await ask('DeleteSecret', { SecretId: 'n' });
      expect(await ask('RestoreSecret', { SecretId: 'n' })).toEqual({ ARN, Name: 'n' });
      expect(await value('n')).toBe('one');
      expect(await ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('DeletedDate');
    },
  },
  {
    id: 'delete-window-over',
    says: 'when the window is over the secret is gone, and its name is free',
    async check({ ask, create, clock }) {
      const { ARN } = await create('n');
      await ask('DeleteSecret', { SecretId: 'n', RecoveryWindowInDays: 7 });
      clock.move(7 * day);
      expect(await refusal(ask('RestoreSecret', { SecretId: 'n' }))).toEqual(unseen);
      expect((await create('n')).ARN).not.toBe(ARN);
    },
  },
  {
    id: 'delete-forced',
    says: 'a forced deletion frees the name at once, also of a secret that is marked already',
    async check({ ask, create }) {
      const { ARN } = await create('n');
      await ask('DeleteSecret', { SecretId: ARN });
      const answer = await ask('DeleteSecret', { SecretId: ARN, ForceDeleteWithoutRecovery: true });
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'DeletionDate', 'Name']);
      expect(await refusal(ask('DescribeSecret', { SecretId: ARN }))).toEqual(unseen);
      const again = await create('n');
      expect(again.ARN).not.toBe(ARN);
      expect(again.ARN.slice(0, -6)).toBe(ARN.slice(0, -6));
    },
  },
  {
    id: 'delete-forced-later',
    says: 'with the switch forceDeleteDelaySeconds it stands as marked for a while',
    switches: { forceDeleteDelaySeconds: 10 },
    async check({ ask, create, clock }) {
      await create('n');
      await ask('DeleteSecret', { SecretId: 'n', ForceDeleteWithoutRecovery: true });
      expect(await refusal(create('n'))).toMatchObject({ code: 'InvalidRequestException' });
      clock.move(10_000);
      await create('n');
    },
  },
  {
    id: 'delete-forced-unknown',
    says: 'a forced deletion of a name that never was succeeds with all three fields',
    async check({ ask }) {
      const answer = await ask('DeleteSecret', { SecretId: 'never', ForceDeleteWithoutRecovery: true });
      expect(answer).toEqual({ ARN: expect.stringContaining(':secret:never-'), Name: 'never', DeletionDate: expect.any(Date) });
      expect(await refusal(ask('DeleteSecret', { SecretId: 'never' }))).toEqual(unseen);
    },
  },
  {
    id: 'delete-window',
    says: 'the recovery window is from 7 to 30 days, and not for forced deletions',
    async check({ ask, create }) {
      await create('n');
      for (const input of [{ RecoveryWindowInDays: 6 }, { RecoveryWindowInDays: 31 }]) {
        expect(await refusal(ask('DeleteSecret', { SecretId: 'n', ...input }))).toMatchObject({
          code: 'InvalidParameterException',
        });
      }
      const both = { SecretId: 'n', RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true };
      expect(await refusal(ask('DeleteSecret', both))).toMatchObject({ code: 'InvalidParameterException' });
    },
  },
  {
    id: 'deleted-date-requested',
    says: 'with the switch deletedDate it is the date of the request',
    switches: { deletedDate: 'requested' },
    async check({ ask, create, clock }) {
      await create('n');
      await ask('DeleteSecret', { SecretId: 'n' });
      const { DeletedDate } = await ask('DescribeSecret', { SecretId: 'n' });
      expect(DeletedDate.getTime()).toBeLessThan(clock.now());
    },
  },
  {
    id: 'policy',
    says: 'a resource policy is answered as it was put, is absent before, and gone after its deletion',
    async check({ ask, create }) {
      const { ARN } = await create('n');
      const id = { ARN, Name: 'n' };
      expect(await ask('GetResourcePolicy', { SecretId: 'n' })).toEqual(id);
      expect(await ask('PutResourcePolicy', { SecretId: 'n', ResourcePolicy: openPolicy })).toEqual(id);
      expect(await ask('GetResourcePolicy', { SecretId: 'n' })).toEqual({ ...id, ResourcePolicy: openPolicy });
      expect(await ask('DeleteResourcePolicy', { SecretId: 'n' })).toEqual(id);
      expect(await ask('GetResourcePolicy', { SecretId: 'n' })).toEqual(id);
    },
  },
  {
    id: 'policy-refused',
    says: 'a policy that is no JSON is malformed, an open one is refused under BlockPublicPolicy, and 20,480 characters are the limit',
    async check({ ask, create }) {
      await create('n');
      const put = (ResourcePolicy: string, more = {}) => ask('PutResourcePolicy', { SecretId: 'n', ResourcePolicy, ...more });
      expect(await refusal(put('{'))).toMatchObject({ code: 'MalformedPolicyDocumentException' });
      expect(await refusal(put(openPolicy, { BlockPublicPolicy: true }))).toMatchObject({ code: 'PublicPolicyException' });
      expect(await refusal(put(openPolicy.padEnd(20_481)))).toMatchObject({ code: 'ValidationException' });
      await put(openPolicy.padEnd(20_480));
      await put(openPolicy.replace('"*"', '{"AWS":"arn:aws:iam::111111111111:root"}'), { BlockPublicPolicy: true });
    },
  },
  {
    id: 'policy-validate',
    says: 'ValidateResourcePolicy tells whether a policy is open to everybody',
    async check({ ask }) {
      const narrow = openPolicy.replace('"*"', '{"AWS":"arn:aws:iam::111111111111:root"}');
      expect(await ask('ValidateResourcePolicy', { ResourcePolicy: narrow })).toEqual({
        PolicyValidationPassed: true,
        ValidationErrors: [],
      });
      const open = await ask('ValidateResourcePolicy', { ResourcePolicy: openPolicy });
      expect(open.PolicyValidationPassed).toBe(false);
      expect(open.ValidationErrors).toHaveLength(1);
    },
  },
  {
    id: 'other-account',
    says: 'another account needs a resource policy, cannot read or put values under the default key, and lists nothing of ours',
    async check({ ask, create, clientFor }) {
      const other = clientFor('us-east-1', '222222222222');
      const { ARN } = await create('n');
      expect(await refusal(other('DescribeSecret', { SecretId: ARN }))).toMatchObject({ code: 'AccessDeniedException' });
      await ask('PutResourcePolicy', { SecretId: ARN, ResourcePolicy: openPolicy });
      expect((await other('DescribeSecret', { SecretId: ARN })).ARN).toBe(ARN);
      for (const call of [
        other('GetSecretValue', { SecretId: ARN }),
        other('PutSecretValue', { SecretId: ARN, SecretString: 'two' }),
      ]) {
        expect(await refusal(call)).toEqual({
          code: 'InvalidRequestException',
          message:
            "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
          status: 400,
        });
      }
      await other('TagResource', { SecretId: ARN, Tags: [{ Key: 'k', Value: 'v' }] });
      expect((await ask('DescribeSecret', { SecretId: ARN })).Tags).toEqual([{ Key: 'k', Value: 'v' }]);
      expect((await other('ListSecretVersionIds', { SecretId: ARN })).Versions).toHaveLength(1);
      expect((await other('ListSecrets')).SecretList).toEqual([]);
      expect(await refusal(other('DescribeSecret', { SecretId: 'n' }))).toEqual(unseen);
    },
  },
  {
    id: 'other-account-own-key',
    says: 'under a key of the customer another account can do it all',
    async check({ ask, create, clientFor }) {
      const other = clientFor('us-east-1', '222222222222');
      const { ARN } = await create('n', { KmsKeyId: 'arn:aws:kms:us-east-1:000000000000:key/k' });
      await ask('PutResourcePolicy', { SecretId: ARN, ResourcePolicy: openPolicy });
      await other('PutSecretValue', { SecretId: ARN, SecretString: 'two', ClientRequestToken: token('b') });
      expect((await other('GetSecretValue', { SecretId: ARN })).SecretString).toBe('two');
      await other('DeleteSecret', { SecretId: ARN, RecoveryWindowInDays: 7 });
      expect(await ask('DescribeSecret', { SecretId: ARN })).toHaveProperty('DeletedDate');
      await other('RestoreSecret', { SecretId: ARN });
    },
  },
  {
    id: 'regions-apart',
    says: 'each region of the signature is a world of its own',
    async check({ create, clientFor }) {
      await create('n');
      const elsewhere = clientFor('eu-west-1');
      expect(await refusal(elsewhere('DescribeSecret', { SecretId: 'n' }))).toEqual(unseen);
      expect((await elsewhere('CreateSecret', { Name: 'n' })).ARN).toContain(':eu-west-1:');
    },
  },
];
