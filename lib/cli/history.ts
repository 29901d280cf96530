import { Command, InvalidArgumentError, Option } from 'commander';
import colours from 'picocolors';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, when } from './output.ts';
import { harmless } from './terminal.ts';

export function historyCommand(): Command {
  return withPlace(new Command('history'))
    .description('Shows what happened to a token, the newest first.')
    .argument('<token>', 'its name in the catalog')
    .addOption(new Option('--most <count>', 'no more than so many').argParser(countOf).default(20))
    .addHelpText('after', '\nExample:\n  $ keyturn history npm-publish')
    .action(async (name: string, options: Place & { readonly most: number }) => {
      const installation = await openInstallation(options);
      const { token } = installation.entry(name);
      const happened = await installation.ledger.happened(token.name, options.most);
      answer(options.json, { token: name, happened }, [
        colours.bold(name),
        ...(happened.length === 0 ? ['  Nothing is recorded.'] : []),
        ...happened.flatMap(({ at, what, message, fix }) => [
          `  ${colours.dim(when(at))} ${what}: ${harmless(message)}`,
          ...(fix === undefined ? [] : [`    ${harmless(fix)}`]),
        ]),
      ]);
    });
}

function countOf(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number above 0.');
}
