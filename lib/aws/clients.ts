import type { AwsDoor, AwsKey } from '../engine/contract.ts';

/** What every client of ours is opened with. */
export interface ClientConfiguration {
  readonly region: string;
  /** Only a build for a laptop names one; deployed clients do not even listen to AWS_ENDPOINT_URL. */
  readonly endpoint?: string;
  readonly maxAttempts?: number;
}

/**
 * Opens AWS clients of any class, with short time-outs, so that a silent service costs a step seconds and not its life, and through a role
 * where the catalog names one.
 */
export function createAwsDoors(base: ClientConfiguration): (via: string | undefined) => AwsDoor {
  return (via) =>
    (clientClass, { region = base.region, as, once } = {}) =>
      new clientClass(clientOptions({ ...base, region, ...(once ? { maxAttempts: 1 } : {}) }, via, as) as never);
}

export function clientOptions(configuration: ClientConfiguration, via?: string, as?: AwsKey): Readonly<Record<string, unknown>> {
  return {
    region: configuration.region,
    maxAttempts: configuration.maxAttempts ?? 3,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...(configuration.endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint: configuration.endpoint }),
    ...(via === undefined ? {} : { credentials: () => assumeRole(configuration, via) }),
    ...(as === undefined
      ? {}
      : { credentials: { accessKeyId: as.accessKeyId.reveal(), secretAccessKey: as.secretAccessKey.reveal() } }),
  };
}

async function assumeRole(configuration: ClientConfiguration, roleArn: string) {
  const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient(clientOptions(configuration));
  const { Credentials: given } = await client.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'keyturn' }));
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
    ...(given?.Expiration === undefined ? {} : { expiration: given.Expiration }),
  };
}
