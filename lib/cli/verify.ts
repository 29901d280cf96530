import { Command } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import type { Health } from '../engine/records.ts';
import type { Installation } from '../operations/installation.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

interface Verified {
  readonly token: string;
  readonly ok: boolean;
  readonly health?: Health;
  /** Why it could not be looked at. */
  readonly trouble?: string;
}

export function verifyCommand(): Command {
  return withPlace(new Command('verify'))
    .description(
      'Says whether tokens work, are as declared, and are in effect in every place. Writes nothing. For the first step of a pipeline.',
    )
    .argument('[tokens...]', 'their names in the catalog')
    .option('--all', 'every token of the catalog')
    .addHelpText('after', '\nExample:\n  $ keyturn verify npm-publish && npm publish')
    .action(async (names: readonly string[], options: Place & { readonly all?: boolean }) => {
      if ((names.length === 0) !== (options.all === true)) throw new Error('Name the tokens, or say --all.');
      const installation = await openInstallation(options);
      const entries = options.all ? installation.catalog.entries : names.map((name) => installation.entry(name));
      const progress = openProgress(options.json);
      let done = 0;
      const verified = await eachOf(entries, 5, async (entry) => {
        const result = await verifyOne(installation, entry);
        done += 1;
        progress.say(`${done} of ${entries.length} verified`);
        return result;
      });
      progress.end();
      const ok = verified.every((each) => each.ok);
      answer(options.json, { ok, tokens: verified }, verified.flatMap(told));
      if (!ok) process.exitCode = 1;
    });
}

async function verifyOne(installation: Installation, entry: CatalogEntry): Promise<Verified> {
  const token = entry.token.name;
  try {
    const health = await installation.ask<Health>(entry, await installation.describe(entry), { Job: 'verify' });
    return { token, ok: health.verdict === 'valid' && health.findings.length === 0, health };
  } catch (problem) {
    const { message, fix } = asRotationError(problem, 'verify');
    return { token, ok: false, trouble: `${message}. ${fix}` };
  }
}

const verdicts: Readonly<Record<Health['verdict'], string>> = {
  valid: 'works',
  invalid: 'is refused by the provider; rotate it',
  limited: 'is not judged: the provider asks for a pause; try again in some minutes',
  unclear: 'is not judged: the provider did not answer; try again',
};

function told({ token, ok, health, trouble }: Verified): readonly string[] {
  const sign = ok ? colours.green('✓') : colours.red('✗');
  if (health === undefined) return [`${sign} ${colours.bold(token)}: ${harmless(trouble ?? '')}`];
  return [
    `${sign} ${colours.bold(token)} ${verdicts[health.verdict]}`,
    ...health.findings.flatMap(({ code, message, fix }) => [`  ${code}: ${harmless(message)}`, `    ${harmless(fix)}`]),
  ];
}
