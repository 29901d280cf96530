import { AwsError, invalidParameter } from '../aws-error.ts';
import { arnOf, type Call, change, find, idOf, lookUp, present } from './call.ts';
import { serviceEvent } from './events.ts';
import type { Input } from './input.ts';
import type { Tag } from './state.ts';

const day = 86_400_000;

export function tagResource(call: Call, { SecretId, Tags }: Input<'TagResource'>) {
  checkTags(Tags);
  const secret = find(call, SecretId);
  const kept = (secret.tags ?? []).filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
  const tags = [...kept, ...Tags];
  checkTagCount(tags);
  change(call, secret, { tags });
  return {};
}

/** A secret whose last tag is taken away shows an empty list from then on, unlike one that never had any. */
export function untagResource(call: Call, { SecretId, TagKeys }: Input<'UntagResource'>) {
  const secret = find(call, SecretId);
  const tags = secret.tags?.filter((tag) => !TagKeys.includes(tag.Key));
  if (tags && tags.length !== secret.tags?.length) change(call, secret, { tags });
  return {};
}

export function checkTags(tags: readonly Tag[]) {
  checkTagCount(tags);
  const keys = tags.map((tag) => tag.Key);
  if (new Set(keys).size < keys.length) throw invalidParameter('Each tag key can be given once.');
  if (keys.some((key) => /^aws:/i.test(key))) throw invalidParameter('Tag keys that begin with aws: are reserved for AWS.');
}

function checkTagCount(tags: readonly Tag[]) {
  if (tags.length > 50) throw invalidParameter('A secret can have 50 tags.');
}

export function getResourcePolicy(call: Call, { SecretId }: Input<'GetResourcePolicy'>) {
  const secret = find(call, SecretId);
  return present({ ...idOf(secret), ResourcePolicy: secret.policy });
}

export function putResourcePolicy(call: Call, { SecretId, ResourcePolicy, BlockPublicPolicy }: Input<'PutResourcePolicy'>) {
  const secret = find(call, SecretId);
  const isPublic = readPolicy(ResourcePolicy);
  if (BlockPublicPolicy && isPublic) throw new AwsError('PublicPolicyException', publicPolicy);
  change(call, secret, { policy: ResourcePolicy });
  return idOf(secret);
}

export function deleteResourcePolicy(call: Call, { SecretId }: Input<'DeleteResourcePolicy'>) {
  const secret = find(call, SecretId);
  change(call, secret, { policy: undefined });
  return idOf(secret);
}

export function validateResourcePolicy(call: Call, { SecretId, ResourcePolicy }: Input<'ValidateResourcePolicy'>) {
  if (SecretId !== undefined) find(call, SecretId);
  const isPublic = readPolicy(ResourcePolicy);
  return {
    PolicyValidationPassed: !isPublic,
    ValidationErrors: isPublic ? [{ CheckName: 'PublicPolicy', ErrorMessage: publicPolicy }] : [],
  };
}

const publicPolicy = 'The resource policy allows broad access to the secret.';

/** Whether it lets anybody in; MalformedPolicyDocumentException if it is no policy at all. */
function readPolicy(text: string): boolean {
  try {
    const { Statement } = JSON.parse(text) as { Statement?: object | object[] };
    const statements = [Statement].flat();
    if (statements.length > 0 && statements.every((statement) => typeof statement === 'object' && statement !== null)) {
      return statements.some((statement) => isOpen(statement as Record<string, unknown>));
    }
  } catch {
    // Falls through: no JSON, or JSON that is no object.
  }
  throw new AwsError('MalformedPolicyDocumentException', 'This resource policy contains invalid Json.');
}

function isOpen({ Effect, Principal, Condition }: Record<string, unknown>): boolean {
  const named = typeof Principal === 'object' && Principal !== null ? Object.values(Principal).flat() : [Principal];
  return Effect === 'Allow' && Condition === undefined && named.includes('*');
}

export function deleteSecret(call: Call, input: Input<'DeleteSecret'>) {
  const { RecoveryWindowInDays: windowDays, ForceDeleteWithoutRecovery: isForced } = input;
  if (windowDays !== undefined && isForced) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (windowDays !== undefined && (windowDays < 7 || windowDays > 30)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  // By force even what is not there is deleted.
  if (isForced && !lookUp(call, input.SecretId)) return deletedUnseen(call, input.SecretId);

  const secret = find(call, input.SecretId, { deleted: isForced });
  if (secret.replicas) {
    const regions = secret.replicas.map((replica) => replica.region).join(',');
    throw invalidParameter(`You can't delete secret ${input.SecretId} that still has replica regions [${regions}]`);
  }
  const scheduledAt = isForced ? call.now : call.now + (windowDays ?? 30) * day;
  const goneAt = isForced ? call.now + call.switches.forceDeleteDelaySeconds * 1000 : scheduledAt;
  call.onEvent?.({ kind: 'event', event: serviceEvent(call, secret, { name: 'StartSecretVersionDelete' }) });
  if (goneAt <= call.now) call.state.remove(secret.arn, call.now);
  else {
    // Whatever rotation was going on is over; its labels stay.
    const rotation = secret.rotation && { ...secret.rotation, run: undefined };
    change(call, secret, { deletion: { requestedAt: call.now, scheduledAt, goneAt }, rotation });
  }
  return { ...idOf(secret), DeletionDate: scheduledAt / 1000 };
}

function deletedUnseen(call: Call, secretId: string) {
  const isArn = secretId.startsWith('arn:');
  return {
    ARN: isArn ? secretId : arnOf(call, secretId),
    Name: isArn
      ? secretId
          .split(':')
          .slice(6)
          .join(':')
          .replace(/-[A-Za-z0-9]{6}$/, '')
      : secretId,
    DeletionDate: call.now / 1000,
  };
}

export function restoreSecret(call: Call, { SecretId }: Input<'RestoreSecret'>) {
  const secret = find(call, SecretId, { deleted: true });
  if (secret.deletion) {
    change(call, secret, { deletion: undefined });
    call.onEvent?.({ kind: 'event', event: serviceEvent(call, secret, { name: 'CancelSecretVersionDelete' }) });
  }
  return idOf(secret);
}
