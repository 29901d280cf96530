import { Command } from 'commander';
import colours from 'picocolors';
import type { Drilled } from '../engine/drill.ts';
import { signWalk, type Walk, walkOf } from '../operations/drill.ts';
import type { Installation } from '../operations/installation.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly sign?: string;
}

export function drillCommand(): Command {
  return withPlace(new Command('drill'))
    .description(
      'Rehearses a renewal: a token is made that nobody gets, is checked, ended, and proven dead. What is in use is not touched.',
    )
    .argument('<token>', 'its name in the catalog')
    .option('--sign <person>', 'for a token that only people make: this person has walked through its runbook, and it holds')
    .addHelpText('after', '\nExample:\n  $ keyturn drill npm-publish')
    .action(async (name: string, options: Options) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      if (options.sign !== undefined || entry.needs.isAssisted) return walk(installation, name, options);
      const progress = openProgress(options.json);
      progress.say(`${name}: a rehearsal token is made, checked, ended, and asked for again until it is refused`);
      const drilled = await installation.ask<Drilled>(entry, await installation.describe(entry), { Job: 'drill' });
      progress.end();
      answer(options.json, { token: name, ...drilled }, told(name, drilled));
      if (drilled.outcome === 'failed') process.exitCode = 1;
    });
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
