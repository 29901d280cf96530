import type { Ledger } from '../engine/records.ts';
import { type DigestInput, digestDay, digestsOf } from './digest.ts';
import { type AlertEvent, alertEvents, type DigestEvent } from './events.ts';
import { type Change, type Situation, settleAlerts } from './settle.ts';

/** Puts events where they are heard. Throws where one was not taken. */
export type Publish = (events: readonly (AlertEvent | DigestEvent)[]) => Promise<void>;

interface Voice {
  readonly ledger: Pick<Ledger, 'alerts' | 'saveAlert' | 'removeAlert' | 'takeDigest'>;
  readonly publish: Publish;
}

/** How many alerts are written at the same time. */
const atOnce = 10;

/**
 * Tells what a sweep found. An alert is written before it is told, by comparing, so that of two sweeps one tells; and confirmed after, so that
 * what was written and never told is told by a later sweep. Answers how many events there were. Throws where the ledger or the bus does not
 * answer: the next sweep goes on.
 */
export async function tellAlerts({ ledger, publish }: Voice, situation: Situation): Promise<number> {
  const changes = settleAlerts(situation, await ledger.alerts());
  const won: Change[] = [];
  await inTurns(changes, async (change) => {
    const { alert, seen, isOver } = change;
    const outcome = isOver ? await ledger.removeAlert(alert) : await ledger.saveAlert(alert, seen);
    if (outcome !== 'lost' && change.telling !== undefined) won.push(change);
  });
  const events = alertEvents(situation, won);
  try {
    await publish(events);
  } catch (error) {
    // That something is over would never be told: it is put back, and found to be over again.
    await inTurns(won, async ({ alert, isOver }) => {
      if (isOver) await ledger.saveAlert(alert, undefined);
    });
    throw error;
  }
  await inTurns(won, async ({ alert, isOver }) => {
    if (!isOver) await ledger.saveAlert({ ...alert, toldAt: situation.now, revision: alert.revision + 1 }, alert);
  });
  return events.length;
}

/** The digests of a day, once its hour has come and unless another sweep has taken them. Answers how many there were. */
export async function tellDigests(
  { ledger, publish }: Voice,
  input: Omit<DigestInput, 'day' | 'recent'> & { readonly recent: () => Promise<DigestInput['recent']> },
): Promise<number> {
  const day = digestDay(input.now, input.settings);
  if (day === undefined || !(await ledger.takeDigest(day))) return 0;
  const digests = digestsOf({ ...input, recent: await input.recent(), day });
  await publish(digests);
  return digests.length;
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let index = 0; index < items.length; index += atOnce) await Promise.all(items.slice(index, index + atOnce).map(work));
}
