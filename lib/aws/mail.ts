import {
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  type Subscription,
} from '@aws-sdk/client-sns';
import type { Mail } from '../alerts/render.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { sortAwsError } from './errors.ts';

// E-mail through SNS. All addresses are subscribed to one topic, each by a filter that lets through only what is addressed to it: one topic for
// any number of people, and an address that was changed hears no more of what goes to the new one.

/** How far an address has come: whether somebody has followed the link that it was sent. */
export type AddressState = 'confirmed' | 'pending';

export interface Post {
  /** To one address; nobody else gets it. Reaches nobody while the address is not confirmed. */
  send(address: string, mail: Mail): Promise<void>;
  /** How far each address of the topic has come. One that is not in it was never invited, or did not answer in time. */
  addresses(): Promise<ReadonlyMap<string, AddressState>>;
  /** Asks an address whether it wants to hear from us: AWS sends it a link, which is good for two days. */
  invite(address: string): Promise<void>;
}

export function openPost(configuration: ClientConfiguration, topicArn: string): Post {
  const client = new SNSClient(clientOptions(configuration));
  return {
    async send(address, mail) {
      await publish(client, topicArn, mail, address);
    },

    async addresses() {
      const states = new Map<string, AddressState>();
      let next: string | undefined;
      do {
        const page = await client
          .send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, ...(next === undefined ? {} : { NextToken: next }) }))
          .catch(sorted('ListSubscriptionsByTopic'));
        for (const each of page.Subscriptions ?? []) if (isAddress(each)) states.set(addressIn(each), stateOf(each));
        next = page.NextToken;
      } while (next !== undefined);
      return states;
    },

    async invite(address) {
      const filter = JSON.stringify({ address: [plainAddress(address)] });
      await client
        .send(
          new SubscribeCommand({
            TopicArn: topicArn,
            Protocol: 'email',
            Endpoint: plainAddress(address),
            Attributes: { FilterPolicy: filter },
          }),
        )
        .catch(sorted('Subscribe'));
    },
  };
}

/** A topic whose subscribers get everything: that of the operators. */
export function openTopic(configuration: ClientConfiguration, topicArn: string): (mail: Mail) => Promise<void> {
  const client = new SNSClient(clientOptions(configuration));
  return (mail) => publish(client, topicArn, mail);
}

async function publish(client: SNSClient, topicArn: string, { subject, text }: Mail, address?: string): Promise<void> {
  const to = address === undefined ? undefined : { DataType: 'String', StringValue: plainAddress(address) };
  await client
    .send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: text,
        ...(to === undefined ? {} : { MessageAttributes: { address: to } }),
      }),
    )
    .catch(sorted('Publish'));
}

/** SNS compares filters to the letter. */
export function plainAddress(address: string): string {
  return address.trim().toLowerCase();
}

function isAddress({ Protocol: protocol, Endpoint: endpoint }: Subscription): boolean {
  return protocol === 'email' && endpoint !== undefined;
}

function addressIn({ Endpoint: endpoint = '' }: Subscription): string {
  return plainAddress(endpoint);
}

/** What stands in the place of an ARN says that there is none yet. */
function stateOf({ SubscriptionArn: arn = '' }: Subscription): AddressState {
  return arn.startsWith('arn:') ? 'confirmed' : 'pending';
}

function sorted(operation: string): (error: unknown) => never {
  return (error) => {
    throw sortAwsError('keyturn', operation, error);
  };
}
