import { Command } from 'commander';
import colours from 'picocolors';
import { RotationError } from '../engine/errors.ts';
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
      const { ledger } = installation;
      const alerts = (await ledger.alerts()).filter(({ id, token }) => id === which || token === which);
      if (alerts.length === 0) {
        throw new RotationError('absent', 'keyturn: there is no alert of this id or token', {
          fix: 'It may be over already; `keyturn status` shows what needs a person.',
        });
      }
      const by = { by: whoAmI(), at: installation.clock.now(), ...(options.note === undefined ? {} : { note: options.note }) };
      const done: { id: string; message: string; isSaved: boolean }[] = [];
      for (const alert of alerts) {
        const next = { ...alert, acknowledged: by, revision: alert.revision + 1 };
        done.push({ id: alert.id, message: alert.message, isSaved: (await ledger.saveAlert(next, alert)) === 'saved' });
      }
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
