import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { JsonService } from './aws-endpoint.ts';
import { AwsError } from './aws-error.ts';
import type { Invocation } from './functions.ts';

/** As the queues of a deployment: longer than a function may work on a message, and what came so often is given up. */
const hiddenMinutes = 12;
const mostReceives = 3;

const entry = z.object({ Id: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/), MessageBody: z.string().min(1) });
const input = z.object({ QueueUrl: z.string(), Entries: z.array(entry) });

interface Message {
  readonly messageId: string;
  readonly functionName: string;
  readonly body: string;
  receives: number;
  /** While it is worked on, and after that until it comes again. */
  hiddenUntil: number;
}

export interface LocalQueues {
  /** SQS, as far as messages are sent. */
  readonly service: JsonService;
  /** Hands over again what failed and is no longer hidden. */
  tick(): void;
}

/**
 * Queues with the names of functions, which hand each message to its function at once, alone, and again later where that asks for it. They live in
 * memory: what a restart loses, the next sweep asks for again.
 */
export function createLocalQueues(options: {
  readonly accountId: string;
  readonly region: string;
  readonly clock: { now(): number };
  readonly exists: (functionName: string) => boolean;
  readonly invoke: (functionName: string, event: unknown) => Promise<Invocation>;
  readonly onGivenUp: (functionName: string, body: string) => void;
}): LocalQueues {
  const { accountId, region, clock, exists, invoke, onGivenUp } = options;
  const messages = new Set<Message>();

  async function deliver(message: Message): Promise<void> {
    message.receives += 1;
    message.hiddenUntil = clock.now() + hiddenMinutes * 60_000;
    const result = await invoke(message.functionName, eventOf(message, region, accountId));
    const comesAgain = !result.ok || isFailure(result.payload, message.messageId);
    if (comesAgain && message.receives < mostReceives) return;
    messages.delete(message);
    if (comesAgain) onGivenUp(message.functionName, message.body);
  }

  return {
    service: {
      async handle(operation, raw) {
        if (operation !== 'SendMessageBatch') throw new AwsError('UnknownOperationException', '');
        const parsed = input.safeParse(raw);
        if (!parsed.success) throw new AwsError('InvalidParameterValue', 'An entry is not of its form.');
        const { QueueUrl, Entries } = parsed.data;
        const functionName = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
        if (!exists(functionName)) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
        assertBatch(Entries);
        const Successful = Entries.map(({ Id, MessageBody: body }) => {
          const message = { messageId: randomUUID(), functionName, body, receives: 0, hiddenUntil: 0 };
          messages.add(message);
          void deliver(message);
          return { Id, MessageId: message.messageId, MD5OfMessageBody: md5(body) };
        });
        return { Successful, Failed: [] };
      },
    },
    tick() {
      for (const message of messages) if (clock.now() >= message.hiddenUntil) void deliver(message);
    },
  };
}

function assertBatch(entries: readonly z.infer<typeof entry>[]): void {
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10) throw new AwsError('TooManyEntriesInBatchRequest', 'At most 10 entries are permitted.');
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
}

/** What Lambda makes of a message. */
function eventOf({ messageId, functionName, body, receives }: Message, region: string, accountId: string): object {
  return {
    Records: [
      {
        messageId,
        receiptHandle: `local-${messageId}`,
        body,
        attributes: { ApproximateReceiveCount: String(receives) },
        messageAttributes: {},
        md5OfBody: md5(body),
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:${region}:${accountId}:${functionName}`,
        awsRegion: region,
      },
    ],
  };
}

function isFailure(payload: unknown, messageId: string): boolean {
  const { batchItemFailures = [] } = (payload ?? {}) as {
    readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[];
  };
  return batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === messageId);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
