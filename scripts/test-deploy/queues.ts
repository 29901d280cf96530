import {
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
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

export async function isQueue(sqs: SQSClient, name: string): Promise<boolean> {
  try {
    return (await urlOf(sqs, name)) !== '';
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return false;
    throw error;
  }
}

export async function removeQueue(sqs: SQSClient, name: string): Promise<void> {
  await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(sqs, name) }));
}

/** A queue that hears of a topic what is addressed to one person, as their mail program would. */
export async function openMailbox(
  { sns, sqs }: { readonly sns: SNSClient; readonly sqs: SQSClient },
  { name, topicArn, address }: { readonly name: string; readonly topicArn: string; readonly address: string },
): Promise<void> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const queueArn = Attributes?.['QueueArn'] ?? '';
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: { FilterPolicy: JSON.stringify({ address: [address] }) },
    }),
  );
}

/** The topic by which the function that tells reaches people. */
export async function topicOf(lambda: LambdaClient, functionName: string): Promise<string> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  return Environment?.Variables?.['KEYTURN_PEOPLE_TOPIC'] ?? '';
}
