import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';
import type { Whose } from '../engine/whose.ts';
import type { Installation } from '../operations/installation.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

type Found = Extract<Whose, { isFound: true }> & {
  readonly token: string;
  readonly owner: string;
  readonly backup: string;
  readonly next: readonly string[];
};

export function whoseCommand(): Command {
  return withPlace(new Command('whose'))
    .description(
      'Reads a string that was found somewhere from its input, and says which token it is. The string is shown to nobody and sent nowhere.',
    )
    .option('--provider <provider>', 'only the tokens of this provider, if you know whose it is')
    .addHelpText(
      'after',
      `
Only a digest leaves this machine, another one for each secret. The functions read every version that has a label, which Secrets Manager
bills as reads. The string must not be typed behind the command: give it as the input.

Example:
  $ keyturn whose < found-on-a-screenshot.txt`,
    )
    .action(async (options: Place & { readonly provider?: string }) => {
      if (process.stdin.isTTY === true)
        process.stderr.write('Paste the string, then press Return and Ctrl-D. It is not shown again.\n');
      const leaked = new Secret((await text(process.stdin)).replace(/\r?\n$/, ''));
      if (leaked.bytes === 0) throw new Error('The input was empty: give the string as the input of the command.');
      const installation = await openInstallation(options);
      const entries = installation.catalog.entries.filter(
        ({ token }) => options.provider === undefined || token.provider === options.provider,
      );
      const { found, unasked } = await search(installation, entries, leaked, options);
      answer(options.json, { found, unasked }, [...found.flatMap(told), ...remains(found, entries.length, unasked)]);
      if (found.length === 0) process.exitCode = 1;
    });
}

/** All are asked, because one string may stand in several secrets. */
async function search(
  installation: Installation,
  entries: readonly CatalogEntry[],
  leaked: Secret,
  { json }: Place,
): Promise<{ found: readonly Found[]; unasked: readonly { token: string; why: string }[] }> {
  const progress = openProgress(json);
  const found: Found[] = [];
  const unasked: { token: string; why: string }[] = [];
  let done = 0;
  await eachOf(entries, 10, async (entry) => {
    const { name: token } = entry.token;
    try {
      const state = await installation.describe(entry);
      const whose = await installation.ask<Whose>(entry, state, { Job: 'whose', Digest: leaked.digest(state.arn) });
      if (whose.isFound)
        found.push({ token, owner: entry.owner, backup: entry.backup, ...whose, next: nextFor(token, whose.use) });
    } catch (problem) {
      unasked.push({ token, why: asRotationError(problem, 'whose').message });
    }
    done += 1;
    progress.say(`${done} of ${entries.length} tokens compared`);
  });
  progress.end();
  return { found, unasked };
}

function nextFor(token: string, use: Found['use']): readonly string[] {
  const rotateAndEnd = [`keyturn rotate ${token} --wait`, `keyturn retire ${token}`];
  if (use === 'dead') return [];
  if (use === 'old') return [`keyturn release ${token} --still-used`, `keyturn retire ${token}`];
  return use === 'pending' ? [`keyturn status ${token}`, ...rotateAndEnd] : rotateAndEnd;
}

const uses: Readonly<Record<Found['use'], string>> = {
  current: 'the current token, which is in use',
  pending: 'the token that is just being rotated in',
  old: 'an old token, which still works and waits for its revocation',
  dead: 'an old token, which is dead',
  unknown: 'an old value, of which it is not known whether it still works',
};

function told({ token, owner, backup, versionId, use, part, next }: Found): readonly string[] {
  return [
    `${use === 'dead' ? colours.green('✓') : colours.red('!')} ${colours.bold(token)}: ${uses[use]} (${part}, version ${versionId})`,
    `  owner ${harmless(owner)}, backup ${harmless(backup)}`,
    ...next.map((command) => `  $ ${command}`),
  ];
}

function remains(found: readonly Found[], tokens: number, unasked: readonly { token: string; why: string }[]): readonly string[] {
  return [
    ...(found.length === 0 ? [`It is in none of ${tokens - unasked.length} tokens.`] : []),
    ...unasked.map(({ token, why }) => colours.yellow(`${token} could not be asked: ${harmless(why)}`)),
  ];
}
