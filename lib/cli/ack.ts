import { Command } from 'commander';
import colours from 'picocolors';
import { acknowledge } from '../operations/acknowledge.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer } from './output.ts';
import { whoAmI } from './people.ts';
import { harmless } from './terminal.ts';

export function ackCommand(): Command {
  return withPlace(new Command('ack'))
    .description('Says that somebody knows of an alert, so that nobody else is told of it.')
    .argument('<alert>', 'the id of an alert, or a token: all alerts of it')
    .option('--note <text>', 'for whoever looks next')
    .addHelpText('after', "\nExample:\n  $ keyturn ack npm-publish --note 'the key is ordered'")
    .action(async (which: string, options: Place & { readonly note?: string }) => {
      const installation = await openInstallation(options);
      const by = { by: whoAmI(), at: installation.clock.now(), ...(options.note === undefined ? {} : { note: options.note }) };
      const done = await acknowledge(installation, which, by);
      answer(
        options.json,
        { acknowledged: done, ...by },
        done.map(({ message, isSaved }) =>
          isSaved
            ? `${colours.green('✓')} ${harmless(message)}`
            : `${colours.red('✗')} ${harmless(message)} It was just changed: try again.`,
        ),
      );
      if (done.some(({ isSaved }) => !isSaved)) process.exitCode = 1;
    });
}
