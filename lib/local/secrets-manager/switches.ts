/**
 * Everything about Secrets Manager that AWS has not written down and nobody here has seen: one switch each, so that whatever is built on
 * top can be tried under every answer. docs/local-secrets-manager.md says for each what is not known.
 */
export type Switches = {
  /** Whether the event that a rotation function gets holds a RotationToken. */
  readonly rotationToken: 'sent' | 'left-out';
  /** Whether DescribeSecret says RotationEnabled during the test run of a secret that was never rotated. */
  readonly rotationEnabledDuringFirstTest: boolean;
  /** Whether AWSPENDING is still on the new version once a rotation has succeeded. */
  readonly pendingAfterFinish: 'removed' | 'left';

  /** How often a failed rotation is tried again. */
  readonly retryCount: number;
  readonly retrySpacingSeconds: number;
  /** What the retry does where the label AWSPENDING is still on the version. */
  readonly retryWithPending: 'same-token' | 'none';
  /** What the retry does where somebody took the label off: nothing, the same token as it is, the label put back first, or a new token. */
  readonly retryWithoutPending: 'none' | 'same-token' | 'label-put-back' | 'new-token';
  /** Whether a scheduled rotation is tried again only while its window is open. */
  readonly retriesOnlyInWindow: boolean;
  /** Whether each step is delivered a second time: after the first has ended, or together with it. */
  readonly duplicateDeliveries: 'none' | 'after' | 'together';

  /** Where in its window a rotation begins. */
  readonly placeInWindow: 'start' | 'middle' | 'end' | 'random';
  /** Where the windows of rate(N hours) fall: every N hours from the midnight before the schedule was set, or from the last rotation. */
  readonly rateHoursWindows: 'from-midnight' | 'from-last-rotation';
  /** Whether the rotation that the old schedule had planned still happens after a change with RotateImmediately=false (never after one to cron). */
  readonly oldScheduleStillFires: boolean;

  /** Whether a rotation function may put labels of its own beside AWSPENDING. */
  readonly customLabelsInRotation: 'accepted' | 'refused';
  /** What the limit of 20 labels counts. */
  readonly labelLimit: 'per-secret' | 'per-version';
  readonly labelLimitCode: 'LimitExceededException' | 'InvalidParameterException' | 'InvalidRequestException';
  /** How many versions a secret can have before a further one is refused (about 100 are kept, none younger than a day is deleted). */
  readonly versionQuota: number;
  /** Whether GetSecretValue by VersionId still answers for a version without labels. */
  readonly deprecatedVersions: 'readable' | 'unreadable';
  /** Which labels the very first value of a secret gets where the call names others than AWSCURRENT. */
  readonly firstValue: 'also-current' | 'as-asked';
  /** What moving a label to where it already is does when RemoveFromVersionId names its former place. */
  readonly repeatedLabelMove: 'refused' | 'accepted';
  /** What moving a label to a version that has no value yet does. */
  readonly moveToVersionWithoutValue: 'refused' | 'accepted';
  /** What RotateSecret with the ClientRequestToken of the present rotation, or of the current version, does. */
  readonly repeatedRotateToken: 'accepted' | 'refused';

  /** Whether taking a label off sends "Secret Label Updated". */
  readonly labelEventOnRemoval: boolean;
  /** What DeletedDate shows: when the secret will be gone, or when its deletion was asked for. */
  readonly deletedDate: 'scheduled' | 'requested';
  /** How long a secret deleted by force still stands as marked for deletion. */
  readonly forceDeleteDelaySeconds: number;
  /** Whether LastRotatedDate is shown while rotation is turned off. */
  readonly lastRotatedDateAfterCancel: 'left-out' | 'kept';
  /** How old a picture ListSecrets, and BatchGetSecretValue by filter, answer from (AWS: up to 300). */
  readonly listLagSeconds: number;
  /** How old a picture the reads of one secret answer from. */
  readonly readLagSeconds: number;
  /** In which order versions, and the labels of one version, are answered. */
  readonly answerOrder: 'ascending' | 'descending';
};

export const defaultSwitches: Switches = {
  rotationToken: 'sent',
  rotationEnabledDuringFirstTest: true,
  pendingAfterFinish: 'removed',
  retryCount: 3,
  retrySpacingSeconds: 60,
  retryWithPending: 'same-token',
  retryWithoutPending: 'none',
  retriesOnlyInWindow: false,
  duplicateDeliveries: 'none',
  placeInWindow: 'start',
  rateHoursWindows: 'from-midnight',
  oldScheduleStillFires: false,
  customLabelsInRotation: 'accepted',
  labelLimit: 'per-secret',
  labelLimitCode: 'LimitExceededException',
  versionQuota: 150,
  deprecatedVersions: 'readable',
  firstValue: 'also-current',
  repeatedLabelMove: 'refused',
  moveToVersionWithoutValue: 'refused',
  repeatedRotateToken: 'accepted',
  labelEventOnRemoval: false,
  deletedDate: 'scheduled',
  forceDeleteDelaySeconds: 0,
  lastRotatedDateAfterCancel: 'left-out',
  listLagSeconds: 0,
  readLagSeconds: 0,
  answerOrder: 'ascending',
};

/** What each may be; the first is the default. A number has none but its sort. */
const choices: { readonly [Name in keyof Switches]: readonly Switches[Name][] | 'number' } = {
  rotationToken: ['sent', 'left-out'],
  rotationEnabledDuringFirstTest: [true, false],
  pendingAfterFinish: ['removed', 'left'],
  retryCount: 'number',
  retrySpacingSeconds: 'number',
  retryWithPending: ['same-token', 'none'],
  retryWithoutPending: ['none', 'same-token', 'label-put-back', 'new-token'],
  retriesOnlyInWindow: [false, true],
  duplicateDeliveries: ['none', 'after', 'together'],
  placeInWindow: ['start', 'middle', 'end', 'random'],
  rateHoursWindows: ['from-midnight', 'from-last-rotation'],
  oldScheduleStillFires: [false, true],
  customLabelsInRotation: ['accepted', 'refused'],
  labelLimit: ['per-secret', 'per-version'],
  labelLimitCode: ['LimitExceededException', 'InvalidParameterException', 'InvalidRequestException'],
  versionQuota: 'number',
  deprecatedVersions: ['readable', 'unreadable'],
  firstValue: ['also-current', 'as-asked'],
  repeatedLabelMove: ['refused', 'accepted'],
  moveToVersionWithoutValue: ['refused', 'accepted'],
  repeatedRotateToken: ['accepted', 'refused'],
  labelEventOnRemoval: [false, true],
  deletedDate: ['scheduled', 'requested'],
  forceDeleteDelaySeconds: 'number',
  lastRotatedDateAfterCancel: ['left-out', 'kept'],
  listLagSeconds: 'number',
  readLagSeconds: 'number',
  answerOrder: ['ascending', 'descending'],
};

/** One switch as a person writes it, `listLagSeconds=300`; or what is wrong with it, in one sentence. */
export function readSwitch(text: string): Partial<Switches> | string {
  const [, name = '', given = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (!Object.hasOwn(choices, name)) return `It has to be a switch and its value, such as listLagSeconds=300: ${names}.`;
  const allowed: readonly unknown[] | 'number' = choices[name as keyof Switches];
  if (allowed === 'number') {
    return /^\d{1,9}$/.test(given) ? { [name]: Number(given) } : `${name} has to be a whole number.`;
  }
  const value = allowed.find((choice) => String(choice) === given);
  return value === undefined ? `${name} has to be one of ${allowed.join(', ')}.` : { [name]: value };
}

const names = Object.keys(choices).join(', ');
