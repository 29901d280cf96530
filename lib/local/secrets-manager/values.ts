import { AwsError, exists, invalidParameter, invalidRequest, notFound } from '../aws-error.ts';
import {
  alive,
  arnOf,
  type Call,
  change,
  checkName,
  checkToken,
  find,
  findToRead,
  idOf,
  present,
  save,
  seconds,
} from './call.ts';
import { serviceEvent } from './events.ts';
import type { Input } from './input.ts';
import { CURRENT, checkLabelLimit, holderOf, inOrder, move, PENDING, prune, takeOff } from './labels.ts';
import { listMatching } from './listing.ts';
import { checkTags } from './metadata.ts';
import { addReplicas, replicationStatus } from './replication.ts';
import { plannedAgain } from './schedule.ts';
import type { Secret, Value, Version } from './state.ts';

export function createSecret(call: Call, input: Input<'CreateSecret'>) {
  checkName(input.Name);
  const token = checkToken(call, input.ClientRequestToken);
  const value = readValue(input);
  checkTags(input.Tags ?? []);
  const taken = alive(call, call.state.named({ ...call, name: input.Name }));
  if (taken) return createdBefore(taken, token, value);

  const kmsKeyId = customKey(input.KmsKeyId);
  const secret: Secret = {
    arn: arnOf(call, input.Name),
    name: input.Name,
    accountId: call.accountId,
    region: call.region,
    createToken: token,
    createdAt: call.now,
    changedAt: call.now,
    description: input.Description || undefined,
    kmsKeyId,
    type: input.Type || undefined,
    tags: input.Tags?.length ? input.Tags : undefined,
    versions: value ? [{ id: token, createdAt: call.now, labels: [CURRENT], value, kmsKeyId }] : [],
  };
  // Replicas first: were they refused, nothing is created.
  const whole = input.AddReplicaRegions
    ? addReplicas(call, secret, input.AddReplicaRegions, input.ForceOverwriteReplicaSecret)
    : secret;
  save(call, whole);
  return present({ ...idOf(secret), VersionId: value && token, ReplicationStatus: replicationStatus(whole) });
}

function createdBefore(secret: Secret, token: string, value: Value | undefined) {
  if (secret.deletion) {
    throw invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
  }
  const version = secret.versions.find(({ id }) => id === token);
  if (version) {
    if (!isSame(version.value, value)) throw tokenInUse(secret, token);
    return { ...idOf(secret), VersionId: token };
  }
  if (secret.createToken === token && !value) return idOf(secret);
  throw exists(`The operation failed because the secret ${secret.name} already exists.`);
}

export function getSecretValue(call: Call, input: Input<'GetSecretValue'>) {
  const secret = findToRead(call, input.SecretId);
  const version = chosenVersion(call, secret, input);
  markRead(call, secret, version);
  return valueAnswer(call, secret, version);
}

export function batchGetSecretValue(call: Call, input: Input<'BatchGetSecretValue'>) {
  if (Boolean(input.SecretIdList) === Boolean(input.Filters)) {
    throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  }
  if (input.MaxResults !== undefined && !input.Filters) {
    throw invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.");
  }
  const page = input.Filters ? listMatching(call, { MaxResults: 20, ...input }) : undefined;
  const ids = page ? page.secrets.map((secret) => secret.arn) : (input.SecretIdList ?? []);
  const values: ReturnType<typeof valueAnswer>[] = [];
  const errors: { SecretId: string; ErrorCode: string; Message: string }[] = [];
  for (const id of ids) {
    try {
      values.push(getSecretValue(call, { SecretId: id }));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
    }
  }
  return present({ SecretValues: values, Errors: errors, NextToken: page?.nextToken });
}

export function putSecretValue(call: Call, input: Input<'PutSecretValue'>) {
  const token = checkToken(call, input.ClientRequestToken);
  const value = readValue(input);
  if (!value) throw invalidRequest('You must provide either SecretString or SecretBinary.');
  const secret = find(call, input.SecretId);
  const labels = putVersion(call, secret, { token, value, labels: input.VersionStages }).versions.find(
    ({ id }) => id === token,
  )?.labels;
  return present({
    ...idOf(secret),
    VersionId: token,
    VersionStages: labels?.length ? inOrder(labels, call.switches) : undefined,
  });
}

export function updateSecret(call: Call, input: Input<'UpdateSecret'>) {
  const token = checkToken(call, input.ClientRequestToken);
  const value = readValue(input);
  const secret = find(call, input.SecretId);
  const { Description, KmsKeyId, Type } = input;
  const kmsKeyId = KmsKeyId === undefined ? secret.kmsKeyId : customKey(KmsKeyId);
  const described: Secret = {
    ...secret,
    description: Description === undefined ? secret.description : Description || undefined,
    type: Type === undefined ? secret.type : Type || undefined,
    kmsKeyId,
    // A new key encrypts anew what AWS's labels are on.
    versions:
      KmsKeyId === undefined
        ? secret.versions
        : secret.versions.map((version) => (isLabelledByAws(version) ? { ...version, kmsKeyId } : version)),
  };
  if (value) putVersion(call, secret, { token, value, into: described });
  else change(call, described, {});
  return present({ ...idOf(secret), VersionId: value && token });
}

/** The secret with that value in it; the same as before if the version already has it. */
function putVersion(
  call: Call,
  secret: Secret,
  { token, value, labels, into = secret }: { token: string; value: Value; labels?: readonly string[]; into?: Secret },
): Secret {
  const there = secret.versions.find(({ id }) => id === token);
  if (there?.value) {
    if (!isSame(there.value, value)) throw tokenInUse(secret, token);
    return into === secret ? secret : change(call, into, {});
  }
  const run = secret.rotation?.run;
  if (
    call.switches.customLabelsInRotation === 'refused' &&
    run?.versionId === token &&
    labels?.some((label) => label !== PENDING)
  ) {
    throw invalidParameter('A rotation in progress can put its new version under the staging label AWSPENDING only.');
  }
  const isFirst = !secret.versions.some((version) => version.value);
  const plain = labels === undefined;
  const wanted = plain ? [CURRENT] : isFirst && call.switches.firstValue === 'also-current' ? [CURRENT, ...labels] : labels;

  const version: Version = { id: token, createdAt: call.now, labels: there?.labels ?? [], value, kmsKeyId: into.kmsKeyId };
  const added = [...into.versions.filter(({ id }) => id !== token), version];
  const labelled = wanted.reduce((versions, label) => move(versions, label, token), added as readonly Version[]);
  const versions = prune(plain ? takeOff(labelled, PENDING) : labelled, call.now);
  if (versions.length > call.switches.versionQuota) {
    throw new AwsError('LimitExceededException', 'You exceeded the maximum number of versions allowed on a secret.');
  }
  const whole = { ...into, versions };
  checkLabelLimit(whole, call.switches);

  // A value that did not come from the running rotation ends it, and counts as one when the next date is worked out.
  const byHand = wanted.includes(CURRENT) && run?.versionId !== token;
  const abandoned = byHand && plain && run !== undefined;
  if (abandoned) {
    call.onEvent?.({ kind: 'event', event: serviceEvent(call, secret, { name: 'RotationAbandoned', versionId: run.versionId }) });
  }
  const rotation = byHand && whole.rotation ? plannedAgain(call, whole.rotation, call.now) : whole.rotation;
  return change(call, { ...whole, rotation: abandoned && rotation ? { ...rotation, run: undefined } : rotation }, {});
}

function chosenVersion(call: Call, secret: Secret, { VersionId, VersionStage }: Input<'GetSecretValue'>): Version {
  if (VersionId === undefined) {
    const label = VersionStage ?? CURRENT;
    const version = holderOf(secret.versions, label);
    if (!version?.value) throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${label}`);
    return version;
  }
  const version = secret.versions.find(({ id }) => id === VersionId);
  const hidden = version?.labels.length === 0 && call.switches.deprecatedVersions === 'unreadable';
  if (!version || hidden) throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`);
  if (VersionStage !== undefined && !version.labels.includes(VersionStage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  if (!version.value) {
    const missing = VersionStage === undefined ? `VersionId: ${VersionId}` : `staging label: ${VersionStage}`;
    throw notFound(`Secrets Manager can't find the specified secret value for ${missing}`);
  }
  return version;
}

function valueAnswer(call: Call, secret: Secret, version: Version) {
  return present({
    ...idOf(secret),
    VersionId: version.id,
    SecretString: version.value && 'text' in version.value ? version.value.text : undefined,
    SecretBinary: version.value && 'base64' in version.value ? version.value.base64 : undefined,
    VersionStages: version.labels.length > 0 ? inOrder(version.labels, call.switches) : undefined,
    CreatedDate: seconds(version.createdAt),
  });
}

/** The date, without the time, goes on the secret and on the version. It is no change of the secret. */
function markRead(call: Call, { arn }: Secret, { id }: Version) {
  const today = call.now - (call.now % 86_400_000);
  const secret = call.state.get(arn);
  const version = secret?.versions.find((each) => each.id === id);
  if (!secret || !version || (secret.accessedOn === today && version.accessedOn === today)) return;
  const versions = secret.versions.map((each) => (each === version ? { ...each, accessedOn: today } : each));
  save(call, { ...secret, accessedOn: today, versions });
}

function readValue({ SecretString, SecretBinary }: { SecretString?: string; SecretBinary?: string }): Value | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (SecretString !== undefined) return { text: SecretString };
  return SecretBinary === undefined ? undefined : { base64: SecretBinary };
}

const isSame = (a: Value | undefined, b: Value | undefined) => JSON.stringify(a) === JSON.stringify(b);

const tokenInUse = (secret: Secret, token: string) =>
  exists(`You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`);

const isLabelledByAws = (version: Version) => version.labels.some((label) => /^AWS(CURRENT|PENDING|PREVIOUS)$/.test(label));

/** The default key goes without saying. */
const customKey = (kmsKeyId: string | undefined) => (!kmsKeyId || kmsKeyId === 'alias/aws/secretsmanager' ? undefined : kmsKeyId);
