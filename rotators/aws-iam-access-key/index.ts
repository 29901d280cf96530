import {
  type AccessKeyMetadata,
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { nameOf, sortAwsError } from '../../lib/aws/errors.ts';
import type { AwsDoor, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  user: z
    .string()
    .regex(/^[\w+=,.@-]{1,64}$/, 'must be the name of an IAM user, without its path')
    .describe('The IAM user whose key it is.')
    .meta({ principal: true }),
  path: z
    .string()
    .regex(/^\/(?:[\w+=,.@-]+\/)*$/, 'must begin and end with a slash')
    .default('/')
    .describe('The path of the user, where it has one.'),
});
type Scope = z.infer<typeof scope>;

export const awsIamAccessKey: Rotator<Scope, unknown> = {
  facts,
  scope,
  authority: z.strictObject({}),

  async mint({ aws, scope: { user } }) {
    // Once: the SDK would ask again after a lost answer, and nobody could tell the two keys apart.
    const { AccessKey: key } = await named('CreateAccessKey', () =>
      aws(IAMClient, { once: true }).send(new CreateAccessKeyCommand({ UserName: user })),
    );
    if (key?.AccessKeyId === undefined || key.SecretAccessKey === undefined) throw malformed('CreateAccessKey told no key');
    const parts = { accessKeyId: new Secret(key.AccessKeyId) };
    return { credential: { value: new Secret(key.SecretAccessKey), parts }, ref: key.AccessKeyId };
  },

  async verify({ aws, scope }, credential) {
    const as = { accessKeyId: requiredPart(facts, credential, 'accessKeyId'), secretAccessKey: credential.value };
    try {
      const { Arn: arn } = await aws(STSClient, { as }).send(new GetCallerIdentityCommand({}));
      if (arn?.endsWith(`:user${scope.path}${scope.user}`)) return { ok: true };
      return { ok: false, why: 'rejected', detail: 'GetCallerIdentity named somebody else than the user' };
    } catch (error) {
      const name = nameOf(error);
      if (!unknownKey.includes(name)) throw sortAwsError(facts.name, 'GetCallerIdentity', error);
      return { ok: false, why: 'rejected', detail: `GetCallerIdentity answered ${name}` };
    }
  },

  async inspect({ aws, scope }, { ref, credential }) {
    const id = ref ?? credential.parts.accessKeyId?.reveal();
    // Of a key that is gone, the call below is said to be forbidden.
    const found = (await list(aws, scope)).find(({ AccessKeyId }) => AccessKeyId === id);
    if (found?.AccessKeyId === undefined) return {};
    const { AccessKeyLastUsed: use } = await named('GetAccessKeyLastUsed', () =>
      aws(IAMClient).send(new GetAccessKeyLastUsedCommand({ AccessKeyId: found.AccessKeyId })),
    );
    const isUnused = use !== undefined && use.LastUsedDate === undefined && use.ServiceName === 'N/A';
    return {
      ref: found.AccessKeyId,
      ...(found.CreateDate === undefined ? {} : { createdAt: found.CreateDate.getTime() }),
      ...(use?.LastUsedDate === undefined ? {} : { lastUsedAt: use.LastUsedDate.getTime(), lastUsedBy: `${use.ServiceName}` }),
      ...(isUnused ? { lastUsedAt: null } : {}),
    };
  },

  async revoke({ aws, scope: { user } }, { ref }) {
    await named('DeleteAccessKey', () =>
      aws(IAMClient).send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: ref })),
    ).catch(absence);
  },

  // Those that were deactivated too: they hold a place, and may be activated again.
  async find({ aws, scope }) {
    return (await list(aws, scope)).flatMap(({ AccessKeyId: ref, CreateDate: createdAt }) =>
      ref === undefined ? [] : [{ ref, ...(createdAt === undefined ? {} : { createdAt: createdAt.getTime() }) }],
    );
  },
};

/** What is said of a key that is not known (yet, or any more), and of one whose secret is another. */
const unknownKey = ['InvalidClientTokenId', 'SignatureDoesNotMatch'];

function list(aws: AwsDoor, { user }: Scope): Promise<readonly AccessKeyMetadata[]> {
  return readPages(`${facts.name}: the list of access keys`, async (Marker: string | undefined) => {
    const command = new ListAccessKeysCommand({ UserName: user, ...(Marker === undefined ? {} : { Marker }) });
    const answer = await named('ListAccessKeys', () => aws(IAMClient).send(command));
    if (answer.AccessKeyMetadata === undefined) throw malformed('ListAccessKeys told no list');
    if (answer.IsTruncated && answer.Marker === undefined) throw malformed('ListAccessKeys told half a list');
    return { items: answer.AccessKeyMetadata, next: answer.IsTruncated ? answer.Marker : undefined };
  });
}

async function named<Answer>(operation: string, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    throw sortAwsError(facts.name, operation, error);
  }
}

function malformed(what: string): RotationError {
  return new RotationError('malformed', `${facts.name}: ${what}`, {
    fix: 'Look at the keys of the user in the AWS console; the next attempt asks again.',
  });
}
