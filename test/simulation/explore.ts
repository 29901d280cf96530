import { readOurLabel } from '../../lib/engine/labels.ts';
import type { StepName } from '../../lib/engine/rotate.ts';
import { judgeEnd, type Violation, valueIn, viewOf } from './checkers.ts';
import { type Fault, type FaultKind, faultKinds, faultsFor } from './faults.ts';
import { type Moment, plainEvents, type Run, type SeenCall, type Sim, type SimEvent } from './sim.ts';

// Goal: whatever befalls a life at any of its calls, nothing is promised that is not kept.
// Method: a life is a row of events (Rotate is pressed, one step is run, time passes, a sweep looks). From every moment between two events,
// the next event is run without a fault, and with every fault at every one of its calls, as long as faults are left. A moment that was
// seen before, with as many faults left, is not gone on from: all that could follow has been followed. In the end faults stop, sweeps
// come until nothing changes, and it must all have come right.

/** Where a life is: the next event, and the way that led here. */
interface Node {
  readonly moment: Moment;
  readonly phase: number;
  readonly faultsLeft: number;
  readonly path: Path | undefined;
}

/** The way to a moment, newest first: enough to walk it again. */
interface Path {
  readonly event: SimEvent;
  readonly faults: readonly Fault[];
  readonly before: Path | undefined;
}

export interface Found {
  readonly violation: Violation;
  /** To be walked again by `npm run simulate -- --replay`. */
  readonly replay: string;
  readonly trace: readonly string[];
}

export interface Explored {
  /** Runs of an event under a plan of faults. */
  schedules: number;
  /** Different moments. */
  states: number;
  /** Whole lives gone to their end. */
  lives: number;
  readonly found: Found[];
}

/** The life that is gone through: a rotation, and sweeps until the old token is gone. `advance` is repeated as often as AWS has something to do. */
const rotation: readonly SimEvent[] = [
  'press',
  'advance',
  { hours: 3 },
  'strays',
  'continue',
  'advance',
  'retire',
  { hours: 26 },
  'begin',
  'strays',
  'continue',
  'watch',
  'retire',
  { hours: 1 },
  'retire',
];

/** A rehearsal, and what may be left of it. */
export const rehearsal: readonly SimEvent[] = ['drill', { hours: 3 }, 'strays', 'watch'];

export interface ExploreOptions {
  /** What happens in it. @default a rotation, and sweeps until the old token is gone */
  readonly script?: readonly SimEvent[];
  readonly faults: number;
  /** Stops at the first violation. */
  readonly isFirstEnough?: boolean;
  /** Is waited for: nothing else in here ever waits for the world, so that without it no timer and no Ctrl-C would get a turn. */
  readonly onProgress?: (explored: Explored) => void | Promise<void>;
  /** Ends with what there is as soon as this says so. */
  readonly isEnough?: () => boolean;
  /** Gives up after so many schedules. */
  readonly mostSchedules?: number;
  /** Where the life begins. @default a secret that was filled, and rests */
  readonly from?: Moment;
}

/** Goes through every life of one player with up to so many faults. */
export async function explore(sim: Sim, options: ExploreOptions): Promise<Explored> {
  const { script = rotation } = options;
  const explored: Explored = { schedules: 0, states: 0, lives: 0, found: [] };
  const seen = new Set<string>();
  const closed = new Set<string>();
  const known = new Set<string>();
  const begin = options.from ?? (await filled(sim));
  const nodes: Node[] = [{ moment: begin, phase: 0, faultsLeft: options.faults, path: undefined }];

  const isOver = () => {
    if (options.isEnough?.() || explored.schedules >= (options.mostSchedules ?? Number.POSITIVE_INFINITY)) return true;
    return options.isFirstEnough === true && explored.found.length > 0;
  };
  const report = (violations: readonly Violation[], path: Path | undefined, calls: readonly SeenCall[]) => {
    for (const violation of violations)
      explored.found.push({ violation, replay: replayOf(sim, path), trace: traceOf(path, calls) });
  };

  while (nodes.length > 0 && !isOver()) {
    const node = nodes.pop() as Node;
    const key = `${sim.fingerprint(node.moment)} ${node.phase} ${node.faultsLeft}`;
    if (seen.has(key)) continue;
    seen.add(key);
    explored.states = seen.size;
    const event = script[node.phase];
    if (event === undefined) {
      const end = sim.fingerprint(node.moment);
      if (closed.has(end)) continue;
      closed.add(end);
      explored.lives += 1;
      report(await close(sim, node.moment, begin, known), node.path, []);
      continue;
    }
    // AWS gives up, or is slow, whenever it likes; our sweeps come all the same.
    if (event === 'advance' && !isUnderway(sim, node.moment)) nodes.push({ ...node, phase: node.phase + 1 });
    await branch(node, event, [], 0);
  }
  return explored;

  /** Runs the event under the faults planned so far, and then with one more at each later call. */
  async function branch(node: Node, event: SimEvent, faults: readonly Fault[], from: number): Promise<void> {
    if (isOver()) return;
    const { calls, moment, violations } = await sim.run(node.moment, event, faults);
    explored.schedules += 1;
    await options.onProgress?.(explored);
    const path: Path = { event, faults, before: node.path };
    report(violations, path, calls);
    const isRepeated = event === 'advance' && hasMoved(sim, node.moment, moment);
    const next = { moment, phase: isRepeated ? node.phase : node.phase + 1, faultsLeft: node.faultsLeft - faults.length, path };
    if (violations.length === 0) nodes.push(next);
    if (faults.length === node.faultsLeft) return;
    for (let at = from; at < calls.length; at += 1) {
      const { call } = calls[at] as SeenCall;
      for (const kind of faultsFor(call)) await branch(node, event, [...faults, { at, kind }], at + 1);
    }
  }
}

/** A secret that has its first token, given to every place, and nothing under way. */
export async function filled(sim: Sim): Promise<Moment> {
  let moment = sim.moment();
  for (const event of ['press', ...Array(12).fill('advance'), { hours: 48 }, 'retire'] as SimEvent[]) {
    const run = await sim.run(moment, event, []);
    if (run.violations.length > 0) throw new Error(`the first filling broke ${JSON.stringify(run.violations[0])}`);
    moment = run.moment;
  }
  const { current } = viewOf(sim.stage);
  if (current === undefined || readOurLabel(current.labels) === undefined)
    throw new Error(`${sim.player.name} has no token after the first filling, so that nothing would be gone through`);
  return { ...moment, faults: 0 };
}

/** Things that happen one after the other and without a fault. */
export async function runUntil(sim: Sim, from: Moment, events: readonly SimEvent[]): Promise<Moment> {
  let moment = from;
  for (const event of events) moment = (await sim.run(moment, event, [])).moment;
  return moment;
}

/**
 * Faults have stopped, and clocks are right: sweeps come until four days change nothing any more, and Rotate is pressed again where a rotation was taken apart (for a token
 * that only people make its owner submits another), or where a person put in a value or went back to a dead one. From a moment in `known`
 * another end of the same lives has gone on before: what comes of it was judged then.
 */
export async function close(sim: Sim, from: Moment, start: Moment, known = new Set<string>()): Promise<readonly Violation[]> {
  const old = valueAt(sim, start);
  const violations: Violation[] = [];
  let moment = from;
  const go = async (event: SimEvent) => {
    const run = await sim.run(moment, event, []);
    violations.push(...run.violations);
    moment = run.moment;
  };
  if (from.wrongByMilliseconds !== 0) await go('clock right');
  let timeless = '';
  for (let round = 0; round < 8; round += 1) {
    const before = sim.fingerprint(moment);
    const place = `${round} ${before}`;
    if (known.has(place)) return violations;
    known.add(place);
    for (const event of [
      { hours: 3 },
      'strays',
      'continue',
      'retire',
      { hours: timeless === '' ? 26 : 98 },
      'watch',
      'begin',
      'retire',
      'retire',
    ] as SimEvent[])
      await go(event);
    for (let step = 0; step < 12 && isUnderway(sim, moment); step += 1) await go('advance');
    const is = valueAt(sim, moment);
    const { byHand, endedByOthers } = moment.truth;
    const isStill =
      (is === undefined || is === old || isParked(sim, moment) || [...byHand, ...endedByOthers].includes(is ?? '')) && round < 4;
    if (isStill) {
      timeless = '';
      await go('press');
      for (let step = 0; step < 6; step += 1) await go('advance');
    } else {
      const print = sim.timelessPrint(moment);
      if (print === timeless) break;
      timeless = print;
    }
  }
  await sim.run(moment, { hours: 0 }, []);
  const view = viewOf(sim.stage);
  judgeEnd(sim.stage, view, moment.truth, valueAt(sim, moment) !== old, (violation) => violations.push(violation));
  return violations;
}

/** Walks one way again, from a secret that was filled where nothing else is said. */
export async function replay(
  sim: Sim,
  steps: readonly ReplayStep[],
  from?: Moment,
  onRun: (step: ReplayStep, run: Run) => void = () => {},
): Promise<readonly Found[]> {
  const start = from ?? (await filled(sim));
  let moment = start;
  let path: Path | undefined;
  for (const { event, faults } of steps) {
    const run = await sim.run(moment, event, faults);
    onRun({ event, faults }, run);
    path = { event, faults, before: path };
    moment = run.moment;
    if (run.violations.length > 0) {
      return run.violations.map((violation) => ({ violation, replay: replayOf(sim, path), trace: traceOf(path, run.calls) }));
    }
  }
  const violations = await close(sim, moment, start);
  return violations.map((violation) => ({ violation, replay: replayOf(sim, path), trace: traceOf(path, []) }));
}

function valueAt(sim: Sim, { secrets }: Moment): string | undefined {
  const secret = secrets.secrets.get(sim.stage.arn);
  return valueIn(
    sim.stage,
    secret?.versions.find(({ labels }) => labels.includes('AWSCURRENT')),
  );
}

/** Somebody was told that a rotation failed for good. */
function isParked(sim: Sim, { secrets }: Moment): boolean {
  const versions = secrets.secrets.get(sim.stage.arn)?.versions ?? [];
  return versions.some(({ labels }) => labels.some((label) => label.startsWith('keyturn-parked')));
}

/** Secrets Manager is between two steps of an attempt. */
function isUnderway(sim: Sim, { secrets }: Moment): boolean {
  const run = secrets.secrets.get(sim.stage.arn)?.rotation?.run;
  return run !== undefined && (run.active || run.dueAt !== undefined);
}

function hasMoved(sim: Sim, before: Moment, after: Moment): boolean {
  return isUnderway(sim, after) || sim.fingerprint(before) !== sim.fingerprint(after);
}

function pathSteps(path: Path | undefined): readonly ReplayStep[] {
  const steps: ReplayStep[] = [];
  for (let at = path; at !== undefined; at = at.before) steps.unshift({ event: at.event, faults: at.faults });
  return steps;
}

function replayOf(sim: Sim, path: Path | undefined): string {
  return `npm run simulate -- --replay '${writeReplay(sim.player.name, pathSteps(path))}'`;
}

/** One thing that happens, and the faults that befall it. */
export interface ReplayStep {
  readonly event: SimEvent;
  readonly faults: readonly Fault[];
}

/** `player: press advance,3=lost 26h`: what `parseReplay` reads. */
export function writeReplay(player: string, steps: readonly ReplayStep[]): string {
  const words = steps.map(({ event, faults }) => [wordFor(event), ...faults.map(({ at, kind }) => `${at}=${kind}`)].join(','));
  return `${player}: ${words.join(' ')}`;
}

/** `26h`, `setSecret`, `roll-back`: what happens, as one word. */
export function wordFor(event: SimEvent): string {
  if (typeof event === 'string') return event.replaceAll(' ', '-');
  return 'hours' in event ? `${event.hours}h` : event.step;
}

function eventFor(word: string): SimEvent {
  const hours = /^([\d.]+)h$/.exec(word)?.[1];
  if (hours !== undefined && Number.isFinite(Number(hours))) return { hours: Number(hours) };
  const step = stepNames.find((name) => name === word);
  const event = plainEvents.find((name) => wordFor(name) === word);
  if (step === undefined && event === undefined) {
    const known = [...plainEvents.map(wordFor), ...stepNames, '26h'].join(', ');
    throw new Unreadable(`'${word}' is nothing that can happen; there are ${known}.`);
  }
  return step === undefined ? (event as SimEvent) : { step };
}

const stepNames: readonly StepName[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** A text that a person gave cannot be followed; the message says why in one sentence. */
export class Unreadable extends Error {}

/** Reads what `writeReplay` wrote. */
export function parseReplay(text: string): { player: string; steps: readonly ReplayStep[] } {
  const [, player, rest] = /^(.+?): (.+)$/s.exec(text.trim()) ?? [];
  if (player === undefined || rest === undefined)
    throw new Unreadable("A replay has a player and what happens: 'marked, readable place: press advance,3=lost 26h retire'.");
  const steps = rest.split(/\s+/).map((word) => {
    const [name = '', ...faults] = word.split(',');
    return { event: eventFor(name), faults: faults.map(parseFault) };
  });
  return { player, steps };
}

function parseFault(text: string): Fault {
  const [, at, name] = /^(\d+)=(.+)$/.exec(text) ?? [];
  if (at === undefined)
    throw new Unreadable(`'${text}' is no fault; a fault is the number of a call and what befalls it: 3=lost.`);
  return { at: Number(at), kind: faultKindFor(name ?? '') };
}

export function faultKindFor(name: string): FaultKind {
  const kind = faultKinds.find((each) => each === name);
  if (kind === undefined) throw new Unreadable(`'${name}' is no fault; there are ${faultKinds.join(', ')}.`);
  return kind;
}

function traceOf(path: Path | undefined, calls: readonly SeenCall[]): readonly string[] {
  const events = pathSteps(path).map(({ event, faults }) => {
    const name = wordFor(event);
    return faults.length === 0 ? name : `${name}, with ${faults.map(({ at, kind }) => `${kind} at call ${at}`).join(' and ')}`;
  });
  const last = calls.map(
    ({ call, fault }, at) => `    ${at}  ${call.to}: ${call.what}${fault === undefined ? '' : `   <- ${fault}`}`,
  );
  return [...events, ...last];
}
