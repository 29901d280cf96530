import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { happeningEvent, type KeyturnEvent } from '../alerts/events.ts';
import { RotationError } from '../engine/errors.ts';
import type { Clock, Happening } from '../engine/ports.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { sortAwsError } from './errors.ts';

/** The source of every event of ours on the bus. */
export const eventSource = 'keyturn';

/** What one call takes: entries, and bytes of all of them with room to spare. */
const atOnce = { entries: 10, bytes: 240_000 } as const;
const attempts = 4;

/**
 * Puts events on a bus, as many at once as it takes. An answer that is a 200 may say that it did not take some of them: those alone are put
 * again, a few times. Throws `unavailable` where one was not taken in the end.
 */
export function createEventPublisher(
  configuration: ClientConfiguration,
  bus: string,
  clock: Pick<Clock, 'sleep'>,
): (events: readonly KeyturnEvent[]) => Promise<void> {
  return async (events) => {
    if (events.length === 0) return;
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
    const client = new EventBridgeClient(clientOptions(configuration));
    const put = async (entries: readonly PutEventsRequestEntry[]): Promise<readonly PutEventsRequestEntry[]> => {
      const answer = await client.send(new PutEventsCommand({ Entries: [...entries] })).catch((error: unknown) => {
        throw sortAwsError('keyturn', 'PutEvents', error);
      });
      // In the order in which they were put.
      return entries.filter((_, index) => answer.Entries?.[index]?.EventId === undefined);
    };
    let waiting = events.map((event) => entryOf(event, bus));
    for (let attempt = 1; ; attempt += 1) {
      const refused: PutEventsRequestEntry[] = [];
      for (const batch of batches(waiting)) refused.push(...(await put(batch)));
      if (refused.length === 0) return;
      if (attempt === attempts) throw untaken(refused.length, events.length);
      waiting = refused;
      await clock.sleep(100 * 2 ** attempt);
    }
  };
}

/** Puts happenings on an event bus, with the team that they concern. Throws where the bus did not take one. */
export function createEventBridgeTeller(
  configuration: ClientConfiguration,
  bus: string,
  clock: Clock,
  team?: string,
): (happening: Happening) => Promise<void> {
  const publish = createEventPublisher(configuration, bus, clock);
  return (happening) => publish([happeningEvent({ at: clock.now(), ...happening }, team)]);
}

function entryOf({ type, detail }: KeyturnEvent, bus: string): PutEventsRequestEntry {
  return { EventBusName: bus, Source: eventSource, DetailType: type, Detail: JSON.stringify(detail) };
}

function* batches(entries: readonly PutEventsRequestEntry[]): Iterable<readonly PutEventsRequestEntry[]> {
  let [batch, bytes]: [PutEventsRequestEntry[], number] = [[], 0];
  for (const entry of entries) {
    const size = Buffer.byteLength(`${entry.Source}${entry.DetailType}${entry.Detail}`, 'utf8');
    if (batch.length === atOnce.entries || (batch.length > 0 && bytes + size > atOnce.bytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function untaken(count: number, all: number): RotationError {
  return new RotationError('unavailable', `keyturn: the event bus did not take ${count} of ${all} events`, {
    fix: 'Nothing to do: what was not told is told by the next sweep. If it goes on, see whether the bus is there.',
  });
}
