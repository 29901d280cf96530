import { Command } from 'commander';
import colours from 'picocolors';
import { assertWorks, planRollback, rollBack } from '../operations/rollback.ts';
import { healedLines, isWhole } from './heal.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { confirm } from './people.ts';

export function rollbackCommand(): Command {
  return withPlace(new Command('rollback'))
    .description('Makes the previous token current again, if it still works, and brings every place along.')
    .argument('<token>', 'its name in the catalog')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ keyturn rollback npm-publish')
    .action(async (name: string, options: Place & { readonly yes?: boolean }) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      const state = await installation.describe(entry);
      const move = planRollback(installation, entry, state);
      const progress = openProgress(options.json);
      progress.say(`${name}: asking whether the previous token still works`);
      await assertWorks(installation, entry, state, move.to);
      progress.end();
      await confirm(`Make version ${move.to} of ${name} current again, in place of ${move.from}?`, options);
      progress.say(`${name}: the previous token is current again; bringing every place along`);
      const healed = await rollBack(installation, entry, state, move);
      progress.end();
      answer(options.json, { token: name, ...move, healed }, [
        `${colours.green('✓')} ${colours.bold(name)}: version ${move.to} is current again.`,
        ...healedLines(healed),
        `  The token that it replaces goes on working for ${entry.token.overlapHours} hours; \`keyturn hold ${name}\` keeps it longer.`,
      ]);
      if (!isWhole(healed)) process.exitCode = 1;
    });
}
