import type { Setting } from './call.ts';
import { holderOf, PENDING, PREVIOUS } from './labels.ts';
import { partitionOf } from './partition.ts';
import { uuid } from './random.ts';
import type { Secret } from './state.ts';

/** What the observer is told: an event as EventBridge would deliver it, or how a step of a rotation went. */
export type Report =
  | { readonly kind: 'event'; readonly event: EventBridgeEvent }
  | {
      readonly kind: 'step';
      readonly phase: 'started' | 'succeeded' | 'failed';
      readonly step: Step;
      readonly secretArn: string;
      readonly versionId: string;
      readonly attempt: number;
      /** What the function said, on failure. */
      readonly errorMessage?: string;
    };

export type Step = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

export type EventBridgeEvent = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: 'aws.secretsmanager';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
};

/** The native events for every label that is elsewhere now. AWS sends none for AWSPENDING and AWSPREVIOUS. */
export function labelEvents(setting: Setting, before: Secret | undefined, after: Secret): EventBridgeEvent[] {
  if (after.replicaOf) return [];
  const labels = new Set([...(before?.versions ?? []), ...after.versions].flatMap((version) => version.labels));
  return [...labels].sort().flatMap((label) => {
    const from = holderOf(before?.versions ?? [], label)?.id;
    const to = holderOf(after.versions, label)?.id;
    if (label === PENDING || label === PREVIOUS || from === to) return [];
    if (to === undefined && !setting.switches.labelEventOnRemoval) return [];
    const detail = { name: after.name, labelUpdated: label, versionId: to ?? from };
    return [envelope(setting, after, 'Secret Label Updated', [after.arn], detail)];
  });
}

export type ServiceEventName =
  | `${'' | 'Test'}Rotation${'Started' | 'Succeeded' | 'Failed'}`
  | 'RotationAbandoned'
  | `${'Start' | 'Cancel' | 'End'}SecretVersionDelete`;

/** What Secrets Manager did by itself, as CloudTrail tells it. Note that `resources` is empty: the ARN is in additionalEventData. */
export function serviceEvent(
  setting: Setting,
  secret: Secret,
  { name, versionId, failure }: { name: ServiceEventName; versionId?: string; failure?: string },
): EventBridgeEvent {
  return envelope(setting, secret, 'AWS Service Event via CloudTrail', [], {
    eventVersion: '1.08',
    userIdentity: { accountId: secret.accountId, invokedBy: 'secretsmanager.amazonaws.com' },
    ...trailFields(setting, secret, name),
    sourceIPAddress: 'secretsmanager.amazonaws.com',
    userAgent: 'secretsmanager.amazonaws.com',
    ...(failure === undefined ? {} : { errorMessage: failure }),
    requestParameters: null,
    responseElements: null,
    additionalEventData: { SecretId: secret.arn },
    requestID: versionId === undefined ? uuid(setting.random) : `Rotation-${secret.arn}-${versionId}`,
    readOnly: false,
    eventType: 'AwsServiceEvent',
    recipientAccountId: secret.accountId,
  });
}

/** A call that changed something, as CloudTrail tells it. Holds no value, no policy, no tag, no rotation token. */
export function callEvent(setting: Setting, secret: Secret, operation: string, input: object): EventBridgeEvent {
  return envelope(setting, secret, 'AWS API Call via CloudTrail', [], {
    eventVersion: '1.08',
    userIdentity: {
      type: 'Root',
      accountId: secret.accountId,
      arn: `arn:${partitionOf(secret.region)}:iam::${secret.accountId}:root`,
    },
    ...trailFields(setting, secret, operation),
    sourceIPAddress: '127.0.0.1',
    userAgent: 'keyturn',
    requestParameters: Object.fromEntries(
      Object.entries(input)
        .filter(([key]) => toldInTrail.has(key))
        .map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
    ),
    responseElements: { arn: secret.arn, name: secret.name },
    requestID: uuid(setting.random),
    readOnly: false,
    eventType: 'AwsApiCall',
    recipientAccountId: secret.accountId,
  });
}

const toldInTrail = new Set(
  `SecretId Name ClientRequestToken VersionStage VersionStages RemoveFromVersionId MoveToVersionId RotationLambdaARN RotationRules
  RotateImmediately RecoveryWindowInDays ForceDeleteWithoutRecovery`.split(/\s+/),
);

const trailFields = (setting: Setting, secret: Secret, eventName: string) => ({
  eventTime: timeOf(setting),
  eventSource: 'secretsmanager.amazonaws.com',
  eventName,
  awsRegion: secret.region,
  eventID: uuid(setting.random),
  managementEvent: true,
  eventCategory: 'Management',
});

function envelope(
  setting: Setting,
  secret: Secret,
  detailType: string,
  resources: string[],
  detail: EventBridgeEvent['detail'],
): EventBridgeEvent {
  return {
    version: '0',
    id: uuid(setting.random),
    'detail-type': detailType,
    source: 'aws.secretsmanager',
    account: secret.accountId,
    time: timeOf(setting),
    region: secret.region,
    resources,
    detail,
  };
}

const timeOf = (setting: Setting) => `${new Date(setting.clock.now()).toISOString().slice(0, 19)}Z`;
