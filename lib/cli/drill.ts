import { Command, Option } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Drilled } from '../engine/drill.ts';
import { RotationError } from '../engine/errors.ts';
import { type Fault, faults, plantFault } from '../local/faults.ts';
import { signWalk, type Walk, walkOf } from '../operations/drill.ts';
import type { Installation } from '../operations/installation.ts';
import { openInstallation, type Place, stateFolderOf, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly sign?: string;
  readonly fault?: Fault;
}

export function drillCommand(): Command {
  return withPlace(new Command('drill'))
    .description(
      'Rehearses a renewal: a token is made that nobody gets, is checked, ended, and proven dead. What is in use is not touched.',
    )
    .argument('<token>', 'its name in the catalog')
    .option('--sign <person>', 'for a token that only people make: this person has walked through its runbook, and it holds')
    .addOption(
      new Option(
        '--fault <fault>',
        'with --local alone: the stand-in of the provider does something wrong, so that you see the rehearsal fail',
      )
        .choices(Object.keys(faults))
        .conflicts('sign'),
    )
    .addHelpText(
      'after',
      `
Faults:
${Object.entries(faults)
  .map(([name, what]) => `  ${name.padEnd(21)}the provider ${what}`)
  .join('\n')}

Examples:
  $ keyturn drill npm-publish
  $ keyturn drill web-deploy --local --fault survives-revocation`,
    )
    .action(async (name: string, options: Options) => {
      const stateFolder = options.fault === undefined ? undefined : folderForFaults(options);
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      if (options.fault !== undefined && stateFolder !== undefined)
        return drillWithFault(installation, entry, { json: options.json, fault: options.fault, stateFolder });
      if (options.sign !== undefined || entry.needs.isAssisted) return walk(installation, name, options);
      const progress = openProgress(options.json);
      progress.say(`${name}: a rehearsal token is made, checked, ended, and asked for again until it is refused`);
      const drilled = await installation.ask<Drilled>(entry, await installation.describe(entry), { Job: 'drill' });
      progress.end();
      answer(options.json, { token: name, ...drilled }, told(name, drilled));
      if (drilled.outcome === 'failed') process.exitCode = 1;
    });
}

/** Nothing on AWS has a switch for it: only the stand-ins of a laptop do wrong when they are asked to. */
function folderForFaults(options: Options): string {
  const stateFolder = stateFolderOf(options);
  if (stateFolder !== undefined) return stateFolder;
  throw new RotationError(
    'rejected',
    'keyturn: a fault is only put into the stand-ins of a laptop, and never into anything on AWS',
    {
      fix: 'Run `keyturn local` in another terminal, and say --local beside --fault.',
      definite: true,
    },
  );
}

interface WithFault {
  readonly json: boolean | undefined;
  readonly fault: Fault;
  readonly stateFolder: string;
}

async function drillWithFault(
  installation: Installation,
  entry: CatalogEntry,
  { json, fault, stateFolder }: WithFault,
): Promise<void> {
  const { name } = entry.token;
  const takeOut = plantFault(stateFolder, { api: standInOf(installation, entry), fault, now: installation.clock.now() });
  process.once('SIGINT', () => {
    takeOut();
    process.exit(130);
  });
  const progress = openProgress(json);
  progress.say(`${name}: a renewal is rehearsed while the stand-in of its provider ${faults[fault]}`);
  try {
    const drilled = await installation.ask<Drilled>(entry, await installation.describe(entry), { Job: 'drill' });
    progress.end();
    answer(json, { token: name, fault, ...drilled }, toldWithFault(name, drilled, fault));
    process.exitCode = 1;
  } finally {
    progress.end();
    takeOut();
  }
}

function standInOf({ catalog }: Installation, { token }: CatalogEntry): string {
  const apiOf = ({ provider, scope }: CatalogEntry['token']) => {
    const api =
      provider === 'gitlab' && typeof scope === 'object' && scope !== null && 'apiUrl' in scope ? scope.apiUrl : undefined;
    return typeof api === 'string' && new URL(api).hostname === '127.0.0.1' ? api : undefined;
  };
  const api = apiOf(token);
  if (api !== undefined) return api;
  const able = catalog.entries.flatMap((each) =>
    apiOf(each.token) !== undefined && each.token.mode === 'retire' ? [each.token.name] : [],
  );
  throw new RotationError('rejected', `${token.name}: what stands for its provider here does nothing wrong when it is asked to`, {
    fix: able.length === 0 ? 'Use the catalog of the story.' : `These have one that does: ${able.join(', ')}.`,
    definite: true,
  });
}

function toldWithFault(name: string, drilled: Drilled, fault: Fault): readonly string[] {
  const provider = `  The fault was put in: the stand-in of its provider ${faults[fault]}.`;
  if (drilled.outcome === 'failed') return [...told(name, drilled), provider];
  return [`${colours.red('✗')} ${colours.bold(name)}: the rehearsal passed in spite of the fault, and proves nothing.`, provider];
}

async function walk(installation: Installation, name: string, { sign, json }: Options): Promise<void> {
  const entry = installation.entry(name);
  const done = sign === undefined ? await walkOf(installation, entry) : await signWalk(installation, entry, sign);
  answer(json, { token: name, ...done }, walked(name, done, sign));
}

function told(name: string, drilled: Drilled): readonly string[] {
  const parts = Object.entries(drilled.seconds).map(([part, seconds]) => `${part} ${seconds} s`);
  if (drilled.outcome === 'passed') {
    return [
      `${colours.green('✓')} ${colours.bold(name)}: a renewal would work.`,
      `  ${colours.dim(parts.join(', '))}`,
      '  What is in use was not touched.',
    ];
  }
  return [
    `${colours.red('✗')} ${colours.bold(name)}: the rehearsal failed at ${drilled.at}. ${harmless(drilled.message)}.`,
    `  ${harmless(drilled.fix)}`,
    ...(drilled.left === undefined
      ? []
      : [
          `  The token made for it (${harmless(drilled.left)}) may still work. Nobody has it, and it is ended when a look finds it.`,
        ]),
    '  What is in use was not touched.',
  ];
}

function walked(name: string, { signed, missing }: Walk, sign: string | undefined): readonly string[] {
  if (missing.length === 0 && sign !== undefined)
    return [`${colours.green('✓')} ${colours.bold(name)}: its owner and its backup have rehearsed a renewal.`];
  const next = missing.map((id) => `  $ keyturn drill ${name} --sign ${id}`);
  return [
    `${colours.bold(name)} can only be rehearsed by people: ${signed.length === 0 ? 'nobody' : signed.join(' and ')} has signed so far.`,
    `  Read its runbook (\`keyturn runbook ${name}\`) as if you had to renew it now: sign in, find the page on which a new one is made, and stop before you make one. Check that every place named in it is there.`,
    '  Whoever has done so signs:',
    ...next,
  ];
}
