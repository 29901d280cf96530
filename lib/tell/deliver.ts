import type { KeyturnEvent } from '../alerts/events.ts';
import { composeMessage, type Message } from '../alerts/message.ts';
import { asMail, asSlack, type Mail } from '../alerts/render.ts';
import type { Directory } from '../catalog/compiled.ts';
import { asRotationError, RotationError } from '../engine/errors.ts';

/** The ways by which somebody is reached. Each tries again by itself, and throws when it gives up. */
export interface Sinks {
  mail(address: string, mail: Mail): Promise<void>;
  operators(mail: Mail): Promise<void>;
  /** To the incoming webhook whose address is in this secret. */
  slack(secretId: string, body: object): Promise<void>;
  /** Signed with what is in this secret. */
  webhook(hook: { readonly url: string; readonly secret: string }, event: KeyturnEvent): Promise<void>;
}

interface Delivery {
  /** For whoever has to find out why it failed: `the Slack channel of platform`. */
  readonly where: string;
  deliver(): Promise<void>;
}

/**
 * Tells an event to everybody whom it is addressed to, and to the webhook of its team. One way that fails stops no other; when all have been
 * tried, `untold` says which failed and why.
 */
export async function deliver(event: KeyturnEvent, directory: Directory, sinks: Sinks): Promise<{ readonly delivered: number }> {
  const deliveries = [...toPeople(event, directory, sinks), ...toService(event, directory, sinks)];
  const outcomes = await Promise.allSettled(deliveries.map((each) => each.deliver()));
  const failures = outcomes.flatMap((outcome, index) => {
    if (outcome.status === 'fulfilled') return [];
    return [`${deliveries[index]?.where} (${asRotationError(outcome.reason, 'deliver').message})`];
  });
  if (failures.length === 0) return { delivered: deliveries.length };
  throw new RotationError('untold', `keyturn: ${event.type} ${event.detail.id} did not reach ${failures.join(', ')}`, {
    fix: 'Correct what the sentence names; the event lies in the queue of failures, and the daily digest tells what is still open.',
  });
}

function toPeople(event: KeyturnEvent, directory: Directory, sinks: Sinks): readonly Delivery[] {
  if (!('to' in event.detail)) return [];
  const message = composeMessage(event as Parameters<typeof composeMessage>[0], directory);
  return event.detail.to.flatMap((to) => {
    if (to.kind === 'operators') return [{ where: 'the operators', deliver: () => sinks.operators(asMail(message)) }];
    return to.kind === 'person' ? toPerson(to.id, message, directory, sinks) : toTeam(to.id, message, directory, sinks);
  });
}

function toPerson(id: string, message: Message, { people }: Directory, sinks: Sinks): readonly Delivery[] {
  const person = Object.hasOwn(people, id) ? people[id] : undefined;
  // Whoever is in no catalog any more is told nothing: the next sweep knows who is in their place.
  return person === undefined ? [] : [{ where: id, deliver: () => sinks.mail(person.email, asMail(message)) }];
}

function toTeam(id: string, message: Message, { teams }: Directory, sinks: Sinks): readonly Delivery[] {
  const team = Object.hasOwn(teams, id) ? teams[id] : undefined;
  if (team === undefined) return [{ where: 'the operators', deliver: () => sinks.operators(asMail(message)) }];
  const { email, slack } = team;
  return [
    { where: `the team ${id}`, deliver: () => sinks.mail(email, asMail(message)) },
    ...(slack === undefined
      ? []
      : [{ where: `the Slack channel of ${id}`, deliver: () => sinks.slack(slack, asSlack(message)) }]),
  ];
}

function toService(event: KeyturnEvent, { teams }: Directory, sinks: Sinks): readonly Delivery[] {
  const { team: id } = event.detail;
  const webhook = id !== undefined && Object.hasOwn(teams, id) ? teams[id]?.webhook : undefined;
  return webhook === undefined ? [] : [{ where: `the webhook of ${id}`, deliver: () => sinks.webhook(webhook, event) }];
}
