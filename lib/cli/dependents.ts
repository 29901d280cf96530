import { Command } from 'commander';
import colours from 'picocolors';
import { type DependentDescription, describeDependent } from '../plugin/describe.ts';
import { registry } from '../plugin/registry.ts';
import { answer, table } from './output.ts';
import { chosen, detailOf, line, provenIn, yesOrNo } from './plugins.ts';

export function dependentsCommand(): Command {
  return new Command('dependents')
    .description(
      'Shows which places can keep a copy, how well each can be read back, and how far it is proven; or all about one of them.',
    )
    .argument('[name]', 'what the catalog calls it under `kind:`')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ keyturn dependents github-actions')
    .action(async (name: string | undefined, { json }: { readonly json?: boolean }) => {
      const dependents = await chosen('dependent', registry.dependentNames, name, registry.dependent);
      const described = dependents.map(describeDependent);
      answer(json, described, name === undefined ? overview(described) : described.flatMap(detail));
    });
}

function overview(dependents: readonly DependentDescription[]): readonly string[] {
  const rows = dependents.map((dependent) => {
    const { maximumBytes, lock } = dependent.abilities;
    const most = maximumBytes?.can && 'bytes' in maximumBytes ? String(maximumBytes.bytes) : '-';
    const isLocking = lock === undefined ? '' : yesOrNo(lock);
    const { readClass, activation } = dependent;
    return [colours.bold(dependent.name), readClass, activation, isLocking, most, provenIn(dependent)];
  });
  return table(['kind', 'can be read', 'in effect by', 'locks', 'bytes', 'proven on'], rows);
}

function detail(dependent: DependentDescription): readonly string[] {
  const { readClass, activation, drainSeconds } = dependent;
  return detailOf(dependent, dependent.target, [
    line('can be read', readClass),
    line('in effect by', activation),
    line('drains', `something may still run with the old one for ${drainSeconds} s`),
  ]);
}
