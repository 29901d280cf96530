import colours from 'picocolors';
import type { Ability } from '../engine/facts.ts';
import type { DependentDescription, RotatorDescription } from '../plugin/describe.ts';

// What the lists of rotators and of dependents have in common.

type Description = RotatorDescription | DependentDescription;

/** All of them, or the one of this name. Throws a sentence with the names where there is none. */
export async function chosen<Plugin>(
  sort: 'rotator' | 'dependent',
  names: readonly string[],
  name: string | undefined,
  open: (name: string) => Promise<Plugin | undefined>,
): Promise<readonly Plugin[]> {
  if (name !== undefined && !names.includes(name))
    throw new Error(`There is no ${sort} of this name. There are: ${[...names].sort().join(', ')}.`);
  const plugins = await Promise.all((name === undefined ? [...names].sort() : [name]).map(open));
  return plugins.filter((plugin) => plugin !== undefined);
}

/** How far it is proven, at its best. */
export function provenIn({ proven }: Description): string {
  return proven.map(({ on, date }) => `${on}, ${date}`).join('; ');
}

/** One plug-in in full: what it can, what it needs, and how all this is known. `more` are lines of its own kind. */
export function detailOf(it: Description, fields: Fields, more: readonly string[]): readonly string[] {
  const { permissions, hosts, abilities, sources, unconfirmed } = it;
  return [
    `${colours.bold(it.name)}  ${it.title}`,
    it.summary,
    '',
    ...more,
    ...Object.entries(abilities).map(([name, ability]) => line(name, abilityText(ability))),
    line(
      'calls',
      hosts.map((host) => (typeof host === 'string' ? host : `the address in \`${host.field}\``)).join(', ') || 'AWS',
    ),
    line('proven', provenIn(it)),
    ...fieldLines(fields),
    ...list('needs', [...permissions.awsActions, ...permissions.awsActionsAnywhere, ...permissions.leastPrivilege]),
    ...list(
      'known from',
      sources.map(({ says, url, checked }) => `${says} (${url}, ${checked})`),
    ),
    ...list(
      'nobody could check',
      unconfirmed.map(({ says, setting }) => `${says} (setting: ${setting})`),
    ),
  ];
}

export function line(what: string, text: string): string {
  return `  ${colours.dim(what.padEnd(15))} ${text}`;
}

export function yesOrNo({ can }: Ability): string {
  return can ? colours.green('yes') : 'no';
}

function abilityText(ability: Ability): string {
  if (!ability.can) return `no: ${ability.why}`;
  const details = Object.entries(ability).filter(([name]) => name !== 'can');
  return ['yes', ...details.map(([name, value]) => `${name} ${value}`)].join(', ');
}

interface Fields {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Fields[];
  readonly oneOf?: readonly Fields[];
}

/** The fields of the catalog. Where it has a choice between several shapes, those of all; one that a shape does without may be left out. */
function fieldLines(schema: Fields): readonly string[] {
  const shapes = schema.anyOf ?? schema.oneOf ?? [schema];
  const fields = new Map(shapes.flatMap(({ properties = {} }) => Object.entries(properties)));
  const lines = [...fields].map(([name, { description }]) => {
    const isNeeded = shapes.every(({ required = [] }) => required.includes(name));
    return `${name}${isNeeded ? '' : ' (may be left out)'}${description === undefined ? '' : `: ${description}`}`;
  });
  return list('the catalog says', lines);
}

function list(heading: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : ['', colours.dim(heading), ...entries.map((entry) => `  - ${entry}`)];
}
