import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { calendarText } from '../alerts/calendar.ts';
import { upcomingOf } from '../alerts/upcoming.ts';
import { openClient } from '../aws/remover.ts';
import { createSecretsManagerStore } from '../aws/secrets-manager-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { compileIndex } from '../catalog/compile.ts';
import { formatProblems } from '../catalog/format-problems.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { RotationError } from '../engine/errors.ts';
import { registry } from '../plugin/registry.ts';
import { harmless } from './terminal.ts';

interface Options {
  readonly person?: string;
  readonly team?: string;
  readonly out?: string;
}

export function calendarCommand(): Command {
  return new Command('calendar')
    .description('Writes a calendar (.ics) of when the tokens of a person or a team are rotated.')
    .argument('[folder]', 'the folder of the catalog', 'catalog')
    .addOption(new Option('--person <id>', 'the tokens that they own or are the backup of').conflicts('team'))
    .option('--team <id>', 'the tokens of a team')
    .option('--out <file>', 'where it is written (default: it is printed)')
    .action(run);
}

async function run(folder: string, options: Options): Promise<void> {
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(`The catalog has faults.\n${formatProblems(problems, { colour: false })}`);
  const name = nameOf(catalog, options);
  const tokens = compileIndex(catalog).tokens.filter(({ owner, backup, team }) =>
    options.person === undefined ? team === options.team : [owner, backup].includes(options.person),
  );
  const nextRotations = await rotationsOf(tokens);
  const text = calendarText({ name, upcoming: upcomingOf({ tokens, nextRotations, healths: [] }), now: Date.now() });
  if (options.out === undefined) process.stdout.write(text);
  else writeFileSync(options.out, text);
}

/** When AWS means to rotate each. A secret that is not there has no date, and is no reason to have no calendar. */
async function rotationsOf(
  tokens: readonly { readonly name: string; readonly secret: string }[],
): Promise<ReadonlyMap<string, number>> {
  const clock = { now: () => Date.now(), sleep: (milliseconds: number) => setTimeout(milliseconds) };
  const client = openClient();
  const store = createSecretsManagerStore({ client, once: client }, clock);
  const dates = new Map<string, number>();
  for (const { name, secret } of tokens) {
    try {
      const { nextRotationAt, rotationEnabled } = await store.describe(secret);
      if (rotationEnabled === true && nextRotationAt !== undefined) dates.set(name, nextRotationAt);
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'not-ours') throw error;
      process.stderr.write(`${harmless(name)} is not in it: ${harmless(error.message)}.\n`);
    }
  }
  return dates;
}

function nameOf({ people, teams }: Catalog, { person, team }: Options): string {
  if (person === undefined && team === undefined) throw new Error('Say whose it is: --person <id> or --team <id>.');
  const found = person === undefined ? teams.get(team ?? '') : people.get(person);
  if (found !== undefined) return found.name;
  const all = [...(person === undefined ? teams : people).keys()].join(', ');
  throw new Error(`The catalog has no ${person === undefined ? 'team' : 'person'} of this id. There are: ${all}.`);
}
