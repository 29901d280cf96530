/**
 * Deploys Keyturn for real: `cdk bootstrap`, `cdk deploy`, rotations through the deployed functions, a changed catalog, `cdk deploy` again,
 * `cdk destroy`. By itself against an emulator of AWS on this machine, which it installs and throws away; docs/deploying.md tells the rest.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { fault } from '../lib/cli/terminal.ts';
import { openAccount } from './test-deploy/account.ts';
import type { Fit } from './test-deploy/assembly.ts';
import { type Cleanup, createCleanup } from './test-deploy/cleanup.ts';
import { openEmulated } from './test-deploy/emulated.ts';
import { startMinistack } from './test-deploy/emulator.ts';
import { type Outcome, shownTraffic } from './test-deploy/outcome.ts';
import type { Place } from './test-deploy/place.ts';
import { Missing, noVersionWarning, tail } from './test-deploy/processes.ts';
import { removeRemains } from './test-deploy/remains.ts';
import { createReport } from './test-deploy/report.ts';
import { playScenario } from './test-deploy/scenario.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

interface Options {
  readonly endpoint?: string;
  readonly account?: string;
  readonly region?: string;
  readonly cleanUp?: boolean;
  readonly json?: boolean;
}

const command = new Command('test-deploy')
  .description('Deploys Keyturn, rotates through the deployed functions, deploys a changed catalog, and destroys it all again.')
  .option('--endpoint <url>', 'an emulator that runs already, and runs functions on this machine')
  .addOption(
    new Option('--account <id>', 'a real account of AWS, with the credentials of this shell: costs a few cents').conflicts(
      'endpoint',
    ),
  )
  .option('--region <name>', 'the region of that account')
  .option('--clean-up', 'only remove what a run has left that could not end')
  .option('--json', 'print one JSON document, and nothing else')
  .addHelpText('after', '\nEnds with 0 if all of it held, 1 if something did not, 2 if something that it needs is missing.')
  .exitOverride();

async function main(): Promise<number> {
  process.env[noVersionWarning] = 'true';
  let options: Options;
  try {
    options = command.parse().opts<Options>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const report = createReport({ isSilent: options.json === true });
  const cleanup = createCleanup();
  const interruption = listenForTheEnd();
  const { signal } = interruption;
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-test-deploy-'));
  cleanup.add(`removing ${folder}`, () => rmSync(folder, { recursive: true, force: true }));

  const startedAt = Date.now();
  const fits: Fit[] = [];
  let place: Place | undefined;
  let failure: unknown;
  try {
    place = await openPlace(options, { folder, cleanup, signal });
    report.say(place.name);
    if (options.cleanUp) await removeRemains(place.clients);
    else await playScenario({ root, place, folder, report, cleanup, signal, onFit: (fit) => fits.push(fit) });
  } catch (error) {
    failure = signal.aborted ? signal.reason : error;
    const log = place?.log();
    if (!options.json && !signal.aborted && log !== undefined) process.stderr.write(`\n${tail(log)}\n`);
  }
  const traffic = place?.traffic() ?? [];
  const left = await cleanup.run();
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const shown = failure === undefined ? {} : { failure: failure instanceof Error ? failure.message : 'it failed' };
  const ok = failure === undefined && left.length === 0;
  const outcome: Outcome = {
    ok,
    where: place?.name,
    held: report.held,
    ...shown,
    differences: place?.differences ?? [],
    fits,
    traffic,
    left,
    seconds,
  };

  if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
  else {
    const lines = [...outcome.differences, ...shownTraffic(outcome)];
    if (lines.length > 0) report.scene('What was not AWS');
    for (const line of lines) report.say(line);
    report.scene(`${ok ? 'All of it held' : 'It did not hold'}: ${report.held.length} checks in ${seconds} seconds`);
    for (const line of left) process.stderr.write(`Left behind: ${line}\n`);
    if (failure !== undefined) process.stderr.write(`${fault(failure)}\n`);
  }
  if (failure instanceof Interrupted) return 130;
  return ok ? 0 : failure instanceof Missing ? 2 : 1;
}

async function openPlace(
  { endpoint, account, region }: Options,
  { folder, cleanup, signal }: { folder: string; cleanup: Cleanup; signal: AbortSignal },
): Promise<Place> {
  if (account !== undefined) return openAccount({ root, folder, account, region, signal });
  const emulator = endpoint === undefined ? await startMinistack(folder, cleanup, signal) : { url: endpoint, name: endpoint };
  return openEmulated({ root, folder, emulator, outlives: endpoint !== undefined, cleanup, signal });
}

class Interrupted extends Error {}

/** Ctrl-C ends it in order, and so does a fault of this program itself: nothing may be left running. A second Ctrl-C is not waited for. */
function listenForTheEnd(): AbortController {
  const controller = new AbortController();
  let interruptedAt: number | undefined;
  const interrupt = () => {
    // Ctrl-C reaches us by the terminal and by npm, which is one wish.
    if (interruptedAt !== undefined && Date.now() - interruptedAt > 2000) process.exit(130);
    interruptedAt ??= Date.now();
    controller.abort(new Interrupted('Interrupted; what was begun is removed.'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  process.on('uncaughtException', (error) => {
    if (controller.signal.aborted) throw error;
    controller.abort(error);
    process.exitCode = 1;
  });
  return controller;
}

process.exitCode = await main();
