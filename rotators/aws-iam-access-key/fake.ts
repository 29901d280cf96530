import * as z from 'zod';
import { AwsError } from '../../lib/local/aws-error.ts';
import { type FakeToken, type FakeWorld, isTaken, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import type { AwsCaller } from '../../lib/testing/in-process.ts';
import { facts } from './facts.ts';

const inputs = {
  CreateAccessKey: z.strictObject({ UserName: z.string() }),
  ListAccessKeys: z.strictObject({ UserName: z.string(), Marker: z.string().optional(), MaxItems: z.int().optional() }),
  DeleteAccessKey: z.strictObject({ UserName: z.string(), AccessKeyId: z.string() }),
  GetAccessKeyLastUsed: z.strictObject({ AccessKeyId: z.string() }),
  GetCallerIdentity: z.strictObject({}),
};

interface Key extends FakeToken {
  readonly parts: { readonly accessKeyId: string };
}

/** IAM and STS for one user: two keys and no third, pages of one, no names, and changes that are seen only after a while. */
export const fake = ((world: FakeWorld) => {
  const user = 'ci-bot';
  const arn = `arn:aws:iam::000000000000:user/build/${user}`;

  const self = {
    // Nobody calls this: the SDK's clients below are all that is asked.
    api: 'https://iam.amazonaws.com',
    handle: () => ({ status: 404 }),
    scope: { user, path: '/build/' },
    authority: {},
    state: { tokens: [] as readonly Key[] },
    aws: { IAMClient: iam, STSClient: sts },

    makeByHand: () => make(),
    accepts: (value: string) => self.state.tokens.some((key) => key.value === value && works(key)),
  };

  const works = (key: Key) => isTaken(key, world.now(), facts);
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change({ ref }: Key, changes: Partial<Key>): void {
    self.state = { tokens: self.state.tokens.map((key) => (key.ref === ref ? { ...key, ...changes } : key)) };
  }

  function make(): Key {
    const ref = `AKIA${world.random(16).toUpperCase()}`;
    const key = { ref, value: `canary-${world.random(33)}`, parts: { accessKeyId: ref }, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, key] };
    return key;
  }

  function iam(operation: string, input: object): object {
    switch (operation) {
      case 'CreateAccessKey':
        assertUser(inputs.CreateAccessKey.parse(input).UserName);
        if (live().length >= facts.slots.live)
          throw new AwsError('LimitExceededException', 'Cannot exceed quota for AccessKeysPerUser: 2', 409);
        return createdKey(make());
      case 'ListAccessKeys':
        return listed(inputs.ListAccessKeys.parse(input));
      case 'DeleteAccessKey': {
        const { UserName, AccessKeyId } = inputs.DeleteAccessKey.parse(input);
        assertUser(UserName);
        const key = live().find(({ ref }) => ref === AccessKeyId);
        if (key === undefined) throw new AwsError('NoSuchEntityException', 'The Access Key cannot be found.', 404);
        change(key, { revokedAt: world.now() });
        return {};
      }
      case 'GetAccessKeyLastUsed': {
        const { AccessKeyId } = inputs.GetAccessKeyLastUsed.parse(input);
        const key = live().find(({ ref }) => ref === AccessKeyId);
        if (key === undefined) throw new AwsError('AccessDenied', 'User is not authorized to perform this', 403);
        return { UserName: user, AccessKeyLastUsed: lastUse(key) };
      }
      default:
        throw new AwsError('InvalidAction', `Could not find operation ${operation}`);
    }
  }

  function sts(operation: string, input: object, caller?: AwsCaller): object {
    if (operation !== 'GetCallerIdentity') throw new AwsError('InvalidAction', `Could not find operation ${operation}`);
    inputs.GetCallerIdentity.parse(input);
    const key = self.state.tokens.find(({ ref }) => ref === caller?.accessKeyId);
    if (key === undefined || !works(key)) throw new AwsError('InvalidClientTokenId', 'The security token is invalid.', 403);
    if (key.value !== caller?.secretAccessKey) throw new AwsError('SignatureDoesNotMatch', 'The signature does not match.', 403);
    const isNoted = key.lastUsedAt !== undefined && world.now() < key.lastUsedAt + facts.lastUsed.granularityMinutes * 60_000;
    if (!isNoted) change(key, { lastUsedAt: world.now() });
    return { UserId: 'AIDACANARYUSER', Account: '000000000000', Arn: arn };
  }

  function listed({ UserName, Marker }: z.infer<typeof inputs.ListAccessKeys>): object {
    assertUser(UserName);
    const keys = live();
    const at = Marker === undefined ? 0 : Number(Marker);
    const more = at + 1 < keys.length ? { IsTruncated: true, Marker: String(at + 1) } : { IsTruncated: false };
    const shown = keys.slice(at, at + 1).map(({ ref, createdAt }) => ({ ...described(ref), CreateDate: new Date(createdAt) }));
    return { AccessKeyMetadata: shown, ...more };
  }

  function createdKey({ ref, value, createdAt }: Key): object {
    return { AccessKey: { ...described(ref), SecretAccessKey: value, CreateDate: new Date(createdAt) } };
  }

  function described(ref: string) {
    return { UserName: user, AccessKeyId: ref, Status: 'Active' };
  }

  function assertUser(name: string): void {
    if (name !== user) throw new AwsError('NoSuchEntityException', `The user with name ${name} cannot be found.`, 404);
  }

  return self;
}) satisfies RotatorFakeFactory;

function lastUse({ lastUsedAt }: Key): object {
  if (lastUsedAt === undefined) return { ServiceName: 'N/A', Region: 'N/A' };
  return { LastUsedDate: new Date(lastUsedAt), ServiceName: 'sts', Region: 'us-east-1' };
}
