import { Command } from 'commander';
import colours from 'picocolors';
import type { Adopted } from '../engine/adopt.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer } from './output.ts';
import { confirm } from './people.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly ref?: string;
  readonly yes?: boolean;
}

export function adoptCommand(): Command {
  return withPlace(new Command('adopt'))
    .description('Says that a value which somebody put in by hand is ours: once it is replaced, it may be revoked.')
    .argument('<token>', 'its name in the catalog')
    .option('--ref <ref>', 'how the provider names it, where the provider does not tell by the value')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ keyturn adopt npm-publish --ref 3f2a9c')
    .action(async (name: string, options: Options) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      await confirm(`May Keyturn revoke the token of ${name} that is in use, once it is replaced and nobody needs it?`, options);
      const ref: Record<string, string> = options.ref === undefined ? {} : { Ref: options.ref };
      const state = await installation.describe(entry);
      const adopted = await installation.ask<readonly Adopted[]>(entry, state, { Job: 'adopt', ...ref });
      const lines = adopted.map((each) => `${colours.green('✓')} ${name}: adopted as ${harmless(each.ref)}`);
      answer(options.json, { token: name, adopted }, lines.length === 0 ? [`${name}: is ours already.`] : lines);
    });
}
