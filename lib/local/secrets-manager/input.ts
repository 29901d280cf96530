import * as z from 'zod';
import { AwsError, notValid } from '../aws-error.ts';

// The shapes and limits of AWS's service model. What the model does not limit, the operations check.
const text = (min: number, max: number) => z.string().min(min).max(max);
const secretId = text(1, 2048);
const versionId = text(32, 64);
const label = text(1, 256);
const region = text(1, 128).regex(/^([a-z]+-)+\d+$/);
const kmsKeyId = text(0, 2048);
const page = { MaxResults: z.int().min(1).max(100).optional(), NextToken: text(1, 4096).optional() };
const token = { ClientRequestToken: versionId.optional() };
const tag = z.object({ Key: text(1, 128), Value: text(0, 256).optional() });
const policy = text(1, 20_480);
const replicaRegions = z.array(z.object({ Region: region, KmsKeyId: kmsKeyId.optional() })).min(1);
const filters = z
  .array(
    z.object({
      Key: z.enum(['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all']).optional(),
      Values: z
        .array(
          z
            .string()
            .max(512)
            .regex(/^!?[a-zA-Z0-9 :_@/+=.\-!]*$/),
        )
        .min(1)
        .max(10)
        .optional(),
    }),
  )
  .max(10);

const byteLimit = 65_536;
const value = {
  SecretString: z
    .string()
    .min(1)
    .refine((string) => Buffer.byteLength(string) <= byteLimit, { params: { tooLong: true } })
    .optional(),
  SecretBinary: z
    .base64()
    .refine((base64) => base64 !== '', { params: { tooShort: true } })
    .refine((base64) => Buffer.byteLength(base64, 'base64') <= byteLimit, { params: { tooLong: true } })
    .optional(),
};

const onlySecretId = z.object({ SecretId: secretId });

export const shapes = {
  BatchGetSecretValue: z.object({
    SecretIdList: z.array(secretId).min(1).max(20).optional(),
    Filters: filters.optional(),
    MaxResults: z.int().min(1).max(20).optional(),
    NextToken: page.NextToken,
  }),
  CancelRotateSecret: onlySecretId,
  CreateSecret: z.object({
    Name: text(1, 512),
    ...token,
    ...value,
    Description: text(0, 2048).optional(),
    KmsKeyId: kmsKeyId.optional(),
    Tags: z.array(tag).optional(),
    AddReplicaRegions: replicaRegions.optional(),
    ForceOverwriteReplicaSecret: z.boolean().optional(),
    Type: text(0, 256).optional(),
  }),
  DeleteResourcePolicy: onlySecretId,
  DeleteSecret: z.object({
    SecretId: secretId,
    RecoveryWindowInDays: z.int().optional(),
    ForceDeleteWithoutRecovery: z.boolean().optional(),
  }),
  DescribeSecret: onlySecretId,
  GetRandomPassword: z.object({
    PasswordLength: z.int().min(1).max(4096).optional(),
    ExcludeCharacters: text(0, 4096).optional(),
    ExcludeNumbers: z.boolean().optional(),
    ExcludePunctuation: z.boolean().optional(),
    ExcludeUppercase: z.boolean().optional(),
    ExcludeLowercase: z.boolean().optional(),
    IncludeSpace: z.boolean().optional(),
    RequireEachIncludedType: z.boolean().optional(),
  }),
  GetResourcePolicy: onlySecretId,
  GetSecretValue: z.object({ SecretId: secretId, VersionId: versionId.optional(), VersionStage: label.optional() }),
  ListSecretVersionIds: z.object({ SecretId: secretId, ...page, IncludeDeprecated: z.boolean().optional() }),
  ListSecrets: z.object({
    ...page,
    IncludePlannedDeletion: z.boolean().optional(),
    Filters: filters.optional(),
    SortOrder: z.enum(['asc', 'desc']).optional(),
    SortBy: z.enum(['created-date', 'last-accessed-date', 'last-changed-date', 'name']).optional(),
  }),
  PutResourcePolicy: z.object({ SecretId: secretId, ResourcePolicy: policy, BlockPublicPolicy: z.boolean().optional() }),
  PutSecretValue: z.object({
    SecretId: secretId,
    ...token,
    ...value,
    VersionStages: z.array(label).min(1).max(20).optional(),
    RotationToken: text(36, 256)
      .regex(/^[a-zA-Z0-9-]+$/)
      .optional(),
  }),
  RemoveRegionsFromReplication: z.object({ SecretId: secretId, RemoveReplicaRegions: z.array(region).min(1) }),
  ReplicateSecretToRegions: z.object({
    SecretId: secretId,
    AddReplicaRegions: replicaRegions,
    ForceOverwriteReplicaSecret: z.boolean().optional(),
  }),
  RestoreSecret: onlySecretId,
  RotateSecret: z.object({
    SecretId: secretId,
    ...token,
    RotationLambdaARN: text(0, 2048).optional(),
    RotationRules: z
      .object({
        AutomaticallyAfterDays: z.int().min(1).max(1000).optional(),
        Duration: text(2, 3)
          .regex(/^[0-9]+h$/)
          .optional(),
        ScheduleExpression: text(1, 256)
          .regex(/^[0-9A-Za-z()#?*\-/, ]+$/)
          .optional(),
      })
      .optional(),
    ExternalSecretRotationMetadata: z
      .array(z.object({ Key: text(1, 256).optional(), Value: text(1, 2048).optional() }))
      .optional(),
    ExternalSecretRotationRoleArn: text(20, 2048).optional(),
    RotateImmediately: z.boolean().optional(),
  }),
  StopReplicationToReplica: onlySecretId,
  TagResource: z.object({ SecretId: secretId, Tags: z.array(tag) }),
  UntagResource: z.object({ SecretId: secretId, TagKeys: z.array(text(1, 128)) }),
  UpdateSecret: z.object({
    SecretId: secretId,
    ...token,
    ...value,
    Description: text(0, 2048).optional(),
    KmsKeyId: kmsKeyId.optional(),
    Type: text(0, 256).optional(),
  }),
  UpdateSecretVersionStage: z.object({
    SecretId: secretId,
    VersionStage: label,
    RemoveFromVersionId: versionId.optional(),
    MoveToVersionId: versionId.optional(),
  }),
  ValidateResourcePolicy: z.object({ SecretId: secretId.optional(), ResourcePolicy: policy }),
};

export type OperationName = keyof typeof shapes;
export type Input<Name extends OperationName> = z.infer<(typeof shapes)[Name]>;

/** The input as the model wants it, unknown members left out and null as good as absent; else the error that AWS's front door gives. */
export function readInput<Name extends OperationName>(operation: Name, raw: unknown): Input<Name> {
  const result = shapes[operation].safeParse(withoutNulls(raw), { reportInput: true });
  if (result.success) return result.data as Input<Name>;
  const wrongType = result.error.issues.find(isWrongType);
  if (wrongType) throw new AwsError('SerializationException', `Wrong type at '${memberOf(wrongType.path)}'.`);
  const faults = result.error.issues.map(faultOf);
  throw notValid(`${faults.length} validation error${faults.length > 1 ? 's' : ''} detected: ${faults.join('; ')}`);
}

type Issue = z.core.$ZodIssue;

const isWrongType = (issue: Issue) =>
  (issue.code === 'invalid_type' && issue.input !== undefined) || (issue.code === 'invalid_format' && issue.format === 'base64');

function faultOf(issue: Issue): string {
  const member = memberOf(issue.path);
  const shown = issue.input === undefined ? ' null' : sensitive.test(member) ? '' : ` '${String(issue.input).slice(0, 512)}'`;
  return `Value${shown} at '${member}' failed to satisfy constraint: ${constraintOf(issue)}`;
}

const sensitive = /^(secretString|secretBinary|rotationToken)$/;

function constraintOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return `Member must have ${issue.origin === 'string' || issue.origin === 'array' ? 'length' : 'value'} greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return `Member must have ${issue.origin === 'string' || issue.origin === 'array' ? 'length' : 'value'} less than or equal to ${issue.maximum}`;
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${issue.pattern?.replace(/^\/|\/$/g, '')}`;
    case 'invalid_value':
      return issue.input === undefined
        ? 'Member must not be null'
        : `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
    case 'custom':
      return `Member must have length ${issue.params?.['tooLong'] ? `less than or equal to ${byteLimit}` : 'greater than or equal to 1'}`;
    default:
      return 'Member must not be null';
  }
}

const memberOf = (path: readonly PropertyKey[]) =>
  path.map((part) => (typeof part === 'number' ? `${part + 1}.member` : lowerFirst(String(part)))).join('.');

const lowerFirst = (word: string) => word.charAt(0).toLowerCase() + word.slice(1);

// No shape is deeper than this; what lies deeper is nothing of ours, however deep an attacker makes it.
const deepest = 6;

function withoutNulls(raw: unknown, depth = 0): unknown {
  if (typeof raw !== 'object' || raw === null || depth > deepest) return raw;
  if (Array.isArray(raw)) return raw.map((item) => withoutNulls(item, depth + 1));
  return Object.fromEntries(
    Object.entries(raw)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, withoutNulls(value, depth + 1)]),
  );
}
