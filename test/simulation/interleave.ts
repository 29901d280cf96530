import type { Violation } from './checkers.ts';
import { close, type Explored, type Found, filled, runUntil, wordFor } from './explore.ts';
import { faultsFor } from './faults.ts';
import type { Actor, Choice, Moment, Point, Sim, SimEvent } from './sim.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall.
// Method: at every call somebody decides who goes on. All orders are tried, by running again from the beginning with another decision at one
// place; where the world and what each actor knows are as they were seen before, the order is not followed further, because everything
// that could come of it has been. test/simulation/reduction.test.ts shows that this loses no end.

/** Two things that happen at once, and how the life came there. */
export interface Scene {
  readonly name: string;
  /** What happens before, alone. */
  readonly before: readonly SimEvent[];
  readonly actors: readonly Actor[];
}

const step = (name: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret'): SimEvent => ({ step: name });
const toCreate: readonly SimEvent[] = ['press'];
const toSet: readonly SimEvent[] = ['press', 'advance'];
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
  { name: 'the next rotation beside retire', before: toRetire, actors: [['retire'], ['press', step('createSecret')]] },
];

export interface InterleaveOptions {
  readonly faults: number;
  /** Follows every order to its end. */
  readonly isFull?: boolean;
  readonly isFirstEnough?: boolean;
  readonly mostSchedules?: number;
  readonly onEnd?: (fingerprint: string) => void;
}

export async function interleave(sim: Sim, scene: Scene, options: InterleaveOptions): Promise<Explored> {
  const explored: Explored = { schedules: 0, states: 0, lives: 0, found: [] };
  const start = await filled(sim);
  const from = await runUntil(sim, start, scene.before);
  const seen = new Set<string>();
  const ends = new Set<string>();
  const open: (readonly Choice[])[] = [[]];
  while (open.length > 0 && explored.schedules < (options.mostSchedules ?? Number.POSITIVE_INFINITY)) {
    if (options.isFirstEnough && explored.found.length > 0) break;
    const planned = open.pop() as readonly Choice[];
    const taken: Choice[] = [];
    const run = await sim.interleave(from, scene.actors, (point) => {
      const next = planned[taken.length] ?? decide(point, taken);
      if (next !== 'break off') taken.push(next);
      return next;
    });
    explored.schedules += 1;
    explored.states = seen.size;
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
    found(await closeScene(sim, run.moment, start));
  }
  return explored;

  /** The first way on from a point that was not seen; the others are kept for later. */
  function decide(point: Point, taken: readonly Choice[]): Choice | 'break off' {
    const faultsLeft = options.faults - taken.filter(({ fault }) => fault !== undefined).length;
    const key = `${point.print} ${faultsLeft}`;
    if (!options.isFull) {
      if (seen.has(key)) return 'break off';
      seen.add(key);
    }
    const choices: Choice[] = point.waiting.map(({ actor }) => ({ actor }));
    if (faultsLeft > 0) {
      for (const { actor, call } of point.waiting) {
        if (call.what.startsWith('by hand')) continue;
        for (const fault of faultsFor(call)) choices.push({ actor, fault });
      }
    }
    const [first, ...others] = choices;
    for (const other of others) open.push([...taken, other]);
    return first ?? 'break off';
  }
}

/** Rotation may have been cancelled: then somebody turns it on again, and the next one must go well. */
async function closeScene(sim: Sim, moment: Moment, start: Moment): Promise<readonly Violation[]> {
  const turnedOn = await sim.run(moment, 'turn on', []);
  return close(sim, turnedOn.moment, start);
}

function toFound(
  sim: Sim,
  { name, before, actors }: Scene,
  taken: readonly Choice[],
  calls: readonly { call: { what: string }; fault?: string }[],
  violation: Violation,
): Found {
  const order = taken.map(({ actor, fault }) => `${'AB'[actor]}${fault === undefined ? '' : `=${fault}`}`).join(' ');
  const trace = [
    ...before.map(wordFor),
    ...actors.map((actor, index) => `${'AB'[index]} is ${actor.map(wordFor).join(', ')}`),
    ...calls.map(({ call, fault }) => `    ${call.what}${fault === undefined ? '' : `   <- ${fault}`}`),
  ];
  return { violation, replay: `npm run simulate -- --scene '${sim.player.name}: ${name}: ${order}'`, trace };
}
