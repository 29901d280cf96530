import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import colours from 'picocolors';
import type { Installation } from '../operations/installation.ts';
import { knownOf, materialFor } from '../operations/material.ts';
import { registry } from '../plugin/registry.ts';
import { composeRunbook } from '../runbook/compose.ts';
import { runbookMarkdown } from '../runbook/markdown.ts';
import { offlineCopy } from '../runbook/offline.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress } from './output.ts';

interface Options extends Place {
  readonly out?: string;
}

export function runbookCommand(): Command {
  return withPlace(new Command('runbook'))
    .description(
      'Says all that a person needs to know of a token, as it is now. Or writes a copy of all runbooks that needs no network.',
    )
    .argument('[token]', 'its name in the catalog')
    .option('--out <folder>', 'write pages there, with an index: of all tokens, or of this one')
    .addHelpText(
      'after',
      `
The copy is for the day on which AWS or the network is down: keep a new one every week where people find it. It holds names and telephone
numbers, and no token.

Examples:
  $ keyturn runbook npm-publish
  $ keyturn runbook --out runbooks`,
    )
    .action(async (name: string | undefined, options: Options) => {
      if (name === undefined && options.out === undefined)
        throw new Error('Name a token, or say --out <folder> for all of them.');
      const installation = await openInstallation(options);
      const runbooks = await runbooksOf(installation, name, options);
      if (options.out !== undefined) await write(options.out, runbooks, installation.clock.now());
      const [only] = runbooks;
      answer(
        options.json,
        { runbooks },
        options.out !== undefined
          ? [`${colours.green('✓')} Open ${join(options.out, 'index.html')} (${runbooks.length} runbooks).`]
          : only === undefined
            ? []
            : [runbookMarkdown(only)],
      );
    });
}

async function runbooksOf(installation: Installation, name: string | undefined, { json }: Place): Promise<readonly Runbook[]> {
  const entries = name === undefined ? installation.catalog.entries : [installation.entry(name)];
  const known = await knownOf(installation);
  const progress = openProgress(json === true || entries.length < 50);
  let done = 0;
  const runbooks = await eachOf(entries, 10, async (entry) => {
    const runbook = composeRunbook(await materialFor(installation, registry, entry, known));
    done += 1;
    if (done % 50 === 0) progress.say(`${done} of ${entries.length} runbooks composed`);
    return runbook;
  });
  progress.end();
  return runbooks;
}

async function write(folder: string, runbooks: readonly Runbook[], at: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of await offlineCopy(runbooks, at)) writeFileSync(join(folder, name), text);
}
