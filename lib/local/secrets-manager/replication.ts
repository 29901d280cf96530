import { invalidParameter, invalidRequest } from '../aws-error.ts';
import { alive, arnIn, type Call, change, find, present, replicate } from './call.ts';
import type { Input } from './input.ts';
import type { Replica, Secret } from './state.ts';

export function replicateSecretToRegions(call: Call, input: Input<'ReplicateSecretToRegions'>) {
  const secret = find(call, input.SecretId);
  const replicated = addReplicas(call, secret, input.AddReplicaRegions, input.ForceOverwriteReplicaSecret);
  change(call, replicated, {});
  return present({ ARN: secret.arn, ReplicationStatus: replicationStatus(replicated) });
}

/** The secret that knows its new replicas, which exist from here on. What cannot be replicated shows as Failed. */
export function addReplicas(
  call: Call,
  secret: Secret,
  wanted: Input<'ReplicateSecretToRegions'>['AddReplicaRegions'],
  overwrite = false,
): Secret {
  if (wanted.some(({ Region }) => Region === secret.region)) throw invalidParameter('Invalid replica region.');
  const regions = new Map(wanted.map((replica) => [replica.Region, replica]));
  const added = [...regions.values()].map(({ Region, KmsKeyId }) =>
    addReplica(call, secret, { region: Region, kmsKeyId: KmsKeyId || undefined, overwrite }),
  );
  const kept = (secret.replicas ?? []).filter(({ region }) => !added.some((replica) => replica.region === region));
  return { ...secret, replicas: [...kept, ...added] };
}

function addReplica(
  call: Call,
  secret: Secret,
  { region, kmsKeyId, overwrite }: { region: string; kmsKeyId: string | undefined; overwrite: boolean },
): Replica {
  const { arn, name, accountId, createToken, createdAt, changedAt } = secret;
  const taken = alive(call, call.state.named({ accountId, region, name }));
  const isOurs = taken?.arn === arnIn(secret, region);
  if (taken && !isOurs && !overwrite) {
    return {
      region,
      kmsKeyId,
      status: 'Failed',
      message: `Replication failed: Secret name ${name} already exists in region ${region}.`,
    };
  }
  if (taken && !isOurs) call.state.remove(taken.arn, call.now);
  const bare = { arn: arnIn(secret, region), name, accountId, region, createToken, createdAt, changedAt, kmsKeyId, versions: [] };
  call.state.set(replicate(secret, { ...bare, replicaOf: arn.split(':')[3] }), call.now);
  return { region, kmsKeyId, status: 'InSync' };
}

/** Asking twice is no error. */
export function removeRegionsFromReplication(call: Call, input: Input<'RemoveRegionsFromReplication'>) {
  const secret = find(call, input.SecretId);
  const removed = (secret.replicas ?? []).filter(({ region }) => input.RemoveReplicaRegions.includes(region));
  for (const { region } of removed) {
    const copy = call.state.get(arnIn(secret, region));
    if (copy?.replicaOf) call.state.remove(copy.arn, call.now);
  }
  const left = secret.replicas?.filter((replica) => !removed.includes(replica));
  const changed = change(call, secret, { replicas: left?.length ? left : undefined });
  return present({ ARN: secret.arn, ReplicationStatus: replicationStatus(changed) });
}

/** Called in the replica's region: it is a secret of its own from here on. */
export function stopReplicationToReplica(call: Call, input: Input<'StopReplicationToReplica'>) {
  const replica = find(call, input.SecretId, { replica: true });
  if (!replica.replicaOf) throw invalidRequest('The secret is not a replica: there is no replication to stop.');
  const primary = call.state.get(arnIn(replica, replica.replicaOf));
  const left = primary?.replicas?.filter(({ region }) => region !== replica.region);
  if (primary) change(call, primary, { replicas: left?.length ? left : undefined });
  change(call, replica, { replicaOf: undefined });
  return { ARN: replica.arn };
}

export const replicationStatus = (secret: Secret) =>
  secret.replicas?.map(({ region, kmsKeyId, status, message }) =>
    present({ Region: region, KmsKeyId: kmsKeyId, Status: status, StatusMessage: message }),
  );
