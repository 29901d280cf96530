import { AwsError, invalidParameter, invalidRequest, notFound, notValid } from '../aws-error.ts';
import { labelEvents, type Report, serviceEvent } from './events.ts';
import { partitionOf } from './partition.ts';
import { digits, lowerCase, pickMany, type Random, upperCase } from './random.ts';
import type { Secret, State } from './state.ts';
import type { Switches } from './switches.ts';

/** What every part of the service works on. Time and chance come from here alone. */
export type Setting = {
  readonly state: State;
  readonly clock: { now(): number };
  readonly random: Random;
  readonly switches: Switches;
  /** Whether Secrets Manager could invoke the function. */
  functionExists(functionArn: string): boolean;
  readonly onEvent?: (report: Report) => void;
};

/** One call of one operation: the setting, and who asks from where. */
export type Call = Setting & {
  readonly operation: string;
  readonly now: number;
  readonly accountId: string;
  readonly region: string;
};

/** The secret that the SecretId means, or the error that AWS gives. Refuses what is marked for deletion or a replica, unless allowed. */
export function find(call: Call, secretId: string, allow: { deleted?: boolean; replica?: boolean } = {}): Secret {
  const secret = lookUp(call, secretId);
  if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
  checkAccount(call, secret);
  if (secret.deletion && !allow.deleted) {
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  }
  if (secret.replicaOf && !allow.replica) {
    throw invalidParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.");
  }
  return secret;
}

/** The same, as old as the switch `readLagSeconds` says. */
export function findToRead(call: Call, secretId: string, allow: { deleted?: boolean } = {}): Secret {
  const { readLagSeconds } = call.switches;
  const secret = find(call, secretId, { ...allow, replica: true });
  const then = readLagSeconds > 0 ? call.state.getAsOf(secret.arn, call.now - readLagSeconds * 1000) : secret;
  if (!then) throw notFound("Secrets Manager can't find the specified secret.");
  return then;
}

/** By name, by full ARN, or by an ARN without its last hyphen and six characters. Undefined if there is none. */
export function lookUp(call: Call, secretId: string): Secret | undefined {
  checkName(secretId.replace(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d+:secret:/, ''));
  const [, , , region, accountId, , ...rest] = secretId.split(':');
  if (!secretId.startsWith('arn:')) return alive(call, call.state.named({ ...call, name: secretId }));
  if (region !== call.region || accountId === undefined) return undefined;
  const exact = call.state.get(secretId);
  if (exact) return alive(call, exact);
  const name = rest.join(':');
  // What ends like a whole ARN is taken for one, even if a secret has that very name.
  if (/-[A-Za-z0-9]{6}$/.test(name)) return undefined;
  return alive(call, call.state.named({ accountId, region, name }));
}

export function checkName(name: string) {
  if (!/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) {
    throw notValid('Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!');
  }
}

/** RotateSecret has a code of its own for this. */
export function checkToken(call: Call, token: string | undefined): string {
  if (token !== undefined) return token;
  const message = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.';
  throw call.operation === 'RotateSecret' ? invalidParameter(message) : invalidRequest(message);
}

/** Makes the change, carries it into the replicas, and tells of the labels that moved. */
export function save(setting: Setting, secret: Secret) {
  const before = setting.state.get(secret.arn);
  const now = setting.clock.now();
  setting.state.set(secret, now);
  for (const replica of secret.replicas ?? []) {
    const copy = setting.state.get(arnIn(secret, replica.region));
    if (replica.status === 'InSync' && copy?.replicaOf) setting.state.set(replicate(secret, copy), now);
  }
  if (setting.onEvent) for (const event of labelEvents(setting, before, secret)) setting.onEvent({ kind: 'event', event });
}

/** A change made now, to be seen in LastChangedDate. */
export function change(call: Call, secret: Secret, changes: Partial<Secret>): Secret {
  const changed = { ...secret, ...changes, changedAt: call.now };
  save(call, changed);
  return changed;
}

/** A fresh ARN: the name, a hyphen, and six characters of chance. */
export const arnOf = (call: Call, name: string) =>
  `arn:${partitionOf(call.region)}:secretsmanager:${call.region}:${call.accountId}:secret:${name}-${pickMany(call.random, upperCase + lowerCase + digits, 6)}`;

export const arnIn = (secret: Secret, region: string) => secret.arn.replace(`:${secret.region}:`, `:${region}:`);

export const idOf = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });

/** The replica with everything that it takes over from its primary secret. */
export function replicate(primary: Secret, replica: Secret): Secret {
  const { description, tags, type, changedAt } = primary;
  const accessed = new Map(replica.versions.map(({ id, accessedOn }) => [id, accessedOn]));
  const versions = primary.versions.map((version) => ({
    ...version,
    kmsKeyId: replica.kmsKeyId,
    accessedOn: accessed.get(version.id),
  }));
  return { ...replica, description, tags, type, changedAt, versions };
}

/** Without the members that have no value: AWS answers only what there is. */
export function present<Fields extends object>(fields: Fields): Fields {
  // A loop, because simulations make millions of these.
  const there = {} as Fields;
  for (const key in fields) if (fields[key] !== undefined) there[key] = fields[key];
  return there;
}

export const seconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000);

/** Forgets the secret if its time is over. */
export function alive(setting: Setting, secret: Secret | undefined): Secret | undefined {
  if (!secret?.deletion) return secret;
  const now = setting.clock.now();
  if (secret.deletion.goneAt > now) return secret;
  setting.state.remove(secret.arn, now);
  setting.onEvent?.({ kind: 'event', event: serviceEvent(setting, secret, { name: 'EndSecretVersionDelete' }) });
  return undefined;
}

// A resource policy lets everybody of another account in: policies are kept, not judged.
function checkAccount(call: Call, secret: Secret) {
  if (secret.accountId === call.accountId) return;
  if (secret.policy === undefined) {
    throw new AwsError(
      'AccessDeniedException',
      `User: arn:${partitionOf(call.region)}:iam::${call.accountId}:root is not authorized to perform: secretsmanager:${call.operation} on resource: ${secret.arn} because no resource-based policy allows the secretsmanager:${call.operation} action`,
    );
  }
  if (secret.kmsKeyId === undefined && /^(Batch)?GetSecretValue$|^PutSecretValue$/.test(call.operation)) {
    throw invalidRequest(
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    );
  }
}
