import { join } from 'node:path';
import type { DependentEntry, Probe, Token } from '../engine/token.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import {
  type Account,
  type AlertSettings,
  builtInAlerts,
  type Catalog,
  type CatalogEntry,
  type CatalogRegistry,
  type Consumer,
  type Freeze,
  type Person,
  type Team,
} from './catalog.ts';
import { draftShared, draftToken, isAdopted, type SharedDraft, type TokenDraft } from './draft.ts';
import { idPattern, type TokenFields } from './fields.ts';
import { fleetFaults } from './fleet-rules.ts';
import { freezeFaults } from './freeze-rules.ts';
import { needsOf } from './needs.ts';
import { type Place, placeFaults } from './place-rules.ts';
import { fileProblem, type Problem, sortProblems } from './problem.ts';
import { readFolder } from './read-folder.ts';
import { readSheet } from './read-sheet.ts';
import { report } from './report.ts';
import type { CatalogFile, Fault, Sheet } from './sheet.ts';
import { sharedFaults, tokenFaults } from './token-rules.ts';
import { visible } from './wording.ts';

export interface Loaded {
  /** Missing if and only if one of the problems is an error. */
  readonly catalog?: Catalog;
  readonly problems: readonly Problem[];
}

/**
 * Reads keyturn.yaml and one file a token from a folder. Every problem is reported at once, in the order of files and lines; nothing is
 * thrown, nobody is called, and no problem shows what looks like the value of a secret. With a place, what could not be deployed there is
 * a problem too; with `loopback` it is a catalog for a laptop, whose addresses may be on the machine itself.
 */
export async function loadCatalog(
  folder: string,
  registry: CatalogRegistry,
  options: { readonly place?: Place; readonly loopback?: LoopbackHosts } = {},
): Promise<Loaded> {
  const { files, problems } = await readFolder(folder);
  if (files.length === 0 && problems.length > 0) return { problems: sortProblems(problems) };
  const checked = await checkCatalog(files, registry, folder, options);
  const all = sortProblems([...problems, ...checked.problems]);
  return problems.length === 0 && checked.catalog !== undefined ? { catalog: checked.catalog, problems: all } : { problems: all };
}

/** The same for files that are already at hand. `folder` is only for telling a person where a file is missing. */
export async function checkCatalog(
  files: readonly CatalogFile[],
  registry: CatalogRegistry,
  folder = '.',
  { place, loopback }: { readonly place?: Place; readonly loopback?: LoopbackHosts } = {},
): Promise<Loaded> {
  const faults = new Map<Sheet, Fault[]>();
  const add = (sheet: Sheet, found: Iterable<Fault>) => faults.set(sheet, [...(faults.get(sheet) ?? []), ...found]);
  const problems: Problem[] = [];
  try {
    const inOrder = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
    const sheets = inOrder.map((file) => {
      const read = readSheet(file);
      add(read.sheet, read.faults);
      return read.sheet;
    });
    const sharedSheet = sheets.find(({ name }) => name === sharedFile);
    const { shared, faults: found } = draftShared(sharedSheet);
    if (sharedSheet === undefined) problems.push(noSharedFile(folder));
    else add(sharedSheet, [...found, ...sharedFaults(shared, loopback), ...freezeFaults(shared, registry.rotatorNames)]);

    const drafts: TokenDraft[] = [];
    for (const sheet of sheets.filter((each) => each !== sharedSheet)) {
      const name = tokenName(sheet.name);
      add(sheet, nameFaults(sheet.name, name));
      if (sheet.isBroken || sheet.name.endsWith(`/${sharedFile}`)) continue;
      const { draft, faults } = await draftToken(name, sheet, registry, shared);
      const own = [...faults, ...tokenFaults(draft, shared, loopback), ...(place === undefined ? [] : placeFaults(draft, place))];
      add(sheet, own);
      drafts.push(draft);
    }
    for (const { draft, fault } of fleetFaults(drafts)) add(draft.sheet, [fault]);
    if (sheets.every((sheet) => sheet === sharedSheet)) problems.push(noTokens(folder));

    for (const [sheet, each] of faults) problems.push(...report(sheet, each));
    const isSound = problems.every(({ severity }) => severity !== 'error');
    const sorted = sortProblems(problems);
    return isSound ? { catalog: assemble(shared, drafts), problems: sorted } : { problems: sorted };
  } catch (error) {
    // What a surprise says may quote the file, so only its class is told.
    const kind = error instanceof Error ? error.constructor.name : typeof error;
    const fix = 'This is a fault in Keyturn: please report it with the class of the error.';
    return { problems: [fileProblem(visible(folder), 'internal', `The catalog could not be checked (${kind}).`, fix)] };
  }
}

// ---------------------------------------------------------------------------------------------------------------- files

const sharedFile = 'keyturn.yaml';

function tokenName(name: string): string {
  return (name.split('/').at(-1) ?? '').replace(/\.yaml$/, '');
}

function* nameFaults(file: string, name: string): Iterable<Fault> {
  const at = { path: [], offset: 0, code: 'file-name' } as const;
  if (file.endsWith(`/${sharedFile}`)) {
    const message = 'keyturn.yaml belongs in the folder of the catalog itself, and this is a folder within it.';
    yield { ...at, message, fix: 'Move what it says there, and delete this one.' };
  } else if (!idPattern.test(name) || name.length > 64) {
    const message = "A token's name, which is the name of its file, consists of up to 64 lower case letters, digits and hyphens.";
    yield { ...at, message, fix: 'Rename the file, for example `npm-publish.yaml`.' };
  }
}

function noSharedFile(folder: string): Problem {
  const fix = 'Write it with `version: 1` and `people:`; the example catalog of Keyturn shows how.';
  return fileProblem(
    visible(join(folder, sharedFile)),
    'no-keyturn-file',
    'There is no keyturn.yaml, which says who the people are.',
    fix,
  );
}

function noTokens(folder: string): Problem {
  return fileProblem(
    visible(folder),
    'no-tokens',
    'The folder holds no token.',
    'Write one file a token, for example `npm-publish.yaml`.',
  );
}

// ---------------------------------------------------------------------------------------------------------------- the catalog

// Without errors every required field is there and of its type, which the types of the drafts cannot say.
function assemble(shared: SharedDraft, drafts: readonly TokenDraft[]): Catalog {
  return {
    people: (shared.people ?? new Map()) as ReadonlyMap<string, Person>,
    teams: (shared.teams ?? new Map()) as ReadonlyMap<string, Team>,
    freezes: (shared.freezes ?? []).map((each) => freezeOf(each as Written)),
    alerts: alertsOf(shared.alerts as Partial<AlertSettings> | undefined),
    entries: drafts.map(entryOf).sort((a, b) => (a.token.name < b.token.name ? -1 : 1)),
  };
}

type Written = { readonly from: string; readonly until: string; readonly why: string; readonly providers?: readonly string[] };

function freezeOf({ from, until, why, providers }: Written): Freeze {
  return { from: Date.parse(from), until: Date.parse(until), why, ...given({ providers }) };
}

function alertsOf(written: Partial<AlertSettings> = {}): AlertSettings {
  const { escalateHours, warnDays = builtInAlerts.warnDays, ...others } = written;
  return {
    ...builtInAlerts,
    ...given(others),
    escalateHours: { ...builtInAlerts.escalateHours, ...given(escalateHours ?? {}) },
    warnDays: [...new Set(warnDays)].sort((a, b) => b - a),
  };
}

function entryOf(draft: TokenDraft): CatalogEntry {
  const fields = draft.fields as TokenFields;
  return {
    token: tokenOf(draft, fields),
    file: draft.sheet.file,
    description: fields.description,
    stopsWhenItFails: fields.stopsWhenItFails,
    owner: fields.owner,
    backup: fields.backup,
    ...given({ team: fields.team, runbook: fields.runbook }),
    account: fields.account as Account,
    schedule: draft.schedule as CatalogEntry['schedule'],
    isAdopted: isAdopted(fields),
    needs: needsOf(draft),
    consumers: (fields.consumers ?? []) as readonly Consumer[],
  };
}

function tokenOf({ name, mode, overlapHours, quietHours }: TokenDraft, fields: TokenFields): Token {
  return {
    name,
    secret: fields.secret,
    provider: fields.provider,
    scope: fields.scope ?? {}, // as written: the function parses it again
    ...given({ authority: fields.authority }),
    value: layoutOf(fields.value),
    mode: mode as Token['mode'],
    ...given({ rotation: fields.rotation }),
    exclusive: fields.exclusive ?? false,
    overlapHours: overlapHours as number,
    quietHours: quietHours as number,
    ...given({ maxOverlapHours: fields.maxOverlapHours, drillEveryDays: fields.drillEveryDays }),
    expect: fields.expect ?? {},
    dependents: (fields.dependents ?? []).map(dependentOf),
    checks: (fields.checks ?? []).map(({ name, url, header = 'Authorization', prefix = 'Bearer ', expectStatus = [200] }) => {
      return { name, url, header, prefix, expectStatus };
    }),
  };
}

function layoutOf(value: TokenFields['value']): Token['value'] {
  return value?.format === 'json' ? { format: 'json', fields: value.fields ?? {} } : { format: 'text' };
}

type DependentFields = NonNullable<TokenFields['dependents']>[number];

function dependentOf(fields: DependentFields): DependentEntry {
  const { name, kind, target, authority, via, copies = 'value', onForeign = 'stop', after } = fields;
  const probe = probeOf(fields.probe);
  return { name, kind, target: target ?? {}, ...given({ authority, via }), copies, onForeign, ...given({ after, probe }) };
}

function probeOf({ route, workflow, ref = 'main' }: NonNullable<DependentFields['probe']> = {}): Probe | undefined {
  if (route !== undefined) return { route };
  return workflow === undefined ? undefined : { workflow, ref };
}

/** Only what is there: a field that is undefined is not the same as none in a document that must stay the same to the letter. */
function given<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
