import type { Happening } from '../engine/ports.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';

/** The source of every event of ours on the bus. */
export const eventSource = 'keyturn';

/** Puts happenings on an event bus, with the team that they concern. Throws where the bus did not take one, which AWS says with a 200. */
export function createEventBridgeTeller(
  configuration: ClientConfiguration,
  bus: string,
  team?: string,
): (happening: Happening) => Promise<void> {
  return async (happening) => {
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
    const client = new EventBridgeClient(clientOptions(configuration));
    const { what, ...detail } = happening;
    const answer = await client.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: bus,
            Source: eventSource,
            DetailType: what,
            Detail: JSON.stringify({ version: 1, ...detail, ...(team === undefined ? {} : { team }) }),
          },
        ],
      }),
    );
    if ((answer.FailedEntryCount ?? 0) > 0) throw new Error('the event bus did not take the event');
  };
}
