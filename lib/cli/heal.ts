import { Command } from 'commander';
import colours from 'picocolors';
import type { Healed } from '../engine/heal.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

export function healCommand(): Command {
  return withPlace(new Command('heal'))
    .description('Gives the current token to every place that holds an older one. What is foreign is left alone.')
    .argument('<token>', 'its name in the catalog')
    .addHelpText('after', '\nExample:\n  $ keyturn heal npm-publish')
    .action(async (name: string, options: Place) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      const progress = openProgress(options.json);
      progress.say(`${name}: looking at every place`);
      const healed = await installation.ask<Answer>(entry, await installation.describe(entry), { Job: 'heal' });
      progress.end();
      answer(options.json, { token: name, healed }, [colours.bold(name), ...healedLines(healed)]);
      if (!isWhole(healed)) process.exitCode = 1;
    });
}

type Answer = readonly Healed[] | string;

const sentences: Readonly<Record<string, string>> = {
  rotating: 'a rotation is under way, which gives every place its token',
  'nothing current': 'there is no current token yet',
};

/** Every place has what is current. */
export function isWhole(healed: Answer): boolean {
  return typeof healed !== 'string' && healed.every(({ outcome }) => outcome === 'has it' || outcome === 'written');
}

export function healedLines(healed: Answer): readonly string[] {
  if (typeof healed === 'string') return [`  ${colours.yellow('…')} ${sentences[healed] ?? healed}`];
  return healed.flatMap(({ dependent, outcome, why, fix }) => {
    const isGood = outcome === 'has it' || outcome === 'written';
    const reason = why === undefined ? [] : [`    ${harmless(why)}. ${harmless(fix ?? '')}`];
    return [`  ${isGood ? colours.green('✓') : colours.red('✗')} ${harmless(dependent)}: ${outcome}`, ...reason];
  });
}
