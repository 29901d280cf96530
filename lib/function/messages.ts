import * as z from 'zod';
import { asRotationError, type RotationError } from '../engine/errors.ts';
import { type JobRequest, parseJobMessage } from '../engine/event.ts';
import type { Clock } from '../engine/ports.ts';
import { failedJobMetric } from './metrics.ts';

/** A message of a queue, as Lambda hands it over. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
}

const queueEvent = z.object({
  Records: z.array(z.object({ eventSource: z.literal('aws:sqs'), messageId: z.string(), body: z.string() })).min(1),
});

/** The messages of an event, where it is a queue's. */
export function readMessages(event: unknown): readonly Message[] | undefined {
  const parsed = queueEvent.safeParse(event);
  return parsed.success ? parsed.data.Records : undefined;
}

/**
 * Does the job of each message, one after the other, and answers in Lambda's form which of them are to come again: those that may work later,
 * and those that cannot be read, which a version to come may have written; the queue counts how often. What failed for good is logged, counted
 * and done with, because the next sweep finds it again where it is still so.
 */
export async function workOff(
  messages: readonly Message[],
  act: (job: JobRequest) => Promise<unknown>,
  { log, clock, installation }: { log: (entry: object) => void; clock: Pick<Clock, 'now'>; installation: string },
): Promise<{ readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }> {
  const again: string[] = [];
  for (const { messageId, body } of messages) {
    const { job, error } = await attempt(body, act);
    if (error === undefined) continue;
    const { code, message: detail, fix } = error;
    const entry = { code, detail, fix, ...(job === undefined ? {} : { state: job.kind, secret: job.secretArn }) };
    if (job === undefined || error.ending === 'now') {
      log({ event: 'job.again', ...entry });
      again.push(messageId);
    } else log({ ...failedJobMetric(installation, clock.now()), event: 'job.failed', ...entry });
  }
  return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Without a job where the text is none. */
async function attempt(
  body: string,
  act: (job: JobRequest) => Promise<unknown>,
): Promise<{ readonly job?: JobRequest; readonly error?: RotationError }> {
  let job: JobRequest | undefined;
  try {
    job = parseJobMessage(body);
    await act(job);
    return { job };
  } catch (problem) {
    return { ...(job === undefined ? {} : { job }), error: asRotationError(problem, 'a job') };
  }
}
