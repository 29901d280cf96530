import * as z from 'zod';
import { RotationError } from './errors.ts';
import { type StepName, steps } from './rotate.ts';
import { Secret } from './secret.ts';
import type { Job } from './step.ts';
import { type SweepJobName, sweepJobs } from './sweep-jobs.ts';

/** What a provider's function may be asked: a step of a rotation, by Secrets Manager, a job, by our own reconciler or a person's command, or a question about one secret. */
export type Request =
  | { readonly kind: 'step'; readonly step: StepName; readonly job: Job }
  | JobRequest
  | { readonly kind: 'whose'; readonly secretArn: string; readonly digest: string }
  | { readonly kind: 'adopt'; readonly secretArn: string; readonly ref: string | undefined }
  | { readonly kind: 'judge'; readonly secretArn: string }
  | { readonly kind: 'try'; readonly secretArn: string; readonly versionId: string };

/** What is done and needs no answer. */
export interface JobRequest {
  readonly kind: SweepJobName;
  readonly secretArn: string;
}

const secretArn = z
  .string()
  .max(2048)
  .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}$/);

const versionId = z.string().regex(/^[A-Za-z0-9-]{32,64}$/);

const stepEvent = z.strictObject({
  Step: z.enum(Object.keys(steps) as [StepName, ...StepName[]]),
  SecretId: secretArn,
  ClientRequestToken: versionId,
  RotationToken: z
    .string()
    .regex(/^[A-Za-z0-9-]{36,256}$/)
    .optional(),
});

const jobEvent = z.strictObject({
  Job: z.enum(Object.keys(sweepJobs) as [SweepJobName, ...SweepJobName[]]),
  SecretId: secretArn,
});

const whoseEvent = z.strictObject({ Job: z.literal('whose'), SecretId: secretArn, Digest: z.string().regex(/^[0-9a-f]{32}$/) });
const adoptEvent = z.strictObject({
  Job: z.literal('adopt'),
  SecretId: secretArn,
  Ref: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
});
const judgeEvent = z.strictObject({ Job: z.literal('judge'), SecretId: secretArn });
const tryEvent = z.strictObject({ Job: z.literal('try'), SecretId: secretArn, VersionId: versionId });

/**
 * Reads an event, or refuses it as `event` with every field that is wrong by name and nothing of what stood there. `functionArn` is the
 * function that runs us, where it is known. Calls nobody.
 */
export function parseEvent(event: unknown, functionArn: string | undefined): Request {
  const isJob = typeof event === 'object' && event !== null && Object.hasOwn(event, 'Job');
  if (isJob) return parseJob(event as { Job: unknown });
  const { Step: step, SecretId, ClientRequestToken: clientRequestToken, RotationToken } = check(stepEvent, event);
  return {
    kind: 'step',
    step,
    job: {
      secretArn: SecretId,
      clientRequestToken,
      ...(functionArn === undefined ? {} : { functionArn }),
      ...(RotationToken === undefined ? {} : { rotationToken: new Secret(RotationToken) }),
    },
  };
}

/** Reads the text of a message in the same way: a job, and nothing that somebody would wait for. */
export function parseJobMessage(text: string): JobRequest {
  const { Job: kind, SecretId } = check(jobEvent, jsonOf(text));
  return { kind, secretArn: SecretId };
}

/** Undefined where it is none, which no event is. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseJob(event: { readonly Job: unknown }): Request {
  if (event.Job === 'whose') {
    const { Job: kind, SecretId, Digest } = check(whoseEvent, event);
    return { kind, secretArn: SecretId, digest: Digest };
  }
  if (event.Job === 'judge') return { kind: 'judge', secretArn: check(judgeEvent, event).SecretId };
  if (event.Job === 'try') {
    const { Job: kind, SecretId, VersionId } = check(tryEvent, event);
    return { kind, secretArn: SecretId, versionId: VersionId };
  }
  if (event.Job === 'adopt') {
    const { Job: kind, SecretId, Ref: ref } = check(adoptEvent, event);
    return { kind, secretArn: SecretId, ref };
  }
  const { Job: kind, SecretId } = check(jobEvent, event);
  return { kind, secretArn: SecretId };
}

function check<T>(schema: z.ZodType<T>, event: unknown): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${printable(key)} is not known`);
    return [`${issue.path.length === 0 ? 'the event' : issue.path.map(String).join('.')} is missing or not of its form`];
  });
  throw new RotationError('event', `keyturn: this event cannot be acted on: ${faults.slice(0, 6).join('; ')}`, {
    fix: 'Only Secrets Manager, the Keyturn reconciler and the commands call this function: see who else may invoke it.',
    definite: true,
  });
}

// A key is somebody's text too: it may be long, or hold what a terminal obeys.
function printable(key: string): string {
  return /^\w{1,40}$/.test(key) ? key : '(an odd name)';
}
