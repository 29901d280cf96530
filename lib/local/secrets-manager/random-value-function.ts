import type { RotationEvent } from './rotation.ts';
import type { SecretsManager } from './service.ts';

export const randomValueFunctionArn = 'arn:aws:lambda:us-east-1:000000000000:function:random-value';

/** A rotation function after AWS's generic template: a random password, no place where it would have to be set. Throws on failure. */
export function rotateToRandomValue(secretsManager: SecretsManager, event: RotationEvent): void {
  const { SecretId, ClientRequestToken: token, Step } = event;
  const [, , , region, accountId] = SecretId.split(':');
  const caller = { region, accountId };

  const { RotationEnabled, VersionIdsToStages = {} } = secretsManager.call('DescribeSecret', { SecretId }, caller);
  if (!RotationEnabled) throw new Error('The secret is not enabled for rotation.');
  const labels = VersionIdsToStages[token];
  if (!labels) throw new Error('The version has no label on the secret.');
  if (labels.includes('AWSCURRENT')) return;
  if (!labels.includes('AWSPENDING')) throw new Error('The version is not AWSPENDING.');

  if (Step === 'createSecret') {
    secretsManager.call('GetSecretValue', { SecretId, VersionStage: 'AWSCURRENT' }, caller);
    if (hasValue(secretsManager, { SecretId, VersionId: token, VersionStage: 'AWSPENDING' }, caller)) return;
    const { RandomPassword: SecretString } = secretsManager.call('GetRandomPassword', { ExcludeCharacters: '/@"\'\\' }, caller);
    const VersionStages = ['AWSPENDING'];
    secretsManager.call('PutSecretValue', { SecretId, ClientRequestToken: token, SecretString, VersionStages }, caller);
  }
  if (Step === 'finishSecret') {
    const current = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT'));
    const from = current === undefined ? {} : { RemoveFromVersionId: current };
    secretsManager.call(
      'UpdateSecretVersionStage',
      { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: token, ...from },
      caller,
    );
  }
}

function hasValue(
  secretsManager: SecretsManager,
  input: { SecretId: string; VersionId: string; VersionStage: string },
  caller: { region?: string; accountId?: string },
): boolean {
  try {
    secretsManager.call('GetSecretValue', input, caller);
    return true;
  } catch {
    return false;
  }
}
