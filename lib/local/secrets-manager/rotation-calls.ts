import { AwsError, invalidParameter, invalidRequest, notFound } from '../aws-error.ts';
import { type Call, change, checkToken, find, idOf, present } from './call.ts';
import type { Input } from './input.ts';
import { CURRENT, checkLabelLimit, holderOf, move, PENDING, pendingElsewhere, takeOff } from './labels.ts';
import { plannedAgain, readSchedule } from './schedule.ts';
import type { Rotation, Secret, Version } from './state.ts';

/** Starts a rotation, or the test of one; the driver does it. Nothing is stored if anything is refused. */
export function rotateSecret(call: Call, input: Input<'RotateSecret'>) {
  const token = checkToken(call, input.ClientRequestToken);
  checkRules(input.RotationRules);
  const secret = find(call, input.SecretId);
  const former = secret.rotation;
  const functionArn = input.RotationLambdaARN || former?.functionArn;
  if (!functionArn) throw invalidRequest('No Lambda rotation function ARN is associated with this secret.');
  if (!call.functionExists(functionArn)) {
    throw new AwsError(
      'AccessDeniedException',
      'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    );
  }
  const answer = { ...idOf(secret), VersionId: token };
  const isRepeated = former?.run?.versionId === token || holderOf(secret.versions, CURRENT)?.id === token;
  if (isRepeated && call.switches.repeatedRotateToken === 'accepted') return answer;
  if (isRepeated || pendingElsewhere(secret.versions) || former?.run?.active) {
    throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
  }
  if (secret.versions.some(({ id, value }) => id === token && value)) {
    throw invalidParameter(
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }

  const isTest = input.RotateImmediately === false;
  const rotation = configured(call, former, { ...input, functionArn, isTest });
  const current = holderOf(secret.versions, CURRENT);
  // The id is announced before it has a value; the test of a configuration gets a copy of the current one.
  const announced: Version = {
    id: token,
    createdAt: call.now,
    labels: [],
    kmsKeyId: secret.kmsKeyId,
    value: isTest ? current?.value : undefined,
  };
  const versions = move([...secret.versions.filter(({ id }) => id !== token), announced], PENDING, token);
  const changed = { ...secret, versions };
  checkLabelLimit(changed, call.switches);
  const { retryCount } = call.switches;
  change(call, changed, {
    rotation: {
      ...rotation,
      run: {
        kind: isTest ? 'test' : 'rotate',
        versionId: token,
        attempt: 1,
        done: 0,
        active: false,
        dueAt: call.now,
        retriesLeft: retryCount,
      },
    },
  });
  return answer;
}

function configured(
  call: Call,
  former: Rotation | undefined,
  input: Input<'RotateSecret'> & { functionArn: string; isTest: boolean },
): Rotation {
  const { functionArn, RotationRules, ExternalSecretRotationMetadata, ExternalSecretRotationRoleArn } = input;
  const isSet = RotationRules !== undefined && Object.keys(RotationRules).length > 0;
  const rules = isSet ? RotationRules : former?.rules;
  const isFirstTest = input.isTest && !former;
  const stays = input.isTest && isSet && call.switches.oldScheduleStillFires && rules && readSchedule(rules).kind !== 'cron';
  const rotation: Rotation = {
    ...former,
    enabled: !isFirstTest || call.switches.rotationEnabledDuringFirstTest,
    functionArn,
    rules,
    rulesSetAt: isSet ? call.now : (former?.rulesSetAt ?? call.now),
    external:
      ExternalSecretRotationMetadata || ExternalSecretRotationRoleArn
        ? { metadata: ExternalSecretRotationMetadata, roleArn: ExternalSecretRotationRoleArn }
        : former?.external,
    leftover: stays ? former?.next : undefined,
  };
  return isSet || !former?.next ? plannedAgain(call, rotation, call.now) : rotation;
}

function checkRules(rules: Input<'RotateSecret'>['RotationRules']) {
  if (!rules || Object.keys(rules).length === 0) return;
  if (rules.AutomaticallyAfterDays !== undefined && rules.ScheduleExpression !== undefined) {
    throw invalidParameter('RotationRules can hold AutomaticallyAfterDays or ScheduleExpression, but not both.');
  }
  readSchedule(rules);
}

/** Turns the schedule off and ends what runs. Labels stay as they are, and may block the next rotation. */
export function cancelRotateSecret(call: Call, { SecretId }: Input<'CancelRotateSecret'>) {
  const secret = find(call, SecretId);
  const partial = pendingElsewhere(secret.versions);
  if (secret.rotation) {
    const nothingDue = { run: undefined, next: undefined, nextRotationAt: undefined, leftover: undefined };
    change(call, secret, { rotation: { ...secret.rotation, ...nothingDue, enabled: false } });
  }
  return present({ ...idOf(secret), VersionId: partial?.id });
}

/** Moves, adds or takes off one label. RemoveFromVersionId has to name the present holder: of two movers one loses. */
export function updateSecretVersionStage(call: Call, input: Input<'UpdateSecretVersionStage'>) {
  const { VersionStage: label, RemoveFromVersionId: fromId, MoveToVersionId: toId } = input;
  const secret = find(call, input.SecretId);
  if (fromId === undefined && toId === undefined) {
    throw invalidParameter('You must specify MoveToVersionId, RemoveFromVersionId, or both.');
  }
  const holder = holderOf(secret.versions, label);
  const target = toId === undefined ? undefined : targetOf(call, secret, toId);
  const isThere = target !== undefined && holder === target;
  if (isThere && (fromId === undefined || fromId === toId || call.switches.repeatedLabelMove === 'accepted')) return idOf(secret);
  if (holder && fromId === undefined) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (fromId !== undefined && holder?.id !== fromId) {
    throw invalidParameter(
      `Staging label ${label} isn't currently attached to version ${fromId}, which RemoveFromVersionId references.`,
    );
  }
  if (!target && label === CURRENT) {
    throw invalidParameter(
      'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
    );
  }
  const versions = target ? move(secret.versions, label, target.id) : takeOff(secret.versions, label);
  const changed = { ...secret, versions };
  if (!holder) checkLabelLimit(changed, call.switches);
  change(call, changed, {});
  return idOf(secret);
}

function targetOf(call: Call, secret: Secret, id: string): Version {
  const version = secret.versions.find((each) => each.id === id);
  if (!version || (!version.value && call.switches.moveToVersionWithoutValue === 'refused')) {
    throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${id}`);
  }
  return version;
}
