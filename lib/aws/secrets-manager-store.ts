import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { RotationError } from '../engine/errors.ts';
import type { Clock, SecretState, Store, StoredVersion } from '../engine/ports.ts';
import { Secret } from '../engine/secret.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { isThrottled, nameOf, statusOf } from './errors.ts';

/** What the store needs of a client. */
export type Sender = Pick<SecretsManagerClient, 'send'>;

export function openSecretsManagerStore(configuration: ClientConfiguration, clock: Clock): Store {
  const client = new SecretsManagerClient(clientOptions(configuration));
  return createSecretsManagerStore(
    { client, once: new SecretsManagerClient(clientOptions({ ...configuration, maxAttempts: 1 })) },
    clock,
  );
}

/**
 * The engine's store on Secrets Manager. Foreign errors end here: their class is looked at, their text never leaves. `once` must not try
 * again by itself: after a time-out the SDK would send a put again, and a refusal of the second would hide that the first was taken.
 */
export function createSecretsManagerStore({ client, once }: { client: Sender; once: Sender }, clock: Clock): Store {
  return {
    async describe(secretId) {
      const answer = await client.send(new DescribeSecretCommand({ SecretId: secretId })).catch((error) => {
        if (nameOf(error) === 'ResourceNotFoundException') throw gone(secretId, 'there is no such secret');
        throw refusal(error, 'DescribeSecret', secretId);
      });
      if (answer.DeletedDate !== undefined) throw gone(secretId, 'the secret is marked for deletion');
      return toState(answer.ARN ?? secretId, answer);
    },

    async *list() {
      for (let NextToken: string | undefined; ; ) {
        const page = await client
          .send(new ListSecretsCommand({ MaxResults: 100, ...(NextToken === undefined ? {} : { NextToken }) }))
          .catch((error) => {
            throw refusal(error, 'ListSecrets', 'this account');
          });
        for (const entry of page.SecretList ?? []) {
          if (entry.ARN === undefined || entry.Name === undefined || entry.DeletedDate !== undefined) continue;
          yield { name: entry.Name, ...toState(entry.ARN, { ...entry, VersionIdsToStages: entry.SecretVersionsToStages }) };
        }
        NextToken = page.NextToken;
        if (NextToken === undefined) return;
      }
    },

    async read(secretId, which) {
      const selector = 'label' in which ? { VersionStage: which.label } : { VersionId: which.versionId };
      try {
        const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId, ...selector }));
        return toVersion(secretId, answer);
      } catch (error) {
        if (error instanceof RotationError) throw error;
        // Said alike of a secret, a label and a version that is not there; who needs the difference asks DescribeSecret.
        if (nameOf(error) === 'ResourceNotFoundException') return undefined;
        throw refusal(error, 'GetSecretValue', secretId);
      }
    },

    async put(secretId, { versionId, text, labels, rotationToken }) {
      const command = new PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: versionId,
        SecretString: text.reveal(),
        VersionStages: [...labels],
        ...(rotationToken === undefined ? {} : { RotationToken: rotationToken.reveal() }),
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          await once.send(command);
          return 'stored';
        } catch (error) {
          if (nameOf(error) === 'ResourceExistsException') return 'taken';
          if (!isThrottled(error) || attempt === 3) throw refusal(error, 'PutSecretValue', secretId);
          await clock.sleep(500 * 2 ** attempt); // throttled is certainly not stored
        }
      }
    },

    async moveLabel(secretId, label, { from, to }) {
      try {
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secretId,
            VersionStage: label,
            ...(to === undefined ? {} : { MoveToVersionId: to }),
            ...(from === undefined ? {} : { RemoveFromVersionId: from }),
          }),
        );
        return 'moved';
      } catch (error) {
        if (['InvalidParameterException', 'InvalidRequestException', 'ResourceNotFoundException'].includes(nameOf(error)))
          return 'lost';
        throw refusal(error, 'UpdateSecretVersionStage', secretId);
      }
    },

    async startRotation(secretId, versionId, functionArn) {
      try {
        // Not tried again by the SDK: its second try would meet the rotation that its first one began.
        const named = functionArn === undefined ? {} : { RotationLambdaARN: functionArn };
        await once.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: versionId, ...named }));
        return 'started';
      } catch (error) {
        if (nameOf(error) === 'InvalidRequestException') return 'refused';
        throw refusal(error, 'RotateSecret', secretId);
      }
    },
  };
}

/** What DescribeSecret and ListSecrets tell alike. */
function toState(
  arn: string,
  told: {
    VersionIdsToStages?: Record<string, string[]> | undefined;
    RotationEnabled?: boolean | undefined;
    RotationLambdaARN?: string | undefined;
    CreatedDate?: Date | undefined;
    LastRotatedDate?: Date | undefined;
    NextRotationDate?: Date | undefined;
  },
): SecretState {
  return {
    arn,
    versions: new Map(Object.entries(told.VersionIdsToStages ?? {})),
    rotationEnabled: told.RotationEnabled,
    rotationFunctionArn: told.RotationLambdaARN,
    createdAt: told.CreatedDate?.getTime(),
    rotatedAt: told.LastRotatedDate?.getTime(),
    nextRotationAt: told.NextRotationDate?.getTime(),
  };
}

function toVersion(
  secretId: string,
  answer: { VersionId?: string; VersionStages?: string[]; SecretString?: string; CreatedDate?: Date },
): StoredVersion {
  if (answer.SecretString === undefined || answer.VersionId === undefined) {
    throw new RotationError('value-shape', `secrets manager: the value of ${secretId} is binary, and Keyturn keeps text`, {
      fix: 'Store the value as text (SecretString).',
      definite: true,
    });
  }
  return {
    versionId: answer.VersionId,
    labels: answer.VersionStages ?? [],
    text: new Secret(answer.SecretString),
    createdAt: answer.CreatedDate?.getTime() ?? 0,
  };
}

function refusal(error: unknown, operation: string, secretId: string): RotationError {
  const name = nameOf(error);
  const status = statusOf(error);
  const said = `secrets manager: ${operation} of ${secretId} ${name === '' ? 'got no answer' : `answered ${name}`}`;
  if (isThrottled(error)) return new RotationError('limited', said, { fix: 'Nothing to do: it is tried again.', definite: true });
  if (status !== undefined && status >= 400 && status < 500) {
    return new RotationError('store-refused', said, {
      fix: "Check the function's role, the secret's resource policy and its KMS key, and the account's quotas.",
      status,
      definite: true,
    });
  }
  const isWrite = operation === 'PutSecretValue';
  return new RotationError(isWrite ? 'uncertain' : 'store', said, {
    fix: 'Nothing to do: the next attempt looks at what is stored.',
  });
}

function gone(secretId: string, why: string): RotationError {
  return new RotationError('not-ours', `secrets manager: ${secretId}: ${why}`, {
    fix: 'Restore or create the secret, or take the token out of the catalog.',
    definite: true,
  });
}
