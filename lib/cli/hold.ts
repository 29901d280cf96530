import { Command } from 'commander';
import colours from 'picocolors';
import { hold } from '../operations/hold.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, when } from './output.ts';
import { harmless } from './terminal.ts';

export function holdCommand(): Command {
  return withPlace(new Command('hold'))
    .description('Keeps every old token of this one alive, through all rotations, until it is released.')
    .argument('<token>', 'its name in the catalog')
    .option('--why <reason>', 'for whoever finds it; it stands in a label that everybody can read', '')
    .addHelpText('after', "\nExample:\n  $ keyturn hold npm-publish --why 'the audit of March'")
    .action(async (name: string, options: Place & { readonly why: string }) => {
      const installation = await openInstallation(options);
      const { since, why, already } = await hold(installation, installation.entry(name), options.why);
      answer(options.json, { token: name, since, why, already }, [
        `${colours.green('✓')} ${colours.bold(name)}: ${already ? 'was on hold already' : 'is on hold'} since ${when(since)}${why === '' ? '' : ` (${harmless(why)})`}.`,
        `  Nothing of it is revoked until \`keyturn release ${name}\`; rotations go on.`,
      ]);
    });
}
