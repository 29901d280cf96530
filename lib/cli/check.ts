import { Command } from 'commander';
import colours from 'picocolors';
import { formatProblems } from '../catalog/format-problems.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { registry } from '../plugin/registry.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('Checks a catalog and tells every fault at once.')
    .argument('[folder]', 'the folder of the catalog', 'catalog')
    .option('--json', 'print one JSON document')
    .action(async (folder: string, { json = false }: { json?: boolean }) => {
      const { catalog, problems } = await loadCatalog(folder, registry);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      if (json)
        process.stdout.write(
          `${JSON.stringify({ ok: errors === 0, tokens: catalog?.entries.length ?? 0, problems }, null, 2)}\n`,
        );
      else {
        if (problems.length > 0) process.stdout.write(`${formatProblems(problems, { colour: colours.isColorSupported })}\n`);
        if (catalog)
          process.stdout.write(`${colours.green('✓')} ${catalog.entries.length} tokens, and nothing wrong with them.\n`);
      }
      if (errors > 0) process.exitCode = 1;
    });
}
