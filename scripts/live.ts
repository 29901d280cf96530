/**
 * Holds a rotator against the real service: `npm run live -- <rotator>`. It makes tokens, tries them and ends them again, with credentials from the
 * environment, and says what the service did otherwise than the facts say. docs/live-checks.md tells the rest.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import colours from 'picocolors';
import { readSheet } from '../lib/catalog/read-sheet.ts';
import { fault, harmless } from '../lib/cli/terminal.ts';
import type { AnyRotator } from '../lib/engine/contract.ts';
import { registry } from '../lib/plugin/registry.ts';
import { checkLive, type LiveReport } from './live/check.ts';
import { type Given, openSubject } from './live/open.ts';
import { services } from './live/services.ts';

interface Options {
  readonly entry?: string;
  readonly local?: boolean;
  readonly mayEndCurrent?: boolean;
  readonly json?: boolean;
}

const command = new Command('npm run live --')
  .description(
    'Holds a rotator against the real service, with credentials from the environment, and ends everything that it made.',
  )
  .argument('<rotator>', 'as `keyturn rotators` names it')
  .option('--entry <file>', 'a file of the catalog: what it has under `scope:` is taken, and not that of the environment')
  .option('--local', `start the service on this machine (${Object.keys(services).join(', ')})`)
  .option('--may-end-current', 'for rotators that replace: the secret that is in use ends, and nobody has the next one')
  .option('--json', 'print one JSON document, and nothing else')
  .exitOverride()
  .action(run);

async function run(name: string, options: Options): Promise<void> {
  const rotator = await rotatorNamed(name);
  if (rotator.facts.strategy === 'replace' && !options.mayEndCurrent)
    throw new Error(`${name} replaces: the secret that is in use ends. Give it a throw-away one, and say --may-end-current.`);
  const start = services[name];
  if (options.local && start === undefined) throw new Error(`There is no service for ${name} that could be started here.`);
  // From here on there is something to end, so that nothing but the end ends it.
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const service = options.local ? await start?.(stopping.signal) : undefined;
  let report: LiveReport;
  try {
    const subject = openSubject(rotator, service ?? fromEnvironment(name, options.entry));
    report = await checkLive(subject, { signal: stopping.signal, ...(options.json ? {} : { say: sayStep }) });
  } finally {
    await service?.close();
  }
  if (options.json) print(JSON.stringify(report, null, 2));
  else for (const line of summary(report)) print(line);
  if (!report.ok || report.differences.length > 0) process.exitCode = 1;
}

function sayStep({ name, outcome, detail }: LiveReport['steps'][number]): void {
  const sign = { passed: colours.green('✓'), failed: colours.red('✗'), skipped: colours.dim('-') }[outcome];
  print(`${sign} ${name}${detail === undefined ? '' : colours.dim(`: ${harmless(detail)}`)}`);
}

async function rotatorNamed(name: string): Promise<AnyRotator> {
  const rotator = await registry.rotator(name);
  if (rotator === undefined) throw new Error(`There is no rotator of this name. There are: ${registry.rotatorNames.join(', ')}.`);
  if (rotator.facts.kind !== 'assisted') return rotator;
  throw new Error(`Only a person can make tokens of ${name}, so that nothing can be gone through by itself.`);
}

/** What the catalog has under `scope:`, and what the authority secret holds: a bare key where that is all. */
function fromEnvironment(name: string, entry: string | undefined): Given {
  const variable = `KEYTURN_LIVE_${name.toUpperCase().replaceAll('-', '_')}`;
  const scope = entry === undefined ? process.env[`${variable}_SCOPE`] : scopeIn(entry);
  const authority = process.env[`${variable}_AUTHORITY`] ?? '{}';
  if (scope === undefined)
    throw new Error(
      `Set ${variable}_SCOPE to what the catalog has under \`scope:\`, and ${variable}_AUTHORITY to what the authority secret holds, both as JSON. \`keyturn rotators ${name}\` names the fields.`,
    );
  return {
    scope: jsonIn(scope, `${variable}_SCOPE`),
    authority: authority.startsWith('{') ? jsonIn(authority, `${variable}_AUTHORITY`) : { value: authority },
  };
}

/** The scope of a file of the catalog, as JSON. */
function scopeIn(file: string): string {
  const { sheet, faults } = readSheet({ name: file, file, bytes: readFileSync(file) });
  if (faults.length > 0) throw new Error(`${file} is no file of a catalog: \`keyturn check\` says why.`);
  return JSON.stringify(sheet.value['scope'] ?? {});
}

function jsonIn(text: string, variable: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${variable} is not JSON.`); // the parser's error holds the text
  }
}

function summary({ ok, seen, differences, leftBehind }: LiveReport): readonly string[] {
  const { settleSeconds, deathSeconds, valueBytes } = seen;
  const seconds = (value: number | undefined) => (value === undefined ? 'not seen' : `${value} s`);
  return [
    '',
    `a new one was last refused after ${seconds(settleSeconds)}, a revoked one last taken after ${seconds(deathSeconds)}; ${valueBytes ?? 'no'} bytes`,
    ...differences.map(({ fact, says, seen: was }) => colours.yellow(`facts.${fact} says ${says}, and it was ${was}`)),
    ...leftBehind.map((what) => colours.red(`left behind: ${harmless(what)}`)),
    ok ? colours.green('✓ it did what is promised of it') : colours.red('✗ it did not do what is promised of it'),
  ];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await command.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${fault(error)}\n`);
    process.exitCode = 2;
  }
}
