import type { Dependent, Minted } from '../../lib/engine/contract.ts';
import { digestOf } from '../../lib/engine/copies.ts';
import { asRotationError, RotationError } from '../../lib/engine/errors.ts';
import { finishSecret } from '../../lib/engine/finish-secret.ts';
import { readOurLabel } from '../../lib/engine/labels.ts';
import { secretHash } from '../../lib/engine/mark.ts';
import type { OpenToken } from '../../lib/engine/open-token.ts';
import type { Receipt, StoredVersion } from '../../lib/engine/ports.ts';
import { liveTokens } from '../../lib/engine/preflight.ts';
import { refOf } from '../../lib/engine/ref.ts';
import { clockSkewHours } from '../../lib/engine/retire.ts';
import { type StepName, steps } from '../../lib/engine/rotate.ts';
import type { Job } from '../../lib/engine/step.ts';
import { decodeStored } from '../../lib/engine/stored-value.ts';
import { straysOf } from '../../lib/engine/strays.ts';
import { takeApart } from '../../lib/engine/take-apart.ts';
import type { DependentEntry } from '../../lib/engine/token.ts';
import { type Player, representatives } from './cast.ts';
import { type Explored, explore, type Found, filled, parseReplay, replay, runUntil, wordFor } from './explore.ts';
import { interleave, type Scene, scenes } from './interleave.ts';
import { createSim, type Engine, type Moment, type SimEvent, theEngine } from './sim.ts';

// Goal: a checker that never fails proves nothing, so designs that are known to be wrong are put in the place of the right one.
// Method: each is the engine with one step, port or plug-in replaced here. Nothing in lib/ knows of it.

/** A design that is wrong, and where it shows. */
export interface Planted {
  readonly name: string;
  /** The promises that it breaks: one of them has to be the one found. */
  readonly breaks: readonly string[];
  readonly player: Player;
  readonly engine: Engine;
  readonly faults: number;
  /** What happens before faults are looked for. */
  readonly events?: readonly SimEvent[];
  /** Where the life of one rotation does not show it. */
  readonly scene?: Scene;
}

export interface FoundPlanted {
  readonly name: string;
  readonly invariant: string;
  readonly schedules: number;
  readonly replay: string;
}

const readablePlace = 'marked, readable place';

export const plantedBugs: readonly Planted[] = [
  {
    name: 'clean strays in createSecret',
    breaks: ['I4', 'I7'],
    player: playerOf(readablePlace),
    scene: sceneOf('createSecret twice'),
    faults: 0,
    engine: withRotate(async (open, step, job) => {
      if (step === 'createSecret') await revokeEveryStray(open, job.secretArn);
      return theEngine.rotate(open, step, job);
    }),
  },
  {
    name: 'revoke on an unclear put',
    breaks: ['I4', 'I7'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withOpen(takingUnclearForRefused),
  },
  {
    name: 'revoke in a failing step',
    breaks: ['I4', 'I7'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withRotate(async (open, step, job) => {
      try {
        return await theEngine.rotate(open, step, job);
      } catch (error) {
        if (step !== 'createSecret') await revokeVersion(open, job, { versionId: job.clientRequestToken });
        throw error;
      }
    }),
  },
  {
    name: "revoke on AWS's test copy of current",
    breaks: ['I7'],
    player: playerOf(readablePlace),
    events: ['test run'],
    faults: 1,
    engine: withRotate(async (open, step, job) => {
      const state = await theEngine.rotate(open, step, job);
      if (state === 'verified only') await revokeVersion(open, job, { label: 'AWSCURRENT' });
      return state;
    }),
  },
  {
    name: 'move AWSCURRENT before the test',
    breaks: ['I6'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withRotate(async (open, step, job) => {
      const state = await theEngine.rotate(open, step, job);
      if (step === 'setSecret') await finishSecret(open, job);
      return state;
    }),
  },
  {
    name: 'retry mint',
    breaks: ['I5', 'I13'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withOpen((open) => ({ ...open, rotator: { ...open.rotator, mint: twice(open) } })),
  },
  {
    name: 'forget to put back',
    breaks: ['P2'],
    player: withPlaceThatFails(playerOf(readablePlace)),
    faults: 1,
    engine: withTakeApart((open) => ({ ...open, dependents: [] })),
  },
  {
    name: 'put back on a replace provider',
    breaks: ['P1'],
    player: playerOf('replacing'),
    faults: 1,
    engine: withTakeApart((open) => {
      const facts = { ...open.rotator.facts, strategy: 'overlap' as const };
      return { ...open, rotator: { ...open.rotator, facts, verify: async () => ({ ok: true }) } };
    }),
  },
  {
    name: 'revoke by age without evidence',
    breaks: ['I2', 'I3'],
    player: withPlaceThatFails(playerOf(readablePlace)),
    faults: 1,
    engine: withRetire((open) => ({ ...open, dependents: [] })),
  },
  {
    name: 'overwrite what a stranger wrote',
    breaks: ['I10'],
    player: playerOf('unmarked, digest'),
    events: ['tamper'],
    faults: 0,
    engine: withOpen(adoptingEverything),
  },
  {
    name: 'apply before verifying',
    breaks: ['P1'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withRotate((open, step, job) => {
      const trusting = { ...open, rotator: { ...open.rotator, verify: async () => ({ ok: true as const }) } };
      return theEngine.rotate(step === 'setSecret' ? trusting : open, step, job);
    }),
  },
  {
    name: 'a mark without the installation',
    breaks: ['I7'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withOpen(readingEveryMarkAsOurs),
  },
  {
    name: 'trust a missing receipt',
    breaks: ['I2', 'I3', 'P2'],
    player: playerOf('marked, write-only place'),
    faults: 2,
    engine: withOpen(trustingMissingReceipts),
  },
  {
    name: 'retire on a missing receipt',
    breaks: ['I2', 'I3'],
    player: withPlaceThatFails(playerOf('marked, write-only place')),
    faults: 2,
    engine: withRetire(trustingMissingReceipts),
  },
  {
    name: 'revoke before the overlap is over',
    breaks: ['I3'],
    player: playerOf(readablePlace),
    faults: 1,
    engine: withRetire((open) => ({ ...open, token: { ...open.token, overlapHours: -clockSkewHours } })),
  },
  {
    name: 'write all places at once, whatever they come after',
    breaks: ['P3'],
    player: playerOf('marked, a place after another'),
    faults: 0,
    engine: withOpen((open) => ({
      ...open,
      dependents: open.dependents.map((each) => ({ ...each, entry: withoutOrder(each.entry) })),
    })),
  },
  {
    name: 'ask only the places that had the token before promotion',
    breaks: ['I2', 'I3'],
    player: playerOf('marked, started anew after promotion'),
    faults: 1,
    engine: withRetire((open) => ({
      ...open,
      dependents: open.dependents.filter((each) => each.plugin.facts.readsFrom === undefined),
    })),
  },
  {
    name: 'go on after AWSPENDING has left',
    breaks: ['I9'],
    player: playerOf(readablePlace),
    scene: {
      name: 'a late setSecret after a cancel',
      before: ['press', 'advance', { hours: 0.2 }],
      actors: [['cancel', { step: 'setSecret' }]],
    },
    faults: 0,
    engine: withRotate((open, step, job) => theEngine.rotate(believingToBePending(open), step, job)),
  },
];

/** Looks for one planted design as for any fault of the engine, and stops at the first violation. */
export async function lookFor(
  { player, events = [], scene, faults }: Planted,
  engine: Engine,
  mostSchedules = Number.POSITIVE_INFINITY,
): Promise<Explored> {
  const sim = createSim(player, { engine });
  const options = { faults, isFirstEnough: true, mostSchedules };
  if (scene !== undefined) return interleave(sim, scene, options);
  return explore(sim, { ...options, from: await runUntil(sim, await filledRightly(player), events) });
}

/** Walks again the way that a planted design was found on, as `--planted <name> --replay <way>` gives it. */
export async function replayPlanted({ player, engine }: Planted, way: string): Promise<readonly Found[]> {
  return replay(createSim(player, { engine }), parseReplay(way).steps, await filledRightly(player));
}

/** The right engine fills the secret, so that what is found is the doing of the one rotation that follows. */
function filledRightly(player: Player): Promise<Moment> {
  return filled(createSim(player));
}

/** Looks for all of them; those that nothing was found of are left out. */
export async function findPlanted(): Promise<FoundPlanted[]> {
  const all: FoundPlanted[] = [];
  for (const planted of plantedBugs) {
    const found = foundOf(planted, await lookFor(planted, planted.engine));
    if (found !== undefined) all.push(found);
  }
  return all;
}

/** What there is to say of a planted design that was found. */
export function foundOf({ name, player, events = [] }: Planted, { schedules, found }: Explored): FoundPlanted | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const before = events.map((event) => `${wordFor(event)} `).join('');
  const command = first.replay
    .replace('simulate -- ', () => `simulate -- --planted ${JSON.stringify(name)} `)
    .replace(`'${player.name}: `, (start) => start + before);
  return { name, invariant: first.violation.invariant, schedules, replay: command };
}

// ---------------------------------------------------------------------------------------------------------------- replacements

function playerOf(name: string): Player {
  const player = representatives().find((each) => each.name === name);
  if (player === undefined) throw new Error(`nobody plays ${name}`);
  return player;
}

function sceneOf(name: string): Scene {
  const scene = scenes.find((each) => each.name === name);
  if (scene === undefined) throw new Error(`there is no scene ${name}`);
  return scene;
}

function withRotate(rotate: Engine['rotate']): Engine {
  return { ...theEngine, rotate };
}

/** The engine with another world behind its ports, in all that it does. */
function withOpen(change: (open: OpenToken, secretArn: string) => OpenToken): Engine {
  const { jobs } = theEngine;
  return {
    rotate: (open, step, job) => theEngine.rotate(change(open, job.secretArn), step, job),
    jobs: {
      retire: (open, secretArn) => jobs.retire(change(open, secretArn), secretArn),
      strays: (open, secretArn) => jobs.strays(change(open, secretArn), secretArn),
      continue: (open, secretArn) => jobs.continue(change(open, secretArn), secretArn),
      begin: (open, secretArn) => jobs.begin(change(open, secretArn), secretArn),
      heal: (open, secretArn) => jobs.heal(change(open, secretArn), secretArn),
      verify: (open, secretArn) => jobs.verify(change(open, secretArn), secretArn),
      watch: (open, secretArn) => jobs.watch(change(open, secretArn), secretArn),
      drill: (open, secretArn) => jobs.drill(change(open, secretArn), secretArn),
    },
  };
}

function withRetire(change: (open: OpenToken) => OpenToken): Engine {
  const { jobs } = theEngine;
  return { ...theEngine, jobs: { ...jobs, retire: (open, secretArn) => jobs.retire(change(open), secretArn) } };
}

/** The engine, but what failed for good is taken apart in another way. */
function withTakeApart(change: (open: OpenToken) => OpenToken): Engine {
  return withRotate(async (open, step: StepName, job) => {
    try {
      const state = await steps[step](open, job);
      open.ports.log({ event: 'step.done', token: open.token.name, step, state });
      return state;
    } catch (problem) {
      const error = asRotationError(problem, step);
      throw error.ending === 'good' ? await takeApart(change(open), job, error) : error;
    }
  });
}

/** However young: one of them may be on its way into the secret. */
async function revokeEveryStray(open: OpenToken, secretArn: string): Promise<void> {
  const live = (await liveTokens(open)) ?? [];
  const state = await open.ports.store.describe(secretArn);
  for (const { ref } of straysOf(open, state, live, []).ours) await revoke(open, { ref });
}

async function revokeVersion(
  open: OpenToken,
  { secretArn }: Job,
  which: { versionId: string } | { label: string },
): Promise<void> {
  const version = await open.ports.store.read(secretArn, which);
  if (version === undefined || readOurLabel(version.labels) === undefined) return;
  const credential = decodeStored(open.token.value, version.text);
  const ref = refOf(open.rotator.facts, version.labels, credential);
  if (ref !== undefined) await revoke(open, { ref, credential });
}

async function revoke(open: OpenToken, token: Partial<Minted> & { ref: string }): Promise<void> {
  const end = open.rotator.revoke?.bind(open.rotator);
  if (end !== undefined) await open.withAuthority((context) => end(context, token));
}

/** Whoever is not answered thinks that it was refused. */
function takingUnclearForRefused(open: OpenToken): OpenToken {
  const { store } = open.ports;
  const put: typeof store.put = (secretId, version) =>
    store.put(secretId, version).catch((error: RotationError) => {
      throw new RotationError(error.code, error.message, { fix: error.fix, definite: true });
    });
  return { ...open, ports: { ...open.ports, store: { ...store, put } } };
}

function twice({ rotator }: OpenToken): OpenToken['rotator']['mint'] {
  return (context, request) => rotator.mint(context, request).catch(() => rotator.mint(context, request));
}

/** A mark that only says `Keyturn`, and not of which installation and secret. */
function readingEveryMarkAsOurs(open: OpenToken, secretArn: string): OpenToken {
  const { rotator } = open;
  const find: typeof rotator.find = async (context) => {
    const all = (await rotator.find?.(context)) ?? [];
    return all.map((each) => ({ ...each, name: (each.name ?? '').replace(/kt\.\w{12}\./, `kt.${secretHash(secretArn)}.`) }));
  };
  return { ...open, rotator: { ...rotator, find } };
}

/** Where nothing is known of a write, it is believed to have gone well. */
function trustingMissingReceipts(open: OpenToken): OpenToken {
  const { store, history } = open.ports;
  const receipts: typeof history.receipts = async (secretArn) => {
    const known = await history.receipts(secretArn);
    const newest =
      (await store.read(secretArn, { label: 'AWSPENDING' })) ?? (await store.read(secretArn, { label: 'AWSCURRENT' }));
    if (newest === undefined) return known;
    const isKnown = (name: string) =>
      known.some(({ dependent, versionId }) => dependent === name && versionId === newest.versionId);
    const missing = open.dependents.filter(({ entry }) => !isKnown(entry.name));
    return [...known, ...missing.map((dependent) => believed(dependent, newest, secretArn, open.ports.clock.now()))];
  };
  return { ...open, ports: { ...open.ports, history: { ...history, receipts } } };
}

function believed(
  { entry, copyOf }: OpenToken['dependents'][number],
  version: StoredVersion,
  secretArn: string,
  now: number,
): Receipt {
  const { versionId, createdAt } = version;
  const digest = digestOf(copyOf(version, secretArn));
  return { dependent: entry.name, digest, versionId, isWritten: true, intendedAt: now, appliedAt: now, inEffectAt: createdAt };
}

/** Whoever was called once thinks that it is still its turn. */
function believingToBePending(open: OpenToken): OpenToken {
  const { store } = open.ports;
  const read: typeof store.read = async (secretId, which) => {
    const version = await store.read(secretId, which);
    return version && 'versionId' in which ? { ...version, labels: [...version.labels, 'AWSPENDING'] } : version;
  };
  return { ...open, ports: { ...open.ports, store: { ...store, read } } };
}

function withoutOrder({ after: _, ...entry }: DependentEntry): DependentEntry {
  return entry;
}

function adoptingEverything(open: OpenToken): OpenToken {
  const dependents = open.dependents.map((each) => ({ ...each, entry: { ...each.entry, onForeign: 'adopt' as const } }));
  return { ...open, dependents };
}

/** Its place takes what is written, and says for a while, when the first rotation comes, that it cannot use it. */
function withPlaceThatFails(player: Player): Player {
  const dependents = (player.dependents ?? []).map((place) => {
    const inEffect: Dependent['inEffect'] = async (context, copy, evidence) => {
      const day = Date.UTC(2026, 10, 24);
      const isFailing = context.now > day && context.now < day + 14 * 3_600_000;
      return isFailing ? { state: 'failed', detail: 'it does not start' } : place.plugin.inEffect(context, copy, evidence);
    };
    return { ...place, plugin: { ...place.plugin, inEffect } };
  });
  return { ...player, name: `${player.name} that fails for a while`, dependents };
}
