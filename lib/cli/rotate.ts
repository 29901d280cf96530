import { Command, InvalidArgumentError, Option } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import type { Installation } from '../operations/installation.ts';
import { beginRotation, type Outcome } from '../operations/rotate.ts';
import { follow } from './follow.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress, type Progress } from './output.ts';
import { confirm } from './people.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly wait?: true | number;
  readonly all?: boolean;
  readonly provider?: string;
  readonly yes?: boolean;
}

/** A fleet's rotations run beside each other, but not all at once: providers and places have limits. */
const rotationsAtOnce = 3;
const usualWaitMinutes = 15;

export function rotateCommand(): Command {
  return withPlace(new Command('rotate'))
    .description('Rotates a token now, and with --wait says what it came to. Or all tokens of a provider, some at a time.')
    .argument('[token]', 'its name in the catalog')
    .addOption(new Option('--wait [minutes]', `stay until it is over (at most ${usualWaitMinutes} minutes)`).argParser(minutesOf))
    .option('--all', 'all tokens of --provider; waits for each')
    .option('--provider <provider>', 'with --all: whose tokens')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ keyturn rotate npm-publish --wait')
    .action(async (name: string | undefined, options: Options) => {
      if ((name === undefined) !== (options.all === true)) throw new Error('Name one token, or say --all --provider <provider>.');
      const installation = await openInstallation(options);
      const entries = name === undefined ? ofProvider(installation, options.provider) : [installation.entry(name)];
      if (name === undefined) {
        await confirm(`Rotate ${entries.length} tokens of ${options.provider}, ${rotationsAtOnce} at a time?`, options);
      }
      const progress = openProgress(options.json);
      const outcomes = await eachOf(entries, rotationsAtOnce, (entry) => rotateOne(installation, entry, options, progress));
      progress.end();
      answer(options.json, { rotations: outcomes }, outcomes.flatMap(told));
      if (
        outcomes.some(
          ({ outcome }) => outcome === 'failed' || outcome === 'refused' || (outcome === 'underway' && isWaiting(options)),
        )
      )
        process.exitCode = 1;
    });
}

function ofProvider({ catalog }: Installation, provider: string | undefined): readonly CatalogEntry[] {
  if (provider === undefined) throw new Error('Say whose tokens: --all goes with --provider <provider>.');
  const entries = catalog.entries.filter(({ token }) => token.provider === provider);
  if (entries.length === 0) throw new Error('The catalog has no token of this provider.');
  return entries;
}

const isWaiting = ({ wait, all }: Options) => wait !== undefined || all === true;

async function rotateOne(
  installation: Installation,
  entry: CatalogEntry,
  options: Options,
  progress: Progress,
): Promise<Outcome> {
  const token = entry.token.name;
  try {
    const begun = await beginRotation(installation, entry, (question) => confirm(question, options));
    if (begun.outcome !== 'underway' || begun.versionId === undefined || !isWaiting(options)) return begun;
    return await follow(installation, entry, begun.versionId, {
      waitMinutes: typeof options.wait === 'number' ? options.wait : usualWaitMinutes,
      tell: (what) => progress.say(`${token}: ${what}`),
    });
  } catch (problem) {
    const { code, message, fix } = asRotationError(problem, 'rotate');
    return { token, outcome: 'refused', code, message, next: fix };
  }
}

function told({ token, outcome, message, next }: Outcome): readonly string[] {
  const sign = outcome === 'promoted' ? colours.green('✓') : outcome === 'underway' ? colours.yellow('…') : colours.red('✗');
  return [`${sign} ${colours.bold(token)}: ${harmless(message)}.`, `  ${harmless(next)}`];
}

function minutesOf(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number of minutes.');
}
