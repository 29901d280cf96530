import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Drilled } from '../engine/drill.ts';
import { type DrillFault, drillFaults, withDrillFault } from '../local/drill-faults.ts';
import { forgeProvider } from '../local/forge.ts';
import { signWalk, type Walk, walkOf } from '../operations/drill.ts';
import type { Installation } from '../operations/installation.ts';
import { Refusal } from '../operations/refusal.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly sign?: string;
  readonly fault?: DrillFault;
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
        '--fault <what>',
        'with --local: let the stand-in of the provider go wrong like this, so that the rehearsal has to fail',
      ).choices(Object.keys(drillFaults)),
    )
    .addHelpText(
      'after',
      `\nExamples:\n  $ keyturn drill npm-publish\n  $ keyturn drill web-deploy --local --fault ending-refused\n\nFaults:\n${Object.entries(
        drillFaults,
      )
        .map(([name, says]) => `  ${name.padEnd(16)} ${says}`)
        .join('\n')}`,
    )
    .action(async (name: string, options: Options) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      const { fault } = options;
      const stateFolder = fault === undefined ? undefined : standInsOf(entry, options);
      if (options.sign !== undefined || entry.needs.isAssisted) return walk(installation, name, options);
      const progress = openProgress(options.json);
      progress.say(`${name}: a rehearsal token is made, checked, ended, and asked for again until it is refused`);
      const state = await installation.describe(entry);
      const rehearse = () => installation.ask<Drilled>(entry, state, { Job: 'drill' });
      const drilled =
        fault === undefined || stateFolder === undefined ? await rehearse() : await withDrillFault(stateFolder, fault, rehearse);
      progress.end();
      const injected = fault === undefined ? {} : { fault };
      answer(options.json, { token: name, ...injected, ...drilled }, told(name, drilled, fault));
      // One that passes although something went wrong has not looked.
      if (drilled.outcome === 'failed' || fault !== undefined) process.exitCode = 1;
    });
}

/** The folder by which the stand-ins of a laptop are told what to do wrong. */
function standInsOf({ token, needs }: CatalogEntry, { local }: Options): string {
  if (local === undefined)
    throw new Refusal('--fault is for `keyturn local` alone, and needs --local: no real provider is made to go wrong.');
  if (needs.isAssisted) throw new Refusal(`${token.name} is rehearsed by people, whom no fault befalls.`);
  if (token.provider !== forgeProvider)
    throw new Refusal(`${token.name} is of a real registry, which cannot be told to go wrong; web-deploy is of a stand-in.`);
  return resolve(local === true ? '.keyturn' : local);
}

async function walk(installation: Installation, name: string, { sign, json }: Options): Promise<void> {
  const entry = installation.entry(name);
  const done = sign === undefined ? await walkOf(installation, entry) : await signWalk(installation, entry, sign);
  answer(json, { token: name, ...done }, walked(name, done, sign));
}

function told(name: string, drilled: Drilled, fault: DrillFault | undefined): readonly string[] {
  const injected = fault === undefined ? [] : [`  On purpose: the stand-in of the provider was told that ${drillFaults[fault]}.`];
  const parts = Object.entries(drilled.seconds).map(([part, seconds]) => `${part} ${seconds} s`);
  if (drilled.outcome === 'passed') {
    return [
      `${colours.green('✓')} ${colours.bold(name)}: a renewal would work.`,
      `  ${colours.dim(parts.join(', '))}`,
      '  What is in use was not touched.',
      ...injected,
    ];
  }
  return [
    `${colours.red('✗')} ${colours.bold(name)}: the rehearsal failed at ${drilled.at}. ${harmless(drilled.message)}.`,
    `  ${harmless(drilled.fix)}`,
    '  What is in use was not touched.',
    ...injected,
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
