import type { Person } from '../catalog/catalog.ts';
import { day } from '../engine/time.ts';
import type { Material } from './material.ts';
import type { Block } from './runbook.ts';

export function whomToAsk({ catalog: { people, teams }, entry, at }: Material): readonly Block[] {
  const team = teams.get(entry.team ?? '');
  const reach = (id: string) => reachOf(people.get(id), id, day(at));
  return [
    {
      kind: 'pairs',
      rows: [
        ['Owner', reach(entry.owner)],
        ['If they cannot', reach(entry.backup)],
        ...(team === undefined ? [] : [['Team', `${team.name}, ${team.email}`] as const]),
      ],
    },
    ...(team === undefined ? [{ kind: 'unwritten', text: 'Nobody has said which team it belongs to.' } as const] : []),
    ...[...new Set([entry.owner, entry.backup])]
      .filter((id) => people.get(id)?.phone === undefined)
      .map((id) => ({ kind: 'unwritten', text: `Nobody has said how to call ${people.get(id)?.name ?? id} at night.` }) as const),
  ];
}

function reachOf(person: Person | undefined, id: string, today: string): string {
  if (person === undefined) return id;
  const { name, email, phone, left } = person;
  const gone = left !== undefined && left <= today ? `, who left on ${left}` : '';
  return [`${name}${gone}`, email, ...(phone === undefined ? [] : [phone])].join(', ');
}

export function account({ catalog: { people, teams }, entry, rotator }: Material): readonly Block[] {
  const { signIn, administrator, secondFactor, recovery } = entry.account;
  return [
    {
      kind: 'pairs',
      rows: [
        ['Provider', rotator.title],
        ['Sign in', signIn],
        ['Who may let you in', people.get(administrator)?.name ?? teams.get(administrator)?.name ?? administrator],
        ['Second factor', secondFactor],
        ['When nobody can sign in', recovery],
      ],
    },
  ];
}
