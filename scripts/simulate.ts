/**
 * Goes through lives of tokens in a simulated world, under every fault and in every order: `npm run simulate`, and `npm run simulate -- --help`
 * for what else it does. docs/reliability.md tells what is promised.
 */
import { setImmediate } from 'node:timers/promises';
import colours from 'picocolors';
import { fault } from '../lib/cli/terminal.ts';
import { type Player, representatives } from '../test/simulation/cast.ts';
import { type Explored, type Found, filled, parseReplay, replay, Unreadable, wordFor } from '../test/simulation/explore.ts';
import { parseScene, replayScene, scenes } from '../test/simulation/interleave.ts';
import { type FoundPlanted, findPlanted, type Planted, plantedBugs } from '../test/simulation/planted.ts';
import { createSim, theEngine } from '../test/simulation/sim.ts';
import { shortened, walk } from '../test/simulation/walks.ts';
import { allJobs, everyPlayer, type Job, type Kind, kinds, lives, orderJobs, usualJobs } from './simulate/jobs.ts';
import { isIn, type Options, readOptions } from './simulate/options.ts';
import { createProgress, duration, type Progress } from './simulate/progress.ts';

/** What the whole run came to; `--json` prints it. */
interface Outcome {
  /** Schedules of each kind: runs of one event under a plan of faults, or of one order of two. */
  readonly explored: Record<Kind, number>;
  statesVisited: number;
  lives: number;
  walks: number;
  violations: number;
  planted: number;
  found: number;
  plantedBugs: readonly FoundPlanted[];
  broken: Found[];
  seconds: number;
  livesPerSecond: number;
  /** What was ended before all of it was gone through. */
  readonly unfinished: string[];
}

/** When to end with what there is. */
interface Bounds {
  isOver(): boolean;
  /** Gives timers and signals their turn, now and then. */
  breathe(): Promise<void> | undefined;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'number') return options;
  try {
    if (options.replay !== undefined) return await printReplay(options.replay, options);
    if (options.scene !== undefined) return await printScene(options.scene, options);
    return await simulate(options);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    process.stderr.write(`${fault(error)}\n`);
    return 2;
  }
}

async function simulate(options: Options): Promise<number> {
  const player = options.player === undefined ? undefined : await playerNamed(options.player);
  const outcome = nothingYet();
  const progress = createProgress();
  const bounds = createBounds(options.seconds);
  const startedAt = performance.now();
  if (options.walks !== undefined) {
    const players = player === undefined ? await everyPlayer() : [player];
    await goWalks(options.walks, options, players, { outcome, progress, bounds });
  } else {
    await goJobs(await jobsFor(options, player), options.most, { outcome, progress, bounds });
  }
  const isUsual =
    !options.all &&
    !options.orders &&
    options.part === undefined &&
    options.walks === undefined &&
    options.faults === undefined &&
    player === undefined;
  outcome.seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  outcome.livesPerSecond = Math.round(((outcome.lives + outcome.walks) / Math.max(outcome.seconds, 0.1)) * 10) / 10;
  if (isUsual && bounds.isOver()) outcome.unfinished.push('the planted designs');
  else if (isUsual) await findPlantedBugs(outcome);
  progress.close();
  if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
  else printOutcome(outcome);
  return outcome.violations === 0 && outcome.found === outcome.planted ? 0 : 1;
}

interface Going {
  readonly outcome: Outcome;
  readonly progress: Progress;
  readonly bounds: Bounds;
}

async function jobsFor({ all, orders, faults, part }: Options, player: Player | undefined): Promise<readonly Job[]> {
  if (faults !== undefined) return [lives(player ?? (representatives()[0] as Player), faults)];
  const jobs = await (all ? allJobs() : orders ? orderJobs() : usualJobs());
  return jobs.filter((job) => player === undefined || job.player === player.name).filter((_job, index) => isIn(part, index));
}

async function goJobs(jobs: readonly Job[], most: number | undefined, { outcome, progress, bounds }: Going): Promise<void> {
  let schedules = 0;
  for (const [done, job] of jobs.entries()) {
    if (bounds.isOver()) {
      outcome.unfinished.push(job.name);
      continue;
    }
    let wasCut = false;
    const explored: Explored = await job.run({
      isEnough: () => {
        wasCut ||= bounds.isOver();
        return wasCut;
      },
      onProgress: (now) => {
        const violations = outcome.violations + now.found.length;
        progress.show({ name: job.name, done, all: jobs.length, schedules: schedules + now.schedules, violations });
        return bounds.breathe();
      },
      ...(most === undefined ? {} : { mostSchedules: most }),
    });
    if (wasCut || explored.schedules >= (most ?? Number.POSITIVE_INFINITY)) outcome.unfinished.push(job.name);
    schedules += explored.schedules;
    outcome.explored[job.kind] += explored.schedules;
    outcome.statesVisited += explored.states;
    outcome.lives += explored.lives;
    outcome.violations += explored.found.length;
    outcome.broken.push(...explored.found);
  }
}

/** Shortening takes as long as some hundred walks; whoever has so many to look at needs no more. */
const mostShortened = 40;

async function goWalks(
  count: number,
  { seed, part }: Pick<Options, 'seed' | 'part'>,
  players: readonly Player[],
  { outcome, progress, bounds }: Going,
): Promise<void> {
  let events = 0;
  for (let number = 0; number < count; number += 1) {
    if (!isIn(part, number)) continue;
    if (bounds.isOver()) {
      outcome.unfinished.push(`${count - number} of ${count} walks`);
      break;
    }
    const walked = await walk(players, seed, number);
    events += walked.steps.length;
    outcome.walks += 1;
    outcome.violations += walked.violations.length;
    const trace = [`walk ${number} of seed ${seed}`];
    const isNews = walked.violations.length > 0 && outcome.broken.length < mostShortened;
    const { replay: line } = isNews ? await shortened(walked) : walked;
    outcome.broken.push(...walked.violations.map((violation) => ({ violation, replay: line, trace })));
    const name = `walk ${number} of seed ${seed}: ${walked.player.name}`;
    progress.show({ name, done: number + 1, all: count, schedules: events, violations: outcome.violations });
    await bounds.breathe();
  }
}

async function findPlantedBugs(outcome: Outcome): Promise<void> {
  outcome.planted = plantedBugs.length;
  outcome.plantedBugs = await findPlanted();
  outcome.found = outcome.plantedBugs.length;
}

function nothingYet(): Outcome {
  return {
    explored: Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>,
    statesVisited: 0,
    lives: 0,
    walks: 0,
    violations: 0,
    planted: 0,
    found: 0,
    plantedBugs: [],
    broken: [],
    seconds: 0,
    livesPerSecond: 0,
    unfinished: [],
  };
}

function printOutcome(outcome: Outcome): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const number = (count: number) => count.toLocaleString('en');
  for (const { violation, replay: line, trace } of outcome.broken.slice(0, 10)) {
    say(`${colours.red(violation.invariant)} ${violation.message}`);
    for (const each of trace) say(`  ${colours.dim(each)}`);
    say(`  ${line}\n`);
  }
  if (outcome.broken.length > 10) say(`and ${number(outcome.broken.length - 10)} more: --json prints them all\n`);
  for (const kind of kinds) if (outcome.explored[kind] > 0) say(`${kind.padEnd(18)} ${number(outcome.explored[kind])} schedules`);
  if (outcome.walks > 0) say(`${'walks'.padEnd(18)} ${number(outcome.walks)}`);
  if (outcome.planted > 0) say(`${'planted bugs'.padEnd(18)} ${outcome.found} of ${outcome.planted} found`);
  for (const { name, invariant, schedules } of outcome.plantedBugs)
    say(`  ${name}: ${invariant} after ${number(schedules)} schedules`);
  const ended = outcome.unfinished;
  if (ended.length > 0)
    say(
      colours.yellow(`Ended early: ${ended.slice(0, 5).join('; ')}${ended.length > 5 ? `; and ${ended.length - 5} more` : ''}`),
    );
  const states = outcome.statesVisited > 0 ? `${number(outcome.statesVisited)} states, ` : '';
  const verdict =
    outcome.violations === 0 ? colours.green('No promise was broken') : colours.red(`${outcome.violations} violations`);
  say(`${verdict}: ${states}${outcome.livesPerSecond} lives a second, ${duration(outcome.seconds)}`);
}

async function printReplay(text: string, options: Options): Promise<number> {
  const { player, steps } = parseReplay(text);
  const planted = plantedIn(options);
  const cast = planted?.player ?? (await playerNamed(player));
  const sim = createSim(cast, { engine: planted?.engine ?? theEngine, switches: options.switch });
  // A planted design is at work only once the right engine has filled the secret, as where it was found.
  const from = planted === undefined ? undefined : await filled(createSim(cast));
  const lines: string[] = [];
  const found = await replay(sim, steps, from, ({ event, faults }, { calls }) => {
    lines.push(wordFor(event));
    for (const [at, { call, fault: befell }] of calls.entries())
      lines.push(`    ${at}  ${call.to}: ${call.what}${befell === undefined ? '' : `   <- ${befell}`}`);
    const missed = faults.filter(({ at }) => at >= calls.length);
    for (const { at } of missed) lines.push(`    there was no call ${at}`);
  });
  return printAgain(lines, found, options);
}

async function printScene(text: string, options: Options): Promise<number> {
  const planted = plantedIn(options);
  const { player, scene, choices } = parseScene(text, planted?.scene === undefined ? scenes : [planted.scene]);
  const cast = planted?.player ?? (await playerNamed(player));
  const { found, trace } = await replayScene(createSim(cast, { engine: planted?.engine ?? theEngine }), scene, choices);
  return printAgain(trace, found, options);
}

function printAgain(trace: readonly string[], found: readonly Found[], { json }: Options): number {
  const violations = found.map(({ violation }) => violation);
  if (json) process.stdout.write(`${JSON.stringify({ trace, violations }, null, 2)}\n`);
  else {
    const verdicts = violations.map(({ invariant, message }) => colours.red(`${invariant} ${message}`));
    const said = verdicts.length === 0 ? [colours.green('No promise was broken, nor once faults had stopped.')] : verdicts;
    process.stdout.write(`${[...trace, ...said].join('\n')}\n`);
  }
  return violations.length === 0 ? 0 : 1;
}

/** The planted design bug that was asked for. It may have a player and a scene of its own. */
function plantedIn({ planted }: Options): Planted | undefined {
  if (planted === undefined) return undefined;
  const found = plantedBugs.find(({ name }) => name === planted);
  if (found === undefined)
    throw new Unreadable(`There is no planted design '${planted}'; there are ${plantedBugs.map(({ name }) => name).join('; ')}.`);
  return found;
}

async function playerNamed(name: string): Promise<Player> {
  const players = await everyPlayer();
  const found = players.find((player) => player.name === name);
  if (found === undefined)
    throw new Unreadable(`There is no player '${name}'; there are ${players.map((player) => player.name).join('; ')}.`);
  return found;
}

function createBounds(seconds = Number.POSITIVE_INFINITY): Bounds {
  const startedAt = performance.now();
  let breathedAt = startedAt;
  let isInterrupted = false;
  process.on('SIGINT', () => {
    isInterrupted = true;
  });
  return {
    isOver: () => isInterrupted || performance.now() - startedAt > seconds * 1000,
    breathe() {
      if (performance.now() - breathedAt < 50) return;
      breathedAt = performance.now();
      return setImmediate();
    },
  };
}

process.exitCode = await main();
