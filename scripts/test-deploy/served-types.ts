import { randomBytes } from 'node:crypto';
import type { SecretsManager as Client } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';

// The resource types of Secrets Manager, as far as our stacks use them: CloudFormation asks, and what it asks for is done by the calls that
// AWS's own types make. A property that is not known here is refused, so that nothing a template says is dropped in silence.

/** What of the SDK's client is used. */
type SecretsManager = Pick<
  Client,
  | 'cancelRotateSecret'
  | 'createSecret'
  | 'deleteSecret'
  | 'getRandomPassword'
  | 'rotateSecret'
  | 'tagResource'
  | 'untagResource'
  | 'updateSecret'
>;

interface Asked {
  readonly logicalId: string;
  readonly properties: unknown;
  readonly before: unknown;
  readonly physicalId: string;
  readonly secretsManager: SecretsManager;
}

interface ServedType {
  /** Answers the physical id, which is what Ref gives. */
  create(asked: Asked): Promise<string>;
  /** The same; another id makes CloudFormation remove the one before. */
  update(asked: Asked): Promise<string>;
  remove(asked: Asked): Promise<void>;
}

// CloudFormation hands every scalar on as text.
const truth = z.enum(['true', 'false']).transform((text) => text === 'true');
const whole = z.string().regex(/^\d+$/).transform(Number);
const token = z.string();

const secretProperties = z.strictObject({
  ServiceToken: token,
  Name: z.string().optional(),
  Description: z.string().optional(),
  KmsKeyId: z.string().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
  GenerateSecretString: z.strictObject({ PasswordLength: whole.optional(), ExcludePunctuation: truth.optional() }).optional(),
  ReplicaRegions: z.array(z.strictObject({ Region: z.string(), KmsKeyId: z.string().optional() })).optional(),
});

const scheduleProperties = z.strictObject({
  ServiceToken: token,
  SecretId: z.string(),
  RotationLambdaARN: z.string().optional(),
  RotationRules: z
    .strictObject({
      AutomaticallyAfterDays: whole.optional(),
      ScheduleExpression: z.string().optional(),
      Duration: z.string().optional(),
    })
    .optional(),
  // AWS's own default, which rotates what works on the first deployment.
  RotateImmediatelyOnUpdate: truth.default(true),
});

const secret: ServedType = {
  async create({ logicalId, properties, secretsManager }) {
    const { Name, Description, KmsKeyId, Tags, ReplicaRegions, GenerateSecretString: made } = read(secretProperties, properties);
    const SecretString = made === undefined ? undefined : (await secretsManager.getRandomPassword(made)).RandomPassword;
    const name = Name ?? `${logicalId}-${randomBytes(6).toString('hex')}`;
    const input = { Name: name, Description, KmsKeyId, Tags, AddReplicaRegions: ReplicaRegions, SecretString };
    return (await secretsManager.createSecret(input)).ARN ?? '';
  },
  async update(asked) {
    const { properties, before, physicalId, secretsManager } = asked;
    const now = read(secretProperties, properties);
    const old = read(secretProperties, before);
    if (now.Name !== old.Name) return secret.create(asked);
    if (JSON.stringify(now.GenerateSecretString) !== JSON.stringify(old.GenerateSecretString))
      throw new Error('GenerateSecretString cannot be changed here');
    if (JSON.stringify(now.ReplicaRegions) !== JSON.stringify(old.ReplicaRegions))
      throw new Error('ReplicaRegions cannot be changed here');
    if (now.Description !== old.Description || now.KmsKeyId !== old.KmsKeyId) {
      await secretsManager.updateSecret({ SecretId: physicalId, Description: now.Description ?? '', KmsKeyId: now.KmsKeyId });
    }
    const dropped = old.Tags.map(({ Key }) => Key).filter((key) => !now.Tags.some(({ Key }) => Key === key));
    if (dropped.length > 0) await secretsManager.untagResource({ SecretId: physicalId, TagKeys: dropped });
    if (now.Tags.length > 0) await secretsManager.tagResource({ SecretId: physicalId, Tags: now.Tags });
    return physicalId;
  },
  async remove({ physicalId, secretsManager }) {
    await secretsManager.deleteSecret({ SecretId: physicalId });
  },
};

const rotationSchedule: ServedType = {
  create: rotate,
  update: rotate,
  async remove({ physicalId, secretsManager }) {
    await secretsManager.cancelRotateSecret({ SecretId: physicalId });
  },
};

async function rotate({ properties, secretsManager }: Asked): Promise<string> {
  const { ServiceToken: _, RotateImmediatelyOnUpdate: RotateImmediately, ...asked } = read(scheduleProperties, properties);
  return (await secretsManager.rotateSecret({ ...asked, RotateImmediately })).ARN ?? '';
}

/** By the type's name in a template. */
export const servedTypes: Readonly<Record<string, ServedType>> = {
  'AWS::SecretsManager::Secret': secret,
  'AWS::SecretsManager::RotationSchedule': rotationSchedule,
};

const event = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResourceType: z.string(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: z.unknown(),
  OldResourceProperties: z.unknown().optional(),
});

export interface TypeAnswer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

/** Does what CloudFormation asks of a resource, and answers as a custom resource does. Never throws for what a template says. */
export async function serveType(raw: unknown, secretsManager: SecretsManager): Promise<TypeAnswer> {
  const asked = event.parse(raw);
  const { StackId, RequestId, LogicalResourceId, PhysicalResourceId: physicalId = LogicalResourceId } = asked;
  const base = { StackId, RequestId, LogicalResourceId };
  const name = asked.ResourceType.replace(/^Custom::/, '').replaceAll('-', '::');
  try {
    const type = Object.hasOwn(servedTypes, name) ? servedTypes[name] : undefined;
    if (type === undefined) throw new Error('this type is not served');
    const { ResourceProperties: properties, OldResourceProperties: before } = asked;
    const call = { logicalId: LogicalResourceId, properties, before, physicalId, secretsManager };
    if (asked.RequestType === 'Delete') {
      await type.remove(call);
      return { ...base, Status: 'SUCCESS', PhysicalResourceId: physicalId };
    }
    const id = await (asked.RequestType === 'Create' ? type.create(call) : type.update(call));
    return { ...base, Status: 'SUCCESS', PhysicalResourceId: id, Data: { Id: id } };
  } catch (error) {
    const why = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : 'it failed';
    return { ...base, Status: 'FAILED', Reason: `${name} ${LogicalResourceId}: ${why}`, PhysicalResourceId: physicalId };
  }
}

function read<Schema extends z.ZodType>(schema: Schema, properties: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : (issue?.path.join('.') ?? '');
  throw new Error(`the property ${where} is not known here, or not of its form`);
}
