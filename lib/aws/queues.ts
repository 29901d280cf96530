import { setImmediate } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { RotationError } from '../engine/errors.ts';
import type { Rest } from '../engine/hand-on.ts';
import type { SweepJob } from '../engine/plan.ts';
import type { Clock } from '../engine/ports.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { sortAwsError } from './errors.ts';

/** What the reconciler hands on. Each answers when its queue has taken the message. */
export interface Queues {
  /** A job, to the function of its provider. */
  ask(provider: string, job: SweepJob): Promise<void>;
  /** What a sweep did not reach, to another run of the reconciler. */
  handOn(rest: Rest): Promise<void>;
}

/** Each queue has the name of the function that it belongs to; `prefix` is what the addresses of all of them begin with. */
export function openQueues(configuration: ClientConfiguration, prefix: string, clock: Pick<Clock, 'sleep'>): Queues {
  const send = createSender(configuration, clock);
  return {
    ask: (provider, { job, secretArn }) => send(`${prefix}rotate-${provider}`, { Job: job, SecretId: secretArn }),
    handOn: ({ from, generation }) => send(`${prefix}reconcile`, { Sweep: { From: from, Generation: generation } }),
  };
}

interface Waiting {
  readonly body: string;
  taken(): void;
  refused(error: RotationError): void;
}

/** What one call takes. */
const atOnce = 10;
const attempts = 4;

/**
 * Puts messages into queues, ten a call: what is sent while a call is on its way goes with the next one, so that nobody waits for a batch to
 * fill. An answer that is a 200 may say that some were not taken: those alone are sent again, a few times.
 */
function createSender(
  configuration: ClientConfiguration,
  clock: Pick<Clock, 'sleep'>,
): (queueUrl: string, message: object) => Promise<void> {
  // The address of a queue says which queue it is, and not whom to call: that is the region's, or the endpoint's of a laptop.
  const client = new SQSClient({ ...clientOptions(configuration), useQueueUrlAsEndpoint: false });
  const lines = new Map<string, Waiting[]>();

  async function empty(queueUrl: string, line: Waiting[]): Promise<void> {
    await setImmediate(); // whoever is about to send something, too
    while (line.length > 0) await sendAll(queueUrl, line.splice(0, atOnce));
    lines.delete(queueUrl);
  }

  async function sendAll(queueUrl: string, batch: readonly Waiting[]): Promise<void> {
    let waiting = batch;
    for (let attempt = 1; waiting.length > 0; attempt += 1) {
      if (attempt > 1) await clock.sleep(100 * 2 ** attempt);
      waiting = await sendOnce(queueUrl, waiting, attempt === attempts);
    }
  }

  /** Answers those that are to be sent again: of a last attempt none. */
  async function sendOnce(queueUrl: string, batch: readonly Waiting[], isLast: boolean): Promise<readonly Waiting[]> {
    const entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
    try {
      const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
      const taken = new Set(answer.Successful?.map(({ Id }) => Id));
      // Of what is our own fault, another attempt would change nothing.
      const final = new Set(answer.Failed?.flatMap(({ Id, SenderFault }) => (SenderFault === true ? [Id] : [])));
      return batch.filter((each, index) => {
        const id = String(index);
        if (taken.has(id)) each.taken();
        else if (isLast || final.has(id)) each.refused(untaken(queueUrl, final.has(id)));
        else return true;
        return false;
      });
    } catch (error) {
      for (const each of batch) each.refused(sortAwsError('keyturn', `SendMessageBatch to ${nameOf(queueUrl)}`, error));
      return [];
    }
  }

  return (queueUrl, message) =>
    new Promise((taken, refused) => {
      const waiting = { body: JSON.stringify(message), taken, refused };
      const line = lines.get(queueUrl);
      if (line !== undefined) {
        line.push(waiting);
        return;
      }
      const begun = [waiting];
      lines.set(queueUrl, begun);
      void empty(queueUrl, begun);
    });
}

function untaken(queueUrl: string, isFinal: boolean): RotationError {
  return new RotationError(
    isFinal ? 'rejected' : 'unavailable',
    `keyturn: the queue ${nameOf(queueUrl)} did not take a message`,
    {
      fix: 'Nothing to do: the next sweep asks again. If it goes on, see whether the queue is there.',
    },
  );
}

function nameOf(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
}
