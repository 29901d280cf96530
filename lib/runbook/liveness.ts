import type { Happened } from '../engine/records.ts';
import { day, minute } from '../engine/time.ts';
import type { Proven } from '../operations/proven.ts';
import type { TokenState } from '../operations/token-status.ts';
import { daysSince, type Material } from './material.ts';
import type { Block } from './runbook.ts';

/** How a state is said to somebody who does not know these words. */
export const stateWords: Readonly<Record<TokenState, string>> = {
  missing: 'It is not in the vault: nothing can use it.',
  unreadable: 'The vault did not say how it is.',
  parked: 'The last attempt to renew it failed. The current one goes on working.',
  overdue: 'It should have been renewed by now, and was not.',
  empty: 'There is none yet.',
  off: 'Nothing renews it by itself.',
  rotating: 'It is just being renewed.',
  held: 'It works. Nothing old of it is ended, because somebody asked for that.',
  paused: 'Somebody has stopped all work on it for a while.',
  observed: 'Keyturn watches it, and changes nothing.',
  fine: 'All is well.',
};

export function now({ status, health }: Material): string {
  if (status === undefined) return 'How it is now was not asked: this page is made of the catalog alone.';
  const { hold, pause, trouble } = status;
  return [
    stateWords[status.state],
    ...(health?.verdict === 'invalid' ? [`The provider refused it on ${minute(health.checkedAt)}.`] : []),
    ...(hold === undefined || hold.why === '' ? [] : [`On hold: ${hold.why}.`]),
    ...(pause === undefined ? [] : [`Stopped by ${pause.by}: ${pause.why}.`]),
    ...(trouble === undefined ? [] : [trouble]),
  ].join(' ');
}

const staleDays = 365;

export function warnings(material: Material): readonly string[] {
  const { catalog, entry, rotator, dependents, at } = material;
  const used = [rotator, ...dependents.values()];
  const stale = [...new Set(used)].flatMap(({ title, sources }) => {
    const oldest = sources.map(({ checked }) => checked).toSorted()[0];
    return oldest !== undefined && daysSince(oldest, at) > staleDays
      ? [
          `What this page says of ${title} was last compared with its documents on ${oldest}. Things may look different there now.`,
        ]
      : [];
  });
  const gone = (
    [
      ['owner', entry.owner],
      ['backup', entry.backup],
    ] as const
  ).flatMap(([what, id]) => {
    const person = catalog.people.get(id);
    return person?.left !== undefined && person.left <= day(at)
      ? [`Its ${what} ${person.name} left on ${person.left}: somebody else has to be named.`]
      : [];
  });
  const proven = lastProof(material)?.at;
  const unproven =
    proven === undefined && !isAsked(material)
      ? []
      : proven === undefined
        ? ['Nothing shows yet that its renewal works: no renewal of it, nor a rehearsal, is on record.']
        : daysSince(day(proven), at) > staleDays
          ? [`Its last renewal or rehearsal was on ${day(proven)}: more than a year ago.`]
          : [];
  return [...gone, ...stale, ...unproven, ...changed(material.proven)];
}

/** Where nobody answered, that nothing is on record says nothing. */
function isAsked({ status, happened }: Material): boolean {
  return status !== undefined && (status.state !== 'unreadable' || happened.length > 0);
}

const partWords: Readonly<Record<string, string>> = {
  account: 'which account it is for, or what it may do there',
  authority: 'what makes new ones',
  expectations: 'what is expected of it',
  layout: 'how it is stored',
  checks: 'its own checks',
};

/** What was changed since, and what that means; nothing where nothing was. */
export function changed(proven: Proven | undefined): readonly string[] {
  return changedText(proven).map((text) => `${text}. Whether its renewal still works is not shown yet.`);
}

/** `Changed since it was last proven: the place CI`. */
export function changedText({ changed: parts }: Pick<Proven, 'changed'> = { changed: [] }): readonly string[] {
  if (parts.length === 0) return [];
  const places = parts.flatMap((part) => /^place (.*)$/s.exec(part)?.[1] ?? []);
  const others = parts.flatMap((part) => partWords[part] ?? []);
  const what = [
    ...others,
    ...(places.length === 0 ? [] : [`${places.length === 1 ? 'the place' : 'the places'} ${places.join(', ')}`]),
  ];
  return [`Changed since it was last proven: ${what.join('; ')}`];
}

export function lastProven(material: Material): readonly Block[] {
  const { happened, health } = material;
  if (!isAsked(material) && health === undefined)
    return [{ kind: 'text', text: 'It was not asked when it last worked, and when it was last renewed.' }];
  const proven = lastProof(material)?.at;
  const verdicts = {
    valid: 'accepted it',
    invalid: 'refused it',
    limited: 'was too busy to say',
    unclear: 'did not say',
  } as const;
  return [
    {
      kind: 'pairs',
      rows: [
        ['Last renewed', proven === undefined ? 'no renewal is on record' : minute(proven)],
        [
          'Last look',
          health === undefined
            ? 'nobody has looked yet'
            : `${minute(health.checkedAt)}: the provider ${verdicts[health.verdict]}`,
        ],
      ],
    },
    ...(happened.length === 0
      ? []
      : [{ kind: 'list', items: happened.slice(0, 10).map((each) => `${minute(each.at)}: ${sentence(each)}`) } as const]),
  ];
}

function sentence({ message, fix }: Happened): string {
  const end = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
  return fix === undefined ? end(message) : `${end(message)} ${end(fix)}`;
}

/** What showed last that a renewal works. */
export function lastProof({ happened, health, proven }: Material): { readonly at: number; readonly by: string } | undefined {
  const proof = happened.find(({ what }) => what === 'token.rotated' || what === 'drill.passed');
  if (proof !== undefined) return { at: proof.at, by: proof.what === 'token.rotated' ? 'a renewal' : 'a rehearsal' };
  // Both of these outlive the history.
  const at = proven?.at ?? health?.provenAt;
  return at === undefined ? undefined : { at, by: 'a renewal or a rehearsal' };
}
