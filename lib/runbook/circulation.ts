import { isScheduled } from '../catalog/catalog.ts';
import { type Schedule, scheduleText } from '../catalog/schedule.ts';
import type { Instant } from '../engine/contract.ts';
import type { DependentFacts } from '../engine/facts.ts';
import { minute } from '../engine/time.ts';
import type { Material } from './material.ts';
import type { Block } from './runbook.ts';

export function copies({ entry, dependents, health, status }: Material): readonly Block[] {
  const { token, consumers } = entry;
  const answeredAt = health?.versionId === status?.currentVersion ? health?.answeredAt : undefined;
  const places = token.dependents.map(
    ({ name, kind }) =>
      `${name} (${dependents.get(name)?.title ?? kind})${startText(dependents.get(name))}${answeredText(answeredAt?.[name])}`,
  );
  const isKeeping = ({ name }: { readonly name: string }) => dependents.get(name)?.readsFrom === undefined;
  const says = token.dependents.every(isKeeping)
    ? 'These places keep a copy'
    : 'These places keep a copy or read one when they start';
  const readers = consumers.map(
    ({ name, cacheHours, reads }) =>
      `${name}${reads === undefined ? '' : `, which reads ${reads}`}; it goes on with the old one for ${hoursText(cacheHours)}`,
  );
  return [
    {
      kind: 'text',
      text: `The vault keeps it under the name \`${token.secret}\`. That is the original; everything else is a copy.`,
    },
    places.length === 0
      ? { kind: 'text', text: 'No other place keeps a copy that Keyturn knows of.' }
      : { kind: 'text', text: `${says}, and Keyturn brings each of them along:` },
    ...(places.length === 0 ? [] : [{ kind: 'list', items: places } as const]),
    readers.length === 0 ? { kind: 'unwritten', text: 'Nobody has said who uses it.' } : { kind: 'text', text: 'These use it:' },
    ...(readers.length === 0 ? [] : [{ kind: 'list', items: readers } as const]),
  ];
}

function startText(facts: DependentFacts | undefined): string {
  if (facts?.readsFrom === undefined) return '';
  const what = facts.readsFrom === 'the-secret' ? 'the vault' : 'another of these places';
  return `: keeps nothing; it reads ${what} when it starts, and is started anew after each change`;
}

function answeredText(at: Instant | undefined): string {
  return at === undefined ? '' : `: in effect, answered by the app at ${minute(at)}`;
}

export function ends(material: Material): readonly Block[] {
  const { entry, rotator, status, health } = material;
  const { token, schedule } = entry;
  const expiry =
    health?.expiresAt !== undefined
      ? `It expires on ${minute(health.expiresAt)}.`
      : rotator.expiry.can
        ? status === undefined || status.state === 'unreadable'
          ? 'When it expires was not asked.'
          : 'Nothing has been seen yet of when it expires.'
        : `When it expires cannot be asked: ${rotator.expiry.why}.`;
  const next = status?.nextRotationAt === undefined ? '' : ` The next time is ${minute(status.nextRotationAt)} at the latest.`;
  return [
    { kind: 'text', text: expiry },
    {
      kind: 'text',
      text: isScheduled(entry)
        ? `Keyturn makes a new one by itself, ${rhythm(schedule)}, and asks nobody.${next}`
        : entry.needs.isAssisted
          ? `Only a person can make a new one. One is due ${rhythm(schedule)}; the owner is told before.`
          : 'Keyturn only watches it, and makes no new one.',
    },
    ...(token.mode === 'retire'
      ? [
          {
            kind: 'text',
            text: `After that the old one goes on working for ${hoursText(token.overlapHours)}. Then Keyturn makes sure that every place has the new one, and ends the old.`,
          } as const,
        ]
      : []),
    ...(token.mode === 'rotate'
      ? [{ kind: 'text', text: 'Keyturn never ends an old one here: whoever looks after it has to, at the provider.' } as const]
      : []),
  ];
}

/** What only machines read as a date is left to the date that comes next. */
function rhythm(schedule: Schedule): string {
  return 'cron' in schedule ? 'on the days that its schedule names' : scheduleText(schedule);
}

export function hoursText(hours: number): string {
  if (hours === 0) return 'no time at all';
  if (hours >= 48 && hours % 24 === 0) return `${hours / 24} days`;
  return hours === 1 ? 'an hour' : `${hours} hours`;
}
