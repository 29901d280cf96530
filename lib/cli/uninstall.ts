import { Command } from 'commander';
import colours from 'picocolors';
import { openClient, removeFrom } from '../aws/remover.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { formatProblems } from '../catalog/format-problems.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { asRotationError } from '../engine/errors.ts';
import type { Removal } from '../engine/uninstall.ts';
import { registry } from '../plugin/registry.ts';
import { harmless } from './terminal.ts';

interface Options {
  readonly token?: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface Report {
  readonly token: string;
  readonly secret: string;
  readonly found?: Removal;
  /** Why nothing could be done for it. */
  readonly trouble?: string;
}

export function uninstallCommand(): Command {
  return new Command('uninstall')
    .description('Takes off the secrets of a catalog what Keyturn left there, and lists the tokens that are still live.')
    .argument('[folder]', 'the folder of the catalog', 'catalog')
    .option('--token <name>', 'only this token, which then may leave the catalog; may be given more than once', append)
    .option('--yes', 'do it; without it, only tell what would be done')
    .option('--json', 'print one JSON document')
    .action(async (folder: string, { token: names, yes = false, json = false }: Options) => {
      // Nobody's address is called here, so that one on this machine is no fault.
      const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
      if (catalog === undefined) throw new Error(`The catalog has faults.\n${formatProblems(problems, { colour: false })}`);
      const entries = chosen(catalog.entries, names);
      const client = openClient();
      const reports: Report[] = [];
      // One after another: Secrets Manager takes fifty label changes a second, and this is done once.
      for (const entry of entries) reports.push(await reportOn(entry, (token) => removeFrom(client, token, !yes)));
      const isDone = reports.every(({ trouble }) => trouble === undefined);
      process.stdout.write(
        json
          ? `${JSON.stringify({ ok: isDone, done: yes, tokens: reports }, null, 2)}\n`
          : `${reports.map((each) => told(each, yes)).join('\n')}\n`,
      );
      if (!json && names === undefined)
        process.stdout.write(
          '\nWhat Keyturn wrote down goes with its stack: docs/deploying.md says how to keep it for longer.\n',
        );
      if (!json && !yes) process.stdout.write('\nNothing was changed. Run it with --yes to do it.\n');
      if (!isDone) process.exitCode = 1;
    });
}

function append(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

function chosen(entries: readonly CatalogEntry[], names: readonly string[] | undefined): readonly CatalogEntry[] {
  if (names === undefined) return entries;
  const unknown = names.filter((name) => !entries.some(({ token }) => token.name === name));
  if (unknown.length > 0) throw new Error(`The catalog has no token called ${unknown.join(', nor ')}; nothing was changed.`);
  return entries.filter(({ token }) => names.includes(token.name));
}

async function reportOn(
  { token: { name, secret, provider } }: CatalogEntry,
  remove: (token: { secret: string; provider: string }) => Promise<Removal | undefined>,
): Promise<Report> {
  try {
    const found = await remove({ secret, provider });
    return { token: name, secret, ...(found === undefined ? {} : { found }) };
  } catch (problem) {
    const { message, fix } = asRotationError(problem, 'uninstall');
    return { token: name, secret, trouble: `${message}. ${fix}` };
  }
}

function told({ token, secret, found, trouble }: Report, isDone: boolean): string {
  const head = `${colours.bold(token)} (${secret})`;
  if (trouble !== undefined) return `${head}\n  ${colours.red(harmless(trouble))}`;
  if (found === undefined) return `${head}\n  there is no such secret`;
  const { cancels, labels, live } = found;
  const lines = [
    ...(cancels ? [isDone ? 'its rotation was cancelled' : 'its rotation would be cancelled'] : []),
    ...(labels.length === 0
      ? []
      : [`${isDone ? 'taken off' : 'would be taken off'}: ${labels.map(({ label }) => harmless(label)).join(', ')}`]),
    ...live.map(({ ref, use, provider, versionId }) =>
      colours.yellow(`still live at ${provider}: ${harmless(ref ?? `the token in version ${versionId}`)} (${use})`),
    ),
  ];
  return [head, ...(lines.length === 0 ? ['nothing of Keyturn is on it'] : lines).map((line) => `  ${line}`)].join('\n');
}
