import { AwsError } from '../aws-error.ts';
import { type Call, lookUp, type Setting } from './call.ts';
import { callEvent, type Report } from './events.ts';
import { type Input, type OperationName, readInput, shapes } from './input.ts';
import { describeSecret, listSecrets, listSecretVersionIds } from './listing.ts';
import {
  deleteResourcePolicy,
  deleteSecret,
  getResourcePolicy,
  putResourcePolicy,
  restoreSecret,
  tagResource,
  untagResource,
  validateResourcePolicy,
} from './metadata.ts';
import type { Random } from './random.ts';
import { getRandomPassword } from './random-password.ts';
import { removeRegionsFromReplication, replicateSecretToRegions, stopReplicationToReplica } from './replication.ts';
import { cancelRotateSecret, rotateSecret, updateSecretVersionStage } from './rotation-calls.ts';
import { createState, type Secret, type Snapshot } from './state.ts';
import { defaultSwitches, type Switches } from './switches.ts';
import { batchGetSecretValue, createSecret, getSecretValue, putSecretValue, updateSecret } from './values.ts';

const operations = {
  BatchGetSecretValue: batchGetSecretValue,
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetResourcePolicy: getResourcePolicy,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutResourcePolicy: putResourcePolicy,
  PutSecretValue: putSecretValue,
  RemoveRegionsFromReplication: removeRegionsFromReplication,
  ReplicateSecretToRegions: replicateSecretToRegions,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  StopReplicationToReplica: stopReplicationToReplica,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
  ValidateResourcePolicy: validateResourcePolicy,
} satisfies { [Name in OperationName]: (call: Call, input: Input<Name>) => object };

type Answer<Name extends OperationName> = ReturnType<(typeof operations)[Name]>;

/** Where a call comes from. Regions and accounts are worlds of their own, as in AWS. */
type Caller = { readonly accountId?: string; readonly region?: string };

export type SecretsManager = {
  /**
   * One call, done at once: the answer as it goes over the wire (dates as seconds, binary as base64, members without a value left out),
   * or an AwsError. A refused call changes nothing. Like plain HTTP, it makes up no ClientRequestToken.
   */
  call<Name extends OperationName>(operation: Name, input: Input<Name>, caller?: Caller): Answer<Name>;
  call(operation: string, input: unknown, caller?: Caller): object;
  /** The ARN that this SecretId means to this caller. */
  resolve(secretId: string, caller?: Caller): string | undefined;
  /** The whole state, as cheap as one copied map; a snapshot can be restored any number of times. */
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /** The same for equal states. Tells nothing of the values. */
  fingerprint(options?: { dates?: boolean }): string;
  /** For the rotation driver and the store. */
  readonly setting: Setting;
};

/** Secrets Manager as a state machine: no network, no clock and no chance but those given. */
export function createSecretsManager(options: {
  clock: { now(): number };
  random: Random;
  accountId?: string;
  region?: string;
  switches?: Partial<Switches>;
  /** Whether Secrets Manager could invoke this function. @default it can invoke none */
  functionExists?: (functionArn: string) => boolean;
  /** Told of events as they happen; must not throw. */
  onEvent?: (report: Report) => void;
}): SecretsManager {
  const { clock, random, accountId = '000000000000', region = 'us-east-1', functionExists = () => false, onEvent } = options;
  const switches = { ...defaultSwitches, ...options.switches };
  const state = createState(Math.max(switches.listLagSeconds, switches.readLagSeconds));
  const setting: Setting = { state, clock, random, switches, functionExists, ...(onEvent ? { onEvent } : {}) };
  const callOf = (operation: string, caller: Caller): Call => ({
    ...setting,
    operation,
    now: clock.now(),
    accountId: caller.accountId ?? accountId,
    region: caller.region ?? region,
  });

  function call(operation: string, raw: unknown, caller: Caller = {}): object {
    if (!Object.hasOwn(shapes, operation)) throw new AwsError('UnknownOperationException', '');
    const name = operation as OperationName;
    const input = readInput(name, raw);
    const asked = callOf(operation, caller);
    const run = operations[name] as (call: Call, input: object) => object;
    if (!onEvent || isReading.test(operation)) return run(asked, input);

    const before = 'SecretId' in input ? resolved(asked, String(input.SecretId)) : undefined;
    const answer = run(asked, input);
    const secret = before ?? ('ARN' in answer ? state.get(String(answer.ARN)) : undefined);
    if (secret) onEvent({ kind: 'event', event: callEvent(setting, secret, operation, input) });
    return answer;
  }

  return {
    call: call as SecretsManager['call'],
    resolve: (secretId, caller = {}) => resolved(callOf('DescribeSecret', caller), secretId)?.arn,
    snapshot: state.snapshot,
    restore: state.restore,
    fingerprint: state.fingerprint,
    setting,
  };
}

function resolved(call: Call, secretId: string): Secret | undefined {
  try {
    return lookUp(call, secretId);
  } catch {
    // A name that cannot be: the operation itself says so.
    return undefined;
  }
}

const isReading = /^(Get|List|Describe|BatchGet|Validate)/;
