import { createHash } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { createSender } from '../../lib/aws/sender.ts';
import type { Dependent, DependentContext, Holding } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { readJsonField, setJsonField } from '../../lib/engine/stored-value.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  secret: z.string().min(1).describe('The name or ARN of the secret that keeps the copy.'),
  field: z.string().min(1).optional().describe('The field of its JSON that is the copy; without it the whole value is.'),
  region: z.string().min(1).optional().describe('Its region, where it is another one.'),
});
type Target = z.infer<typeof target>;
type Context = DependentContext<Target, unknown>;

const send = createSender(facts.name, SecretsManagerClient, ({ secret }: Target) => secret);

/** On the version that is being put there, so that it can be checked before it is promoted. */
const label = 'keyturn-copy';

export const awsSecretsManagerSecret: Dependent<Target, unknown> = {
  facts,
  target,
  authority: z.strictObject({}),

  async read(context) {
    await assertOurs(context);
    const stored = await readStored(context);
    const value = stored && (context.target.field === undefined ? stored.text : readJsonField(stored.text, context.target.field));
    return {
      readClass: 'value',
      exists: value !== undefined,
      matches: (candidate) => candidate.equals(value),
      ...(stored === undefined ? {} : { version: stored.versionId, lock: stored.versionId }),
    };
  },

  async apply(context, copy, seen: Holding) {
    const { secret, field } = context.target;
    const stored = await readStored(context);
    if (stored?.versionId !== seen.lock) throw changed(secret);
    const text = field === undefined ? copy.value : setJsonField(stored?.text ?? new Secret('{}'), field, copy.value);
    // The id is made of what is written over what: the same write twice is one, and going back and forth is not taken for it.
    const versionId = createHash('sha256')
      .update([copy.secretArn, copy.versionId, secret, field, seen.lock, text.reveal()].join('\0'))
      .digest('hex');
    await send(context, 'PutSecretValue', (client) =>
      client.send(
        new PutSecretValueCommand({
          SecretId: secret,
          ClientRequestToken: versionId,
          SecretString: text.reveal(),
          VersionStages: [label],
        }),
      ),
    );
    try {
      await send(context, 'UpdateSecretVersionStage', (client) =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secret,
            VersionStage: 'AWSCURRENT',
            MoveToVersionId: versionId,
            ...(seen.lock === undefined ? {} : { RemoveFromVersionId: seen.lock }),
          }),
        ),
      );
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'rejected') throw error;
      // Refused is also what a repeated call hears whose first answer was lost.
      if ((await readStored(context))?.versionId !== versionId) throw changed(secret);
    }
    return { version: versionId };
  },

  async inEffect(context, copy) {
    const stored = await readStored(context);
    const value = stored && (context.target.field === undefined ? stored.text : readJsonField(stored.text, context.target.field));
    if (copy.value.equals(value)) return { state: 'in-effect', by: 'reading' };
    return { state: 'not-yet', detail: `${context.target.secret} does not show it yet` };
  },
};

/** A secret that rotates by itself, or a replica, is somebody else's to write. */
async function assertOurs(context: Context): Promise<void> {
  const { secret } = context.target;
  const state = await send(context, 'DescribeSecret', (client) => client.send(new DescribeSecretCommand({ SecretId: secret })));
  const isReplica = state.PrimaryRegion !== undefined && state.ARN?.split(':')[3] !== state.PrimaryRegion;
  const trouble = state.RotationEnabled
    ? 'rotates by itself'
    : isReplica
      ? 'is a replica'
      : state.DeletedDate
        ? 'is marked for deletion'
        : undefined;
  if (trouble === undefined) return;
  throw new RotationError('rejected', `${facts.name}: ${secret} ${trouble}, so nothing is written there`, {
    fix: 'Name the secret itself in the catalog, or turn its own rotation off.',
    definite: true,
  });
}

async function readStored(context: Context): Promise<{ versionId: string; text: Secret } | undefined> {
  const { secret } = context.target;
  try {
    const answer = await send(context, 'GetSecretValue', (client) =>
      client.send(new GetSecretValueCommand({ SecretId: secret })),
    );
    if (answer.VersionId !== undefined && answer.SecretString !== undefined) {
      return { versionId: answer.VersionId, text: new Secret(answer.SecretString) };
    }
  } catch (error) {
    if (error instanceof RotationError && error.code === 'absent') return undefined; // it has no value yet: DescribeSecret has found it
    throw error;
  }
  throw new RotationError('value-shape', `${facts.name}: the value of ${secret} is binary`, {
    fix: 'Store it as text.',
    definite: true,
  });
}

function changed(secret: string): RotationError {
  return new RotationError('conflict', `${facts.name}: ${secret} was changed by somebody else at the same moment`, {
    fix: 'Nothing to do: the next attempt looks at what is there.',
    definite: true,
  });
}
