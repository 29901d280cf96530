import { Command } from 'commander';
import colours from 'picocolors';
import { RotationError } from '../engine/errors.ts';
import { current, debtOf, holderOf, holdLabel, readHold } from '../engine/labels.ts';
import { seconds } from '../engine/time.ts';
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
      const { clock, store, entry, describe } = await openInstallation(options);
      const state = await describe(entry(name));
      const already = readHold(state);
      const at = seconds(clock.now());
      const label = already?.label ?? holdLabel(at, options.why);
      const versionId = already?.versionId ?? holderOf(state, current) ?? debtOf(state)[0];
      if (label === undefined)
        throw new Error('The reason is too long: it has to fit into a label of 256 characters, a space being three of them.');
      if (versionId === undefined) {
        throw new RotationError('absent', `${name}: has no token yet that could be held`, {
          fix: `Run \`keyturn rotate ${name}\` first.`,
        });
      }
      if (already === undefined) await store.moveLabel(state.arn, label, { to: versionId });
      const since = (already?.sinceSeconds ?? at) * 1000;
      const why = already?.why ?? options.why;
      answer(options.json, { token: name, since, why, already: already !== undefined }, [
        `${colours.green('✓')} ${colours.bold(name)}: ${already === undefined ? 'is on hold' : 'was on hold already'} since ${when(since)}${why === '' ? '' : ` (${harmless(why)})`}.`,
        `  Nothing of it is revoked until \`keyturn release ${name}\`; rotations go on.`,
      ]);
    });
}
