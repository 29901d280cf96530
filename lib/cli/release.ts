import { Command } from 'commander';
import colours from 'picocolors';
import { release } from '../operations/hold.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer } from './output.ts';
import { confirm } from './people.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly stillUsed?: boolean;
  readonly yes?: boolean;
}

export function releaseCommand(): Command {
  return withPlace(new Command('release'))
    .description('Takes a token off hold, and off its parking after a failure.')
    .argument('<token>', 'its name in the catalog')
    .option('--still-used', 'also let its old tokens be revoked although somebody still uses them')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ keyturn release npm-publish')
    .action(async (name: string, options: Options) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      if (options.stillUsed) {
        await confirm(`Whoever still uses an old token of ${name} will be refused. Let it be revoked?`, options);
      }
      const { takenOff, released } = await release(installation, entry, options);
      answer(options.json, { token: name, takenOff, released }, [
        takenOff.length + released.length === 0
          ? `${colours.bold(name)}: was neither on hold nor parked.`
          : `${colours.green('✓')} ${colours.bold(name)}: is released.`,
        ...takenOff.map((label) => `  taken off: ${harmless(label)}`),
        ...released.map((versionId) => `  version ${versionId} is revoked by a next sweep, though it may still be used`),
      ]);
    });
}
