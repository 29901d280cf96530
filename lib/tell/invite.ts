import { addresseesOf } from '../alerts/addresses.ts';
import { type Post, plainAddress } from '../aws/mail.ts';
import type { Directory } from '../catalog/compiled.ts';
import type { Clock, LogEntry } from '../engine/ports.ts';

/**
 * Invites every address that the topic does not know: new ones, and those whose invitation has expired. Level-triggered: it may run at any time
 * and any number of times, and who is invited already hears nothing. Answers how many were invited, and how many have not confirmed.
 */
export async function inviteAddresses(
  post: Pick<Post, 'addresses' | 'invite'>,
  directory: Directory,
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: (entry: LogEntry) => void },
): Promise<{ readonly invited: number; readonly pending: number }> {
  const states = await post.addresses();
  const emails = new Set(addresseesOf(directory, clock.now()).map(({ email }) => plainAddress(email)));
  const strangers = [...emails].filter((email) => !states.has(email));
  // One after another: AWS sends a message for each.
  for (const email of strangers) await post.invite(email);
  const pending = [...emails].filter((email) => states.get(email) === 'pending').length;
  log({ event: 'addresses.invited', state: `${strangers.length} invited, ${pending} have not answered` });
  return { invited: strangers.length, pending };
}
