import type { Switches } from '../../lib/local/secrets-manager/switches.ts';
import { type Chance, createChance } from '../../lib/testing/world.ts';
import type { Player } from './cast.ts';
import type { Violation } from './checkers.ts';
import { close, filled, type ReplayStep, replay, writeReplay } from './explore.ts';
import { type Fault, faultsFor } from './faults.ts';
import { createSim, type Run, type Sim, type SimEvent } from './sim.ts';

// Goal: lives that are longer and wilder than anybody could go through one by one.
// Method: a seed draws a player, what AWS does where nobody knows what it does, and a row of 20 to 60 events, each with up to two faults.
// Then faults stop, the authority is renewed, rotation turned on and what is held released, sweeps come, and it must all have come right.
// In it: several rotations, also inside the overlap of the one before; slots of the provider that run out; an authority that ends midway;
// hand edits, roll-backs, holds, cancels and test runs between any two events; retries of AWS; functions whose clock is wrong by an hour.
// another secret of ours, or of another installation, that rotates on the same account of the provider, and a token that a person made there.
// Not in it: two runs beside each other (scenes do that).

export interface Walk {
  readonly player: Player;
  readonly switches: Partial<Switches>;
  readonly steps: readonly ReplayStep[];
  readonly violations: readonly Violation[];
  /** To be walked again without the seed. */
  readonly replay: string;
}

/** How likely each is, against the others. Steps and sweeps come most, so that rotations get somewhere. */
const weights: readonly (readonly [SimEvent, number])[] = [
  ['advance', 40],
  ['press', 10],
  ['retire', 10],
  [{ hours: 3 }, 6],
  [{ hours: 26 }, 6],
  [{ hours: 0.1 }, 4],
  ['strays', 5],
  ['continue', 5],
  ['begin', 3],
  ['watch', 3],
  ['drill', 2],
  ['test run', 2],
  ['cancel', 2],
  ['turn on', 2],
  ['edit', 1],
  ['tamper', 1],
  ['hold', 1],
  ['release', 2],
  ['roll back', 1],
  ['end authority', 1],
  ['renew authority', 2],
  [{ hours: 1 }, 2],
  ['clock ahead', 2],
  ['clock back', 2],
  ['neighbour rotates', 2],
];

/** What people put right in the end, once they have seen what it leads to. */
const mended = ['renew authority', 'turn on', 'release'] as const;

/** Walk number so-and-so of a seed: the same one whenever it is asked for. */
export async function walk(players: readonly Player[], seed: number, number: number): Promise<Walk> {
  const chance = createChance((Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b)) >>> 0);
  const player = oneOf(players, chance);
  const switches = drawSwitches(chance);
  const { sim, start } = await filledOnce(player, switches);
  const steps: ReplayStep[] = [];
  let moment = start;
  const ended = (violations: readonly Violation[]): Walk => ({
    player,
    switches,
    steps,
    violations,
    replay: replayLine(player, switches, steps),
  });
  const go = async (event: SimEvent, faults: number) => {
    const { run, step } = await drawRun(sim, moment, event, faults, chance);
    steps.push(step);
    moment = run.moment;
    return run.violations;
  };

  const length = 20 + Math.floor(chance.fraction() * 41);
  const drawEvent = eventDrawer(chance);
  for (let count = 0; count < length; count += 1) {
    const luck = chance.fraction();
    const violations = await go(drawEvent(), luck < 0.75 ? 0 : luck < 0.93 ? 1 : 2);
    if (violations.length > 0) return ended(violations);
  }
  for (const event of mended) await go(event, 0);
  return ended(await close(sim, moment, start));
}

const filledBefore = new Map<string, { readonly sim: Sim; readonly start: Run['moment'] }>();

/** Worlds are few, and walks many. Functions begin anew, so that none remembers the walk before. */
async function filledOnce(player: Player, switches: Partial<Switches>) {
  const key = `${player.name} ${JSON.stringify(switches)}`;
  const known = filledBefore.get(key);
  if (known !== undefined) {
    known.sim.stage.coldStart();
    return known;
  }
  const sim = createSim(player, { switches });
  const made = { sim, start: await filled(sim) };
  sim.stage.coldStart();
  filledBefore.set(key, made);
  return made;
}

/**
 * The same walk with everything left out that it takes no part of: what is left breaks the same promise, and does so no more with any one event
 * or fault less. In the end a person still mends what people did. What does not break twice stays as it is.
 */
export async function shortened(walked: Walk): Promise<Walk> {
  const { player, switches, violations } = walked;
  const sim = createSim(player, { switches });
  const start = await filled(sim);
  const broken = violations[0]?.invariant;
  const mending = mended.map((event): ReplayStep => ({ event, faults: [] }));
  const breaks = async (steps: readonly ReplayStep[]) =>
    (await replay(sim, [...steps, ...mending], start)).some(({ violation }) => violation.invariant === broken);
  if (!(await breaks(walked.steps))) return walked;
  let steps = walked.steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = steps.length - size; at >= 0; at -= 1) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (fewer.length > 0 && (await breaks(fewer))) steps = fewer;
    }
  }
  for (const [at, step] of steps.entries()) {
    const without = steps.map((each, index) => (index === at ? { ...each, faults: [] } : each));
    if (step.faults.length > 0 && (await breaks(without))) steps = without;
  }
  return { ...walked, steps, replay: replayLine(player, switches, [...steps, ...mending]) };
}

/** What an event comes to under so many faults at calls that it really makes. */
async function drawRun(
  sim: Sim,
  from: Run['moment'],
  event: SimEvent,
  count: number,
  chance: Chance,
): Promise<{ run: Run; step: ReplayStep }> {
  const faults: Fault[] = [];
  let run = await sim.run(from, event, faults);
  while (faults.length < count) {
    const first = (faults.at(-1)?.at ?? -1) + 1;
    const at = first + Math.floor(chance.fraction() * (run.calls.length - first));
    const seen = run.calls[at];
    const kinds = seen === undefined ? [] : faultsFor(seen.call);
    if (kinds.length === 0) break;
    faults.push({ at, kind: oneOf(kinds, chance) });
    run = await sim.run(from, event, faults);
  }
  return { run, step: { event, faults } };
}

/** What AWS does where it has not said what it does. */
function drawSwitches(chance: Chance): Partial<Switches> {
  return {
    retryCount: 5, // AWS gives up some day, else a label that it puts back would stand there for ever
    retryWithPending: oneOf(['same-token', 'same-token', 'none'], chance),
    retryWithoutPending: oneOf(['none', 'same-token', 'label-put-back', 'new-token'], chance),
    duplicateDeliveries: oneOf(['none', 'none', 'after'], chance),
    pendingAfterFinish: oneOf(['removed', 'left'], chance),
  };
}

/** Draws one event after the other. Two functions' clocks never differ by more than an hour, and one person edits by hand. */
function eventDrawer(chance: Chance): () => SimEvent {
  const urn = weights.flatMap(([event, weight]) => Array<SimEvent>(weight).fill(event));
  const wrong = { 'clock ahead': 1, 'clock back': -1 };
  let ahead = 0;
  let worst = 0;
  let hasEdited = false;
  return function draw(): SimEvent {
    const event = oneOf(urn, chance);
    if (event === 'edit' && hasEdited) return draw();
    hasEdited ||= event === 'edit';
    if (event !== 'clock ahead' && event !== 'clock back') return event;
    const next = ahead + wrong[event];
    if (Math.abs(next) > 1 || next * worst < 0) return draw();
    ahead = next;
    if (worst === 0) worst = next;
    return event;
  };
}

function replayLine(player: Player, switches: Partial<Switches>, steps: readonly ReplayStep[]): string {
  const given = Object.entries(switches).map(([name, value]) => ` --switch ${name}=${value}`);
  return `npm run simulate --${given.join('')} --replay '${writeReplay(player.name, steps)}'`;
}

function oneOf<Thing>(things: readonly Thing[], chance: Chance): Thing {
  return things[Math.floor(chance.fraction() * things.length)] as Thing;
}
