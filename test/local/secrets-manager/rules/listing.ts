import { expect } from 'vitest';
import { type Bench, day, type Rule, refusal, token } from '../bench.ts';

type Named = { Name: string };
const names = (answer: { SecretList: Named[] }) => answer.SecretList.map(({ Name }) => Name);
const find = async ({ ask }: Bench, ...filters: [key: string, ...values: string[]][]) =>
  names(await ask('ListSecrets', { Filters: filters.map(([Key, ...Values]) => ({ Key, Values })) }));

async function describedAs({ ask }: Bench, descriptions: Record<string, string>) {
  for (const [Name, Description] of Object.entries(descriptions)) await ask('CreateSecret', { Name, Description });
}

/** What each filter finds, among these secrets. */
const byDescription = { foo: 'one two', bar: 'one and two', baz: 'one', qux: 'two', none: 'unrelated' };
const bySlash = {
  'testing1/one': 'a secret',
  '/testing2/two': 'an secret',
  'testing3/three': 'asecret',
  '/testing4/four': 'thesecret',
};
const byCase = {
  SecretOne: '',
  SecretTwo: 'DescTwo',
  Thirdsecret: '',
  SecretFTag: '',
  SecretFValue: '',
  none: '',
  'prod/AppBeta/3fa9b1': '',
  prod_AppBeta_3fa9b1: '',
  'uat/COMPANY/x': '',
  'uat/COMPANYthings/x': '',
};

const found: readonly [secrets: Record<string, string>, filters: [string, ...string[]][], expected: string[]][] = [
  [bySlash, [['name', '/']], ['/testing2/two', '/testing4/four']],
  [bySlash, [['name', '!/']], ['testing1/one', 'testing3/three']],
  [bySlash, [['name', 'testing1 one']], []],
  [bySlash, [['name', 'Testing1']], []],
  [bySlash, [['name', 'testing1', 'testing3']], ['testing1/one', 'testing3/three']],
  [bySlash, [['description', 'a']], ['testing1/one', '/testing2/two', 'testing3/three']],
  [bySlash, [['description', '!a']], ['/testing4/four']],
  [bySlash, [['description', '!c']], Object.keys(bySlash)],
  [bySlash, [['description', 'A SECRET']], ['testing1/one', '/testing2/two']],
  [
    bySlash,
    [
      ['description', 'a'],
      ['name', 'secret'],
    ],
    [],
  ],
  [byDescription, [['description', 'one two']], ['foo', 'bar']],
  [byDescription, [['description', 'o t']], ['foo', 'bar']],
  [byDescription, [['description', 't']], ['foo', 'bar', 'qux']],
  [
    byDescription,
    [
      ['description', 'one'],
      ['description', 'two'],
    ],
    ['foo', 'bar'],
  ],
  [byDescription, [['description', '!o']], ['qux', 'none']],
  [byCase, [['all', 'SecretOne']], ['SecretOne']],
  [byCase, [['all', 'secret']], ['SecretOne', 'SecretTwo', 'SecretFTag', 'SecretFValue']],
  [byCase, [['all', 'ret']], []],
  [byCase, [['all', 'SomeSecret']], []],
  [byCase, [['all', 'd']], ['SecretTwo']],
  [byCase, [['all', 'd t']], ['SecretTwo']],
  [byCase, [['all', 't']], ['SecretTwo', 'Thirdsecret', 'SecretFTag']],
  [byCase, [['all', 'Beta']], ['prod/AppBeta/3fa9b1', 'prod_AppBeta_3fa9b1']],
  [byCase, [['all', '3fa9b1']], ['prod/AppBeta/3fa9b1', 'prod_AppBeta_3fa9b1']],
  [byCase, [['all', '+']], []],
  [byCase, [['all', 'company']], ['uat/COMPANY/x']],
  [byCase, [['all', 'things']], []],
  [byCase, [['all', 'Ythings']], ['uat/COMPANYthings/x']],
  [byCase, [['all', 'N']], ['none']],
];

export const listingRules: readonly Rule[] = [
  {
    id: 'list-entry',
    says: 'an entry of ListSecrets calls its map SecretVersionsToStages, and has only the fields with a value',
    async check({ ask, create }) {
      const { ARN, VersionId } = await create('n', { Description: 'told' });
      const { SecretList } = await ask('ListSecrets');
      expect(SecretList).toEqual([
        {
          ARN,
          Name: 'n',
          Description: 'told',
          CreatedDate: expect.any(Date),
          LastChangedDate: expect.any(Date),
          SecretVersionsToStages: { [VersionId]: ['AWSCURRENT'] },
        },
      ]);
    },
  },
  {
    id: 'list-empty',
    says: 'without secrets the list is there and empty',
    check: async ({ ask }) => expect(await ask('ListSecrets')).toEqual({ SecretList: [] }),
  },
  ...found.map(
    ([secrets, filters, expected], index): Rule => ({
      id: `filter-${index}`,
      says: `${JSON.stringify(filters)} finds ${expected.join(', ') || 'nothing'}`,
      async check(bench) {
        await describedAs(bench, secrets);
        expect(await find(bench, ...filters)).toEqual(expected);
      },
    }),
  ),
  {
    id: 'filter-tags',
    says: 'tag-key and tag-value are prefixes with case, ANDed but not of the same tag; all looks into tags too',
    async check(bench) {
      await bench.create('both', { Tags: [{ Key: 'right', Value: 'right' }] });
      await bench.create('apart', {
        Tags: [
          { Key: 'right', Value: 'x' },
          { Key: 'y', Value: 'right' },
        ],
      });
      await bench.create('wrong', { Tags: [{ Key: 'right', Value: 'wrong' }] });
      expect(await find(bench, ['tag-key', 'ri'], ['tag-value', 'ri'])).toEqual(['both', 'apart']);
      expect(await find(bench, ['tag-key', 'Ri'])).toEqual([]);
      expect(await find(bench, ['all', 'WRONG'])).toEqual(['wrong']);
    },
  },
  {
    id: 'filter-limits',
    says: 'ten filters with ten values of plain characters at most; an unknown key is a ValidationException',
    async check({ ask }) {
      const filter = { Key: 'name', Values: ['a'] };
      const wrong = [
        { Filters: Array.from({ length: 11 }, () => filter) },
        { Filters: [{ Key: 'name', Values: Array.from({ length: 11 }, () => 'a') }] },
        { Filters: [{ Key: 'name', Values: ['a*'] }] },
        { Filters: [{ Key: 'size', Values: ['a'] }] },
      ];
      for (const input of wrong) expect(await refusal(ask('ListSecrets', input))).toMatchObject({ code: 'ValidationException' });
      expect(await refusal(ask('ListSecrets', { Filters: [{ Values: ['a'] }] }))).toMatchObject({
        code: 'InvalidParameterException',
        message: 'Invalid filter key',
      });
      expect(await refusal(ask('ListSecrets', { Filters: [{ Key: 'description' }] }))).toMatchObject({
        message: 'Invalid filter values for key: description',
      });
    },
  },
  {
    id: 'sort',
    says: 'secrets are listed by CreatedDate, or as SortBy and SortOrder say',
    async check(bench) {
      const { ask, create, clock } = bench;
      for (const name of ['b', 'c', 'a']) await create(name);
      expect(names(await ask('ListSecrets'))).toEqual(['b', 'c', 'a']);
      expect(names(await ask('ListSecrets', { SortOrder: 'desc' }))).toEqual(['a', 'c', 'b']);
      expect(names(await ask('ListSecrets', { SortBy: 'name' }))).toEqual(['a', 'b', 'c']);
      await ask('UpdateSecret', { SecretId: 'b', Description: 'd' });
      expect(names(await ask('ListSecrets', { SortBy: 'last-changed-date' }))).toEqual(['c', 'a', 'b']);
      clock.move(day);
      await ask('GetSecretValue', { SecretId: 'c' });
      expect(names(await ask('ListSecrets', { SortBy: 'last-accessed-date' })).at(-1)).toBe('c');
    },
  },
  {
    id: 'pages',
    says: 'pages neither lose nor repeat a secret, also when one is deleted between them',
    async check({ ask, create }) {
      for (let index = 0; index < 7; index += 1) await create(`s${index}`);
      const first = await ask('ListSecrets', { MaxResults: 3 });
      await ask('DeleteSecret', { SecretId: 's0' });
      const second = await ask('ListSecrets', { MaxResults: 3, NextToken: first.NextToken });
      const third = await ask('ListSecrets', { MaxResults: 3, NextToken: second.NextToken });
      expect([first, second, third].flatMap(names)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6']);
      expect(third).not.toHaveProperty('NextToken');
    },
  },
  {
    id: 'pages-wrong-token',
    says: 'a NextToken that is not ours is an InvalidNextTokenException; MaxResults is from 1 to 100',
    async check({ ask, create }) {
      await create('n');
      for (const NextToken of ['nonsense', Buffer.from('{"after":1}').toString('base64url')]) {
        expect(await refusal(ask('ListSecrets', { NextToken }))).toMatchObject({ code: 'InvalidNextTokenException' });
        expect(await refusal(ask('ListSecretVersionIds', { SecretId: 'n', NextToken }))).toMatchObject({
          code: 'InvalidNextTokenException',
        });
      }
      for (const MaxResults of [0, 101])
        expect(await refusal(ask('ListSecrets', { MaxResults }))).toMatchObject({ code: 'ValidationException' });
    },
  },
  {
    id: 'pages-versions',
    says: 'ListSecretVersionIds goes in pages too',
    async check({ ask, create }) {
      await create('n', { ClientRequestToken: token('a') });
      for (const id of ['b', 'c', 'd']) {
        await ask('PutSecretValue', { SecretId: 'n', SecretString: id, ClientRequestToken: token(id), VersionStages: [id] });
      }
      const first = await ask('ListSecretVersionIds', { SecretId: 'n', MaxResults: 3 });
      const second = await ask('ListSecretVersionIds', { SecretId: 'n', MaxResults: 3, NextToken: first.NextToken });
      expect([...first.Versions, ...second.Versions].map(({ VersionId }) => VersionId)).toEqual(['a', 'b', 'c', 'd'].map(token));
      expect(Object.keys(second).sort()).toEqual(['ARN', 'Name', 'Versions']);
    },
  },
  {
    id: 'list-deleted',
    says: 'secrets marked for deletion are listed with IncludePlannedDeletion only',
    async check({ ask, create }) {
      await create('kept');
      await create('gone');
      await ask('DeleteSecret', { SecretId: 'gone' });
      expect(names(await ask('ListSecrets'))).toEqual(['kept']);
      const all = await ask('ListSecrets', { IncludePlannedDeletion: true });
      expect(names(all)).toEqual(['kept', 'gone']);
      expect(all.SecretList[1]).toHaveProperty('DeletedDate');
    },
  },
  {
    id: 'list-lag',
    says: 'with the switch listLagSeconds the list is five minutes behind, while DescribeSecret is not',
    switches: { listLagSeconds: 300 },
    async check({ ask, create, clock }) {
      await create('n');
      expect(names(await ask('ListSecrets'))).toEqual([]);
      await ask('DescribeSecret', { SecretId: 'n' });
      clock.move(301_000);
      expect(names(await ask('ListSecrets'))).toEqual(['n']);
      await ask('UpdateSecret', { SecretId: 'n', Description: 'new' });
      await ask('DeleteSecret', { SecretId: 'n', ForceDeleteWithoutRecovery: true });
      expect((await ask('ListSecrets')).SecretList).toMatchObject([{ Name: 'n', SecretVersionsToStages: expect.anything() }]);
      clock.move(301_000);
      expect(names(await ask('ListSecrets'))).toEqual([]);
    },
  },
  {
    id: 'read-lag',
    says: 'with the switch readLagSeconds a read does not see yet what was written just before',
    switches: { readLagSeconds: 2 },
    async check({ ask, create, clock, value }) {
      await create('n');
      expect(await refusal(ask('GetSecretValue', { SecretId: 'n' }))).toMatchObject({ code: 'ResourceNotFoundException' });
      clock.move(2000);
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two' });
      expect(await value('n')).toBe('one');
      clock.move(2000);
      expect(await value('n')).toBe('two');
    },
  },
  {
    id: 'replicate',
    says: 'a replica has the same ARN but for the region, the same versions, and both name the primary region',
    async check({ ask, create, clientFor }) {
      const west = clientFor('us-west-2');
      const { ARN, VersionId } = await create('n');
      const answer = await ask('ReplicateSecretToRegions', { SecretId: 'n', AddReplicaRegions: [{ Region: 'us-west-2' }] });
      expect(answer).toEqual({ ARN, ReplicationStatus: [{ Region: 'us-west-2', Status: 'InSync' }] });
      const replica = await west('DescribeSecret', { SecretId: ARN.replace('us-east-1', 'us-west-2') });
      expect(replica).toMatchObject({
        Name: 'n',
        PrimaryRegion: 'us-east-1',
        VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] },
      });
      expect(await ask('DescribeSecret', { SecretId: 'n' })).toMatchObject({
        PrimaryRegion: 'us-east-1',
        ReplicationStatus: [{ Region: 'us-west-2', Status: 'InSync' }],
      });
    },
  },
  {
    id: 'replicate-values',
    says: 'values and labels of the primary reach the replica; its LastAccessedDate is its own',
    async check({ ask, clientFor }) {
      const west = clientFor('us-west-2');
      const created = await ask('CreateSecret', { Name: 'n', SecretString: 'one', AddReplicaRegions: [{ Region: 'us-west-2' }] });
      expect(created.ReplicationStatus).toEqual([{ Region: 'us-west-2', Status: 'InSync' }]);
      await west('GetSecretValue', { SecretId: 'n' });
      await ask('PutSecretValue', { SecretId: 'n', SecretString: 'two' });
      expect((await west('GetSecretValue', { SecretId: 'n' })).SecretString).toBe('two');
      expect(await west('DescribeSecret', { SecretId: 'n' })).toHaveProperty('LastAccessedDate');
      expect(await ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('LastAccessedDate');
    },
  },
  {
    id: 'replica-read-only',
    says: 'a replica cannot be changed',
    async check({ ask, clientFor }) {
      const west = clientFor('us-west-2');
      await ask('CreateSecret', { Name: 'n', SecretString: 'one', AddReplicaRegions: [{ Region: 'us-west-2' }] });
      for (const [operation, input] of [
        ['PutSecretValue', { SecretString: 'two' }],
        ['UpdateSecret', { Description: 'd' }],
        ['TagResource', { Tags: [] }],
        ['DeleteSecret', {}],
        ['RotateSecret', {}],
        ['CancelRotateSecret', {}],
        ['RestoreSecret', {}],
      ] as const) {
        expect(await refusal(west(operation, { SecretId: 'n', ...input }))).toEqual({
          code: 'InvalidParameterException',
          message: "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
          status: 400,
        });
      }
    },
  },
  {
    id: 'replicate-taken',
    says: 'a name that is taken in the other region makes the replica Failed, unless it is to be overwritten',
    async check({ ask, create, clientFor }) {
      const west = clientFor('us-west-2');
      await create('n');
      await west('CreateSecret', { Name: 'n', SecretString: 'its own' });
      const input = { SecretId: 'n', AddReplicaRegions: [{ Region: 'us-west-2' }] };
      const failed = await ask('ReplicateSecretToRegions', input);
      expect(failed.ReplicationStatus).toMatchObject([
        { Status: 'Failed', StatusMessage: expect.stringContaining('already exists') },
      ]);
      expect((await west('GetSecretValue', { SecretId: 'n' })).SecretString).toBe('its own');
      await ask('ReplicateSecretToRegions', { ...input, ForceOverwriteReplicaSecret: true });
      expect((await west('GetSecretValue', { SecretId: 'n' })).SecretString).toBe('one');
    },
  },
  {
    id: 'replicate-own-region',
    says: 'a secret cannot be replicated to its own region',
    async check({ ask, create }) {
      await create('n');
      const input = { SecretId: 'n', AddReplicaRegions: [{ Region: 'us-east-1' }] };
      const expected = { code: 'InvalidParameterException', message: 'Invalid replica region.', status: 400 };
      expect(await refusal(ask('ReplicateSecretToRegions', input))).toEqual(expected);
      expect(await refusal(ask('CreateSecret', { ...input, Name: 'm' }))).toEqual(expected);
      expect(names(await ask('ListSecrets'))).toEqual(['n']);
    },
  },
  {
    id: 'replica-removed',
    says: 'a secret with replicas cannot be deleted; removing their regions deletes them, twice without an error',
    async check({ ask, clientFor }) {
      const west = clientFor('us-west-2');
      const { ARN } = await ask('CreateSecret', { Name: 'n', SecretString: 'one', AddReplicaRegions: [{ Region: 'us-west-2' }] });
      for (const SecretId of ['n', ARN]) {
        expect(await refusal(ask('DeleteSecret', { SecretId }))).toMatchObject({
          code: 'InvalidParameterException',
          message: `You can't delete secret ${SecretId} that still has replica regions [us-west-2]`,
        });
      }
      const removal = { SecretId: 'n', RemoveReplicaRegions: ['us-west-2'] };
      expect(await ask('RemoveRegionsFromReplication', removal)).toEqual({ ARN });
      expect(await refusal(west('DescribeSecret', { SecretId: 'n' }))).toMatchObject({ code: 'ResourceNotFoundException' });
      await ask('RemoveRegionsFromReplication', removal);
      await ask('DeleteSecret', { SecretId: 'n' });
    },
  },
  {
    id: 'replica-promoted',
    says: 'StopReplicationToReplica, in the region of the replica, makes a secret of its own',
    async check({ ask, value, clientFor }) {
      const west = clientFor('us-west-2');
      const { ARN } = await ask('CreateSecret', { Name: 'n', SecretString: 'one', AddReplicaRegions: [{ Region: 'us-west-2' }] });
      expect(await west('StopReplicationToReplica', { SecretId: 'n' })).toEqual({ ARN: ARN.replace('us-east-1', 'us-west-2') });
      await west('PutSecretValue', { SecretId: 'n', SecretString: 'its own' });
      expect(await value('n')).toBe('one');
      expect(await west('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('PrimaryRegion');
      expect(await ask('DescribeSecret', { SecretId: 'n' })).not.toHaveProperty('ReplicationStatus');
    },
  },
  {
    id: 'filter-primary-region',
    says: 'the filter primary-region finds what is replicated, on either side',
    async check(bench) {
      const west = bench.clientFor('us-west-2');
      await bench.create('alone');
      await bench.create('copied', { AddReplicaRegions: [{ Region: 'us-west-2' }] });
      expect(await find(bench, ['primary-region', 'us-east-1'])).toEqual(['copied']);
      const filters = { Filters: [{ Key: 'primary-region', Values: ['us-east'] }] };
      expect(names(await west('ListSecrets', filters))).toEqual(['copied']);
      expect(await find(bench, ['owning-service', 'rds'])).toEqual([]);
    },
  },
];
