import type * as z from 'zod';
import type { AnyDependent, AnyRotator } from '../engine/contract.ts';
import { dependentFor, rotatorFor } from '../engine/specific.ts';
import { builtIn, type CatalogRegistry } from './catalog.ts';
import { sharedFields, type TokenFields, tokenFields } from './fields.ts';
import { judge, metaAt, type Partly, readFields } from './read-fields.ts';
import { type Schedule, scheduleFaults } from './schedule.ts';
import { type Meaning, pastedSecrets } from './secret-faults.ts';
import { secretArnPattern } from './secret-id.ts';
import type { Fault, Sheet } from './sheet.ts';
import { didYouMean, type Path, quote } from './wording.ts';

/** keyturn.yaml, as far as it can be read. */
export interface SharedDraft {
  readonly sheet: Sheet | undefined;
  /** Undefined where it is not known who there is, so that nobody can be called unknown. */
  readonly people: ReadonlyMap<string, PersonDraft> | undefined;
  readonly teams: ReadonlyMap<string, TeamDraft> | undefined;
  readonly defaults: Defaults;
  readonly freezes?: SharedPartly['freezes'];
  readonly alerts?: SharedPartly['alerts'];
}

type SharedPartly = Partly<z.infer<typeof sharedFields>>;
type PersonDraft = NonNullable<NonNullable<SharedPartly['people']>[string]>;
type TeamDraft = NonNullable<NonNullable<SharedPartly['teams']>[string]>;
type Defaults = Pick<TokenFields, 'mode' | 'overlapHours' | 'quietHours'> & {
  readonly schedule?: Schedule;
  readonly isLost: boolean;
};

/** A token's file, as far as it can be read. What is undefined was missing or not fit; that has been reported. */
export interface TokenDraft {
  readonly name: string;
  readonly sheet: Sheet;
  readonly fields: Partly<TokenFields>;
  /** As it is for any scope. */
  readonly provider?: AnyRotator;
  /** As it is for this scope; undefined also where that follows from the scope, and the scope could not be read. */
  readonly rotator?: AnyRotator;
  /** As the rotator's schema read it. */
  readonly scope?: unknown;
  readonly dependents: readonly DependentDraft[];
  readonly mode?: TokenFields['mode'];
  readonly schedule?: Schedule;
  readonly overlapHours?: number;
  readonly quietHours?: number;
}

export interface DependentDraft {
  readonly index: number;
  readonly fields: Partly<NonNullable<TokenFields['dependents']>[number]>;
  readonly plugin?: AnyDependent;
  /** As the plug-in's schema read it. */
  readonly target?: unknown;
}

export function draftShared(sheet: Sheet | undefined): { readonly shared: SharedDraft; readonly faults: readonly Fault[] } {
  const nothing: SharedDraft = { sheet, people: undefined, teams: undefined, defaults: { isLost: true } };
  if (sheet === undefined || sheet.isBroken) return { shared: nothing, faults: [] };
  const { fields = {}, faults } = readFields(sharedFields, sheet, sheet.value);
  const written = fields.defaults?.schedule;
  const schedule = written === undefined ? undefined : readSchedule(written, ['defaults', 'schedule'], faults);
  const defaults: Defaults = {
    ...fields.defaults,
    schedule: schedule?.schedule,
    // With an unreadable default, no token can be blamed for what it does not say.
    isLost: faults.some(({ path }) => path[0] === 'defaults') || (schedule?.faults.length ?? 0) > 0,
  };
  const people = fields.people && byId(fields.people);
  const hasTeams = fields.teams !== undefined || !Object.hasOwn(sheet.value, 'teams');
  const teams = hasTeams ? byId(fields.teams ?? {}) : undefined;
  const pasted = pastedSecrets(sheet, () => 'prose');
  return {
    shared: { sheet, people, teams, defaults, freezes: fields.freezes, alerts: fields.alerts },
    faults: [...faults, ...(schedule?.faults ?? []), ...pasted],
  };
}

export async function draftToken(
  name: string,
  sheet: Sheet,
  registry: CatalogRegistry,
  { defaults }: SharedDraft,
): Promise<{ readonly draft: TokenDraft; readonly faults: readonly Fault[] }> {
  const { fields = {}, faults: found } = readFields(tokenFields, sheet, sheet.value);
  const faults: Fault[] = [...found];

  let provider: AnyRotator | undefined;
  let rotator: AnyRotator | undefined;
  let scope: unknown;
  if (fields.provider !== undefined) {
    const loaded = await load(fields.provider, rotatorsOf(registry), ['provider']);
    faults.push(...loaded.faults);
    provider = loaded.plugin;
    if (provider !== undefined) {
      const read = judge(provider.scope, sheet, rawAt(sheet.value, 'scope'), ['scope'], adviceFor(provider.facts.name));
      scope = read.value;
      faults.push(...read.faults);
      if (scope !== undefined) rotator = rotatorFor(provider, scope);
      else if (provider.forScope === undefined) rotator = provider;
    }
  }

  const dependents: DependentDraft[] = [];
  for (const [index, each] of (fields.dependents ?? []).entries()) {
    if (each === undefined) continue;
    const drafted = await draftDependent(index, each, sheet, registry);
    faults.push(...drafted.faults);
    dependents.push(drafted.dependent);
  }

  const own = fields.schedule === undefined ? undefined : readSchedule(fields.schedule, ['schedule'], found);
  faults.push(...(own?.faults ?? []));
  const says = (field: keyof TokenFields) => Object.hasOwn(sheet.value, field);
  const schedule = says('schedule') ? own?.schedule : defaults.schedule;
  if (!says('schedule') && schedule === undefined && !defaults.isLost) faults.push(noSchedule);

  faults.push(...pastedSecrets(sheet, (path) => meaningOf(path, provider, dependents)));
  const fallback = <Value>(known: Value | undefined, last: Value) => (defaults.isLost ? undefined : (known ?? last));
  const draft: TokenDraft = {
    name,
    sheet,
    fields,
    provider,
    rotator,
    scope,
    dependents,
    schedule,
    // What somebody else made is not changed before its owner has said so in its own file.
    mode: says('mode') ? fields.mode : fields.adopt === true ? 'observe' : fallback(defaults.mode, builtIn.mode),
    overlapHours: says('overlapHours') ? fields.overlapHours : fallback(defaults.overlapHours, builtIn.overlapHours),
    quietHours: says('quietHours') ? fields.quietHours : fallback(defaults.quietHours, builtIn.quietHours),
  };
  return { draft, faults };
}

/** Whether the secret was there before. An ARN has six characters that only AWS gives. */
export function isAdopted({ adopt = false, secret = '', rotation }: Partly<TokenFields>): boolean {
  if (rotation === 'external') return true;
  return adopt || secretArnPattern.test(secret);
}

async function draftDependent(
  index: number,
  fields: DependentDraft['fields'],
  sheet: Sheet,
  registry: CatalogRegistry,
): Promise<{ readonly dependent: DependentDraft; readonly faults: readonly Fault[] }> {
  if (fields.kind === undefined) return { dependent: { index, fields }, faults: [] };
  const path: Path = ['dependents', index];
  const { plugin: kind, faults } = await load(fields.kind, dependentsOf(registry), [...path, 'kind']);
  if (kind === undefined) return { dependent: { index, fields }, faults };
  const target = judge(kind.target, sheet, rawAt(fields, 'target'), [...path, 'target'], adviceFor(kind.facts.name));
  const plugin = target.value === undefined ? kind : dependentFor(kind, target.value);
  return { dependent: { index, fields, plugin, target: target.value }, faults: [...faults, ...target.faults] };
}

const noSchedule: Fault = {
  path: ['schedule'],
  code: 'missing',
  message: '`schedule` is missing, and keyturn.yaml gives no default.',
  fix: 'Write for example `schedule: { everyDays: 30 }`, here or under `defaults:` in keyturn.yaml.',
};

function readSchedule(
  written: Partly<NonNullable<TokenFields['schedule']>>,
  path: Path,
  known: readonly Fault[],
): { readonly schedule?: Schedule; readonly faults: readonly Fault[] } {
  // Of a schedule that could not be read as a whole, only what was read can be judged.
  const isWhole = !known.some((fault) => path.every((step, index) => fault.path[index] === step));
  const faults = scheduleFaults(written)
    .filter(({ field }) => isWhole || field !== undefined)
    .map(({ field, message, fix }): Fault => {
      return { path: field === undefined ? path : [...path, field], code: 'schedule', message, fix };
    });
  return isWhole && faults.length === 0 ? { schedule: written as Schedule, faults } : { faults };
}

/** What is not written at all is an empty group, so that each field which is missing in it is named. */
function rawAt(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  const raw = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return raw ?? {};
}

function byId<Value>(record: Readonly<Record<string, Value | undefined>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(record).flatMap(([id, each]) => (each === undefined ? [] : [[id, each] as const])));
}

// ---------------------------------------------------------------------------------------------------------------- plug-ins

interface Shelf<Plugin> {
  readonly names: readonly string[];
  readonly code: 'unknown-provider' | 'unknown-kind';
  readonly sort: string;
  readonly command: string;
  readonly take: (name: string) => Promise<Plugin | undefined>;
}

function rotatorsOf(registry: CatalogRegistry): Shelf<AnyRotator> {
  const take = (name: string) => registry.rotator(name);
  return { names: registry.rotatorNames, code: 'unknown-provider', sort: 'provider', command: 'rotators', take };
}

function dependentsOf(registry: CatalogRegistry): Shelf<AnyDependent> {
  const take = (name: string) => registry.dependent(name);
  return { names: registry.dependentNames, code: 'unknown-kind', sort: 'kind of dependent', command: 'dependents', take };
}

async function load<Plugin>(
  name: string,
  shelf: Shelf<Plugin>,
  path: Path,
): Promise<{ readonly plugin?: Plugin; readonly faults: readonly Fault[] }> {
  if (!shelf.names.includes(name)) {
    const meant = didYouMean(name, shelf.names);
    const fix = meant === undefined ? `See \`keyturn ${shelf.command}\` for the names.` : `Did you mean \`${meant}\`?`;
    return { faults: [{ path, code: shelf.code, message: `There is no ${shelf.sort} ${quote(name)}.`, fix }] };
  }
  const plugin = await shelf.take(name).catch(() => undefined);
  if (plugin !== undefined) return { plugin, faults: [] };
  const message = `The plug-in of the ${shelf.sort} ${quote(name)} cannot be loaded.`;
  return { faults: [{ path, code: 'plugin', message, fix: 'Run `npm ci` again; if that does not help, please report it.' }] };
}

function adviceFor(plugin: string): string {
  return `See the docs page of ${plugin}.`;
}

// ---------------------------------------------------------------------------------------------------------------- pasted secrets

const forPeople = ['description', 'stopsWhenItFails', 'runbook', 'account'];

function meaningOf(path: Path, rotator: AnyRotator | undefined, dependents: readonly DependentDraft[]): Meaning {
  const [first, index, field] = path;
  if (forPeople.includes(String(first)) || (first === 'consumers' && field === 'reads')) return 'prose';
  const plugin = dependents.find((each) => each.index === index)?.plugin;
  const isIdentifier =
    (first === 'scope' && rotator !== undefined && metaAt(rotator.scope, path.slice(1))['identifier'] === true) ||
    (first === 'dependents' &&
      field === 'target' &&
      plugin !== undefined &&
      metaAt(plugin.target, path.slice(3))['identifier'] === true);
  return isIdentifier ? 'identifier' : 'name';
}
