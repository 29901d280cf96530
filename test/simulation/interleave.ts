import type { OutwardCall } from '../../lib/testing/world.ts';
import type { Violation } from './checkers.ts';
import { close, type Explored, type Found, faultKindFor, filled, runUntil, Unreadable, wordFor } from './explore.ts';
import { type FaultKind, faultsFor, isChange } from './faults.ts';
import type { Actor, Moment, Point, SeenCall, Sim, SimEvent } from './sim.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall.
// Method: at every call somebody decides who goes on. All orders are tried, by running again from the beginning with another decision at one
// place. Two things are not done twice, and test/simulation/reduction.test.ts shows that no end is lost by it:
// - where the world and what each actor knows are as they were seen before, because everything that could come of it has been followed;
// - two calls that have nothing to do with each other, in the other order (Godefroid's sleep sets): both orders lead to the same world.

/** Two things that happen at once, and how the life came there. */
export interface Scene {
  readonly name: string;
  /** What happens before, alone. */
  readonly before: readonly SimEvent[];
  readonly actors: readonly Actor[];
}

const step = (name: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret'): SimEvent => ({ step: name });
const toCreate: readonly SimEvent[] = ['press'];
// The new token is old enough to be accepted at once: waiting for it is the fault explorer's, and would make every order a state of its own.
const toSet: readonly SimEvent[] = ['press', 'advance', { hours: 0.2 }];
const toTest: readonly SimEvent[] = [...toSet, 'advance'];
const toFinish: readonly SimEvent[] = [...toTest, 'advance'];
const toRetire: readonly SimEvent[] = [...toFinish, 'advance', 'advance', 'retire', { hours: 26 }];

export const scenes: readonly Scene[] = [
  { name: 'createSecret twice', before: toCreate, actors: [[step('createSecret')], [step('createSecret')]] },
  { name: 'setSecret twice', before: toSet, actors: [[step('setSecret')], [step('setSecret')]] },
  { name: 'testSecret twice', before: toTest, actors: [[step('testSecret')], [step('testSecret')]] },
  { name: 'finishSecret twice', before: toFinish, actors: [[step('finishSecret')], [step('finishSecret')]] },
  { name: 'a late setSecret beside finishSecret', before: toFinish, actors: [[step('setSecret')], [step('finishSecret')]] },
  { name: 'a late createSecret beside setSecret', before: toSet, actors: [[step('createSecret')], [step('setSecret')]] },
  { name: 'two reconcilers', before: toRetire, actors: [['retire'], ['retire']] },
  { name: 'two sweeps for strays beside a mint', before: toCreate, actors: [['strays'], [step('createSecret')]] },
  { name: 'AWS and the reconciler both go on', before: toSet, actors: [['continue'], [step('setSecret')]] },
  { name: 'a cancel beside createSecret', before: toCreate, actors: [[step('createSecret')], ['cancel']] },
  { name: 'a cancel beside setSecret', before: toSet, actors: [[step('setSecret')], ['cancel']] },
  { name: 'a cancel beside finishSecret', before: toFinish, actors: [[step('finishSecret')], ['cancel']] },
  { name: 'a hand edit beside setSecret', before: toSet, actors: [[step('setSecret')], ['edit']] },
  { name: 'a hand edit beside finishSecret', before: toFinish, actors: [[step('finishSecret')], ['edit']] },
  { name: 'a roll-back beside retire', before: toRetire, actors: [['retire'], ['roll back']] },
  { name: 'a hold beside retire', before: toRetire, actors: [['retire'], ['hold']] },
  { name: 'the next rotation beside retire', before: toRetire, actors: [['retire'], ['press', step('createSecret')]] },
];

export interface InterleaveOptions {
  readonly faults: number;
  /** Follows every order to its end. */
  readonly isFull?: boolean;
  readonly isFirstEnough?: boolean;
  readonly mostSchedules?: number;
  readonly onEnd?: (fingerprint: string) => void;
  readonly onProgress?: (explored: Explored) => void | Promise<void>;
  /** Ends with what there is as soon as this says so. */
  readonly isEnough?: () => boolean;
}

/** One way on from a point: whose call, and what befalls it. */
interface Transition {
  readonly actor: number;
  readonly call: OutwardCall;
  readonly fault?: FaultKind;
  /** Whoever made the call slept after it, so that it commutes with nothing: others would find another time. */
  hasSlept?: boolean;
}

/** Choices that lead to a point, and what need not be chosen there because its consequences are known. */
interface Plan {
  readonly choices: readonly Transition[];
  readonly asleep: readonly Transition[];
}

export async function interleave(sim: Sim, scene: Scene, options: InterleaveOptions): Promise<Explored> {
  const explored: Explored = { schedules: 0, states: 0, lives: 0, found: [] };
  const start = await filled(sim);
  const from = await runUntil(sim, start, scene.before);
  /** What was asleep at every point that was seen. */
  const seen = new Map<string, readonly string[]>();
  const ends = new Set<string>();
  const known = new Set<string>();
  const open: Plan[] = [{ choices: [], asleep: [] }];
  while (open.length > 0 && explored.schedules < (options.mostSchedules ?? Number.POSITIVE_INFINITY)) {
    if (options.isEnough?.() || (options.isFirstEnough && explored.found.length > 0)) break;
    const plan = open.pop() as Plan;
    const taken: Transition[] = [];
    let asleep = plan.asleep;
    let chosenAt = 0;
    const run = await sim.interleave(from, scene.actors, (point) => {
      const now = sim.stage.clock.now();
      const last = taken.at(-1);
      if (last !== undefined) last.hasSlept = now - chosenAt > 50;
      const planned = plan.choices[taken.length];
      if (planned === undefined && last !== undefined)
        asleep = last.hasSlept ? [] : asleep.filter((other) => !other.hasSlept && areIndependent(other, last));
      const next = planned ?? decide(point, taken, asleep);
      if (next !== 'break off') taken.push(next);
      chosenAt = now;
      return next;
    });
    explored.schedules += 1;
    explored.states = seen.size;
    await options.onProgress?.(explored);
    const found = (violations: readonly Violation[]) => {
      for (const violation of violations) explored.found.push(toFound(sim, scene, taken, run.calls, violation));
    };
    found(run.violations);
    if (!run.isWhole || run.violations.length > 0) continue;
    const end = sim.fingerprint(run.moment);
    options.onEnd?.(end);
    if (ends.has(end)) continue;
    ends.add(end);
    explored.lives += 1;
    found(await closeScene(sim, run.moment, start, known));
  }
  return explored;

  /** The first way on from a point that was not followed yet; the others are kept for later. */
  function decide(point: Point, taken: readonly Transition[], asleep: readonly Transition[]): Transition | 'break off' {
    const faultsLeft = options.faults - taken.filter(({ fault }) => fault !== undefined).length;
    const ways = waysOn(point, faultsLeft).filter((way) => options.isFull || !asleep.some((other) => isSame(other, way)));
    const [first, ...others] = options.isFull ? ways : notFollowed(`${point.print(faultsLeft > 0)} ${faultsLeft}`, ways, asleep);
    if (first === undefined) return 'break off';
    const followed = [...asleep, first];
    const plans = others.map((other) => {
      const plan = { choices: [...taken, other], asleep: [...followed] };
      followed.push(other);
      return plan;
    });
    open.push(...plans.reverse());
    return first;
  }

  /** Of the ways on from a point, those that were not followed from there before. */
  function notFollowed(key: string, ways: readonly Transition[], asleep: readonly Transition[]): readonly Transition[] {
    const before = seen.get(key);
    const names = asleep.map(nameOf);
    seen.set(key, before === undefined ? names : before.filter((name) => names.includes(name)));
    return before === undefined ? ways : ways.filter((way) => before.includes(nameOf(way)));
  }
}

function waysOn({ waiting }: Point, faultsLeft: number): readonly Transition[] {
  const ways: Transition[] = [...waiting];
  for (const each of faultsLeft > 0 ? waiting : []) {
    if (each.call.what.startsWith('by hand')) continue;
    for (const fault of faultsFor(each.call)) ways.push({ ...each, fault });
  }
  return ways;
}

function nameOf({ actor, call, fault }: Transition): string {
  return `${actor} ${call.what} ${fault}`;
}

function isSame(one: Transition, other: Transition): boolean {
  return nameOf(one) === nameOf(other);
}

/** Whether they lead to the same in either order, and neither keeps the other from happening. */
function areIndependent(one: Transition, other: Transition): boolean {
  if (one.actor === other.actor || one.fault === 'stale' || other.fault === 'stale') return false;
  if (one.fault !== undefined && other.fault !== undefined) return false; // one takes the other's last fault away
  const places = [one, other].map(({ call }) => placeOf(call));
  if (places.includes('everywhere')) return false;
  return places[0] !== places[1] || (!isChange(one.call) && !isChange(other.call));
}

function placeOf({ to, what, secret }: OutwardCall): string {
  if (what.startsWith('by hand')) return 'everywhere';
  if (to === 'network') return /https:\/\/([^/]+)/.exec(what)?.[1] ?? 'everywhere';
  if (what === 'record') return what; // it stands in no way of receipts
  return to === 'aws' ? `aws ${secret ?? ''}` : to;
}

/** Rotation may have been cancelled, or its old tokens held: then somebody turns it on again and releases them, and the next one must go well. */
async function closeScene(sim: Sim, moment: Moment, start: Moment, known?: Set<string>): Promise<readonly Violation[]> {
  const { moment: turnedOn } = await sim.run(moment, 'turn on', []);
  const { moment: released } = await sim.run(turnedOn, 'release', []);
  return close(sim, released, start, known);
}

/** Who goes on at a call, and what befalls it; A is 0. */
export interface SceneChoice {
  readonly actor: number;
  readonly fault?: FaultKind;
}

/** `player: scene: A B=lost A`: what `parseScene` reads. */
export function writeScene(player: string, scene: string, choices: readonly SceneChoice[]): string {
  const order = choices.map(({ actor, fault }) => `${'AB'[actor]}${fault === undefined ? '' : `=${fault}`}`);
  return `${player}: ${scene}: ${order.join(' ')}`;
}

/** Reads what `writeScene` wrote. */
export function parseScene(text: string, known = scenes): { player: string; scene: Scene; choices: readonly SceneChoice[] } {
  const [, player, name, order] = /^(.+?): (.+?):(?: (.*))?$/s.exec(text.trim()) ?? [];
  if (player === undefined)
    throw new Unreadable("A scene has a player, a name, and who goes on at each call: 'own value: two reconcilers: A B=lost A'.");
  const scene = known.find((each) => each.name === name);
  if (scene === undefined)
    throw new Unreadable(`There is no scene '${name}'; there are ${known.map((each) => each.name).join(', ')}.`);
  const words = (order ?? '').split(/\s+/).filter((word) => word !== '');
  const choices = words.map((word): SceneChoice => {
    const [, letter, fault] = /^([AB])(?:=(.+))?$/.exec(word) ?? [];
    if (letter === undefined) throw new Unreadable(`'${word}' says nobody who goes on; it is A or B, or with a fault A=lost.`);
    return { actor: 'AB'.indexOf(letter), ...(fault === undefined ? {} : { fault: faultKindFor(fault) }) };
  });
  return { player, scene, choices };
}

/** Runs one order again. Where it says no more, whoever waits first goes on. */
export async function replayScene(
  sim: Sim,
  scene: Scene,
  choices: readonly SceneChoice[],
): Promise<{ readonly found: readonly Found[]; readonly trace: readonly string[] }> {
  const start = await filled(sim);
  const from = await runUntil(sim, start, scene.before);
  const taken: SceneChoice[] = [];
  let missing: string | undefined;
  const run = await sim.interleave(from, scene.actors, ({ waiting }) => {
    const choice = choices[taken.length] ?? { actor: waiting[0]?.actor ?? 0 };
    if (!waiting.some(({ actor }) => actor === choice.actor)) {
      missing = `Choice ${taken.length + 1} is ${'AB'[choice.actor]}, who has ended by then: this order is of another version.`;
      return 'break off';
    }
    taken.push(choice);
    return choice;
  });
  if (missing !== undefined) throw new Unreadable(missing);
  const violations = run.violations.length > 0 ? run.violations : await closeScene(sim, run.moment, start);
  const found = violations.map((violation) => toFound(sim, scene, taken, run.calls, violation));
  return { found, trace: traceOf(scene, run.calls) };
}

function toFound(sim: Sim, scene: Scene, taken: readonly SceneChoice[], calls: readonly SeenCall[], violation: Violation): Found {
  const replay = `npm run simulate -- --scene '${writeScene(sim.player.name, scene.name, taken)}'`;
  return { violation, replay, trace: traceOf(scene, calls) };
}

function traceOf({ before, actors }: Scene, calls: readonly SeenCall[]): readonly string[] {
  return [
    ...before.map(wordFor),
    ...actors.map((actor, index) => `${'AB'[index]} is ${actor.map(wordFor).join(', ')}`),
    ...calls.map(({ call, fault }) => `    ${call.what}${fault === undefined ? '' : `   <- ${fault}`}`),
  ];
}
