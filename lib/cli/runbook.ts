import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Installation } from '../operations/installation.ts';
import { knownOf, materialFor, writtenMaterial } from '../operations/material.ts';
import { registry } from '../plugin/registry.ts';
import { composeRunbook } from '../runbook/compose.ts';
import { runbookMarkdown } from '../runbook/markdown.ts';
import type { Material } from '../runbook/material.ts';
import { offlineCopy } from '../runbook/offline.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { openInstallation, openWritten, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress } from './output.ts';

interface Options extends Place {
  readonly out?: string;
  readonly offline?: boolean;
}

export function runbookCommand(): Command {
  return withPlace(new Command('runbook'))
    .description(
      'Says all that a person needs to know of a token, as it is now. Or writes a copy of all runbooks that needs no network.',
    )
    .argument('[token]', 'its name in the catalog')
    .option('--out <folder>', 'write pages there, with an index: of all tokens, or of this one')
    .option('--offline', 'of the catalog alone: nobody is asked how a token is, and nobody need be signed in')
    .addHelpText(
      'after',
      `
The copy is for the day on which AWS or the network is down: keep a new one every week where people find it. It holds names and telephone
numbers, and no token.

Examples:
  $ keyturn runbook npm-publish
  $ keyturn runbook --out runbooks
  $ keyturn runbook npm-publish --offline`,
    )
    .action(async (name: string | undefined, options: Options) => {
      if (name === undefined && options.out === undefined)
        throw new Error('Name a token, or say --out <folder> for all of them.');
      const { runbooks, at } = options.offline ? await writtenRunbooks(name, options) : await runbooksNow(name, options);
      if (options.out !== undefined) await write(options.out, runbooks, at);
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

interface Made {
  readonly runbooks: readonly Runbook[];
  readonly at: number;
}

async function runbooksNow(name: string | undefined, options: Options): Promise<Made> {
  const installation = await openInstallation(options);
  const known = await knownOf(installation);
  const make = (entry: CatalogEntry) => materialFor(installation, registry, entry, known);
  return runbooksOf(installation, name, options, make);
}

async function writtenRunbooks(name: string | undefined, options: Options): Promise<Made> {
  const written = await openWritten(options);
  return runbooksOf(written, name, options, (entry) => writtenMaterial(written, registry, entry));
}

async function runbooksOf(
  { catalog, clock, entry: named }: Pick<Installation, 'catalog' | 'clock' | 'entry'>,
  name: string | undefined,
  { json }: Place,
  make: (entry: CatalogEntry) => Promise<Material>,
): Promise<Made> {
  const entries = name === undefined ? catalog.entries : [named(name)];
  const progress = openProgress(json === true || entries.length < 50);
  let done = 0;
  const runbooks = await eachOf(entries, 10, async (entry) => {
    const runbook = composeRunbook(await make(entry));
    done += 1;
    if (done % 50 === 0) progress.say(`${done} of ${entries.length} runbooks composed`);
    return runbook;
  });
  progress.end();
  return { runbooks, at: clock.now() };
}

async function write(folder: string, runbooks: readonly Runbook[], at: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of await offlineCopy(runbooks, at)) writeFileSync(join(folder, name), text);
}
