import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

// Queues and what takes from them, through the real SDK.

export async function urlOf(sqs: SQSClient, name: string): Promise<string> {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl ?? '';
}

/** How many messages wait, and are not with anybody. */
export async function waitingIn(sqs: SQSClient, name: string): Promise<number> {
  const attribute = 'ApproximateNumberOfMessages';
  const QueueUrl = await urlOf(sqs, name);
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [attribute] }));
  return Number(Attributes?.[attribute]);
}

/** Where a queue sends what came too often, by its name. */
export async function deadLetterQueueOf(sqs: SQSClient, name: string): Promise<string> {
  const QueueUrl = await urlOf(sqs, name);
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }));
  const { deadLetterTargetArn } = JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}') as { deadLetterTargetArn?: string };
  return deadLetterTargetArn?.split(':').at(-1) ?? '';
}

export async function send(sqs: SQSClient, name: string, text: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: await urlOf(sqs, name), MessageBody: text }));
}

/** Takes one message out for good, if there is one. */
export async function takeOut(sqs: SQSClient, name: string): Promise<string | undefined> {
  const QueueUrl = await urlOf(sqs, name);
  const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  if (message === undefined) return undefined;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return message.Body;
}

/** Answers how long it was before. */
export async function hideFor(sqs: SQSClient, name: string, seconds: number): Promise<number> {
  const attribute = 'VisibilityTimeout';
  const QueueUrl = await urlOf(sqs, name);
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [attribute] }));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { [attribute]: String(seconds) } }));
  return Number(Attributes?.[attribute]);
}

/** The one mapping by which a function takes from its queue. */
export async function mappingOf(lambda: LambdaClient, functionName: string): Promise<Mapping> {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: functionName }));
  const [mapping, ...others] = EventSourceMappings;
  if (mapping === undefined || others.length > 0)
    throw new Error(`${functionName} takes from ${EventSourceMappings.length} queues.`);
  return {
    id: mapping.UUID ?? '',
    queue: mapping.EventSourceArn?.split(':').at(-1) ?? '',
    atOnce: mapping.ScalingConfig?.MaximumConcurrency,
    batchSize: mapping.BatchSize,
  };
}

export interface Mapping {
  readonly id: string;
  readonly queue: string;
  readonly atOnce: number | undefined;
  readonly batchSize: number | undefined;
}

export async function setMapping(lambda: LambdaClient, id: string, isEnabled: boolean): Promise<void> {
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: isEnabled }));
}

/** `Enabled` or `Disabled` when it has come to rest. */
export async function stateOf(lambda: LambdaClient, id: string): Promise<string | undefined> {
  return (await lambda.send(new GetEventSourceMappingCommand({ UUID: id }))).State;
}
