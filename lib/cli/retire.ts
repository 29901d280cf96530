import { Command } from 'commander';
import colours from 'picocolors';
import type { Retirement } from '../engine/retire.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

export function retireCommand(): Command {
  return withPlace(new Command('retire'))
    .description('Asks now what a sweep asks: revokes each old token if the evidence is complete, and says what it waits for.')
    .argument('<token>', 'its name in the catalog')
    .addHelpText('after', '\nExample:\n  $ keyturn retire npm-publish')
    .action(async (name: string, options: Place) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      const progress = openProgress(options.json);
      progress.say(`${name}: gathering the evidence`);
      const retirements = await installation.ask<readonly Retirement[]>(entry, await installation.describe(entry), {
        Job: 'retire',
      });
      progress.end();
      answer(options.json, { token: name, retirements }, [
        colours.bold(name),
        ...(retirements.length === 0 ? ['  There is no old token that waits for its revocation.'] : retirements.flatMap(told)),
      ]);
      if (retirements.some(({ outcome }) => outcome === 'held')) process.exitCode = 1;
    });
}

function told(retirement: Retirement): readonly string[] {
  const { versionId, outcome } = retirement;
  if (outcome === 'revoked') return [`  ${colours.green('✓')} version ${versionId}: revoked, and proven dead`];
  const why = harmless(retirement.why);
  if (outcome === 'waits') return [`  ${colours.yellow('…')} version ${versionId} waits: ${why}`];
  return [`  ${colours.red('✗')} version ${versionId} is kept: ${why}.`, `    ${harmless(retirement.fix)}`];
}
