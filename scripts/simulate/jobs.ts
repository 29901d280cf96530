import { everyPlugin, type Player, representatives } from '../../test/simulation/cast.ts';
import { type Explored, type ExploreOptions, explore, rehearsal } from '../../test/simulation/explore.ts';
import { interleave, scenes } from '../../test/simulation/interleave.ts';
import { alone, withFault } from '../../test/simulation/per-commit.ts';
import { createSim } from '../../test/simulation/sim.ts';

export const kinds = ['single', 'pair', 'more', 'interleaving', 'interleavingFault'] as const;
export type Kind = (typeof kinds)[number];

/** One player, gone through in one way. */
export interface Job {
  readonly name: string;
  readonly player: string;
  readonly kind: Kind;
  run(options: Pick<ExploreOptions, 'onProgress' | 'isEnough' | 'mostSchedules'>): Promise<Explored>;
}

/** What every commit goes through: single faults for all, pairs and scenes for the representatives. */
export async function usualJobs(): Promise<readonly Job[]> {
  return [
    ...[...(await everyPlugin()), ...representatives()].map((player) => lives(player, 1)),
    ...representatives().map((player) => lives(player, 2)),
    ...(await everyPlugin()).map((player) => rehearsals(player, 1)),
    ...representatives().map((player) => rehearsals(player, 2)),
    ...[...alone, ...withFault].flatMap(({ player, faults, scenes: played }) =>
      played.map((scene) => orders(player, scene, faults)),
    ),
  ];
}

/** Everybody with up to two faults. */
export async function allJobs(): Promise<readonly Job[]> {
  const players = await everyPlayer();
  return [
    ...players.map((player) => lives(player, 1)),
    ...players.map((player) => lives(player, 2)),
    ...players.map((player) => rehearsals(player, 2)),
  ];
}

/** Everybody's two runs beside each other, in any order with up to one fault. The widest comes last. */
export async function orderJobs(): Promise<readonly Job[]> {
  const players = await everyPlayer();
  return ([0, 1] as const).flatMap((faults) => players.flatMap((player) => scenes.map((scene) => orders(player, scene, faults))));
}

export async function everyPlayer(): Promise<readonly Player[]> {
  return [...representatives(), ...(await everyPlugin())];
}

/** Lives of one player with up to so many faults. */
export function lives(player: Player, faults: number): Job {
  return {
    name: `${player.name}, ${faults === 1 ? 'single faults' : faults === 2 ? 'pairs of faults' : `${faults} faults`}`,
    player: player.name,
    kind: faults === 1 ? 'single' : faults === 2 ? 'pair' : 'more',
    run: (options) => explore(createSim(player), { ...options, faults }),
  };
}

function rehearsals(player: Player, faults: 1 | 2): Job {
  return {
    name: `${player.name}, rehearsals with ${faults === 1 ? 'single faults' : 'pairs of faults'}`,
    player: player.name,
    kind: faults === 1 ? 'single' : 'pair',
    run: (options) => explore(createSim(player), { ...options, faults, script: rehearsal }),
  };
}

function orders(player: Player, scene: (typeof scenes)[number], faults: 0 | 1): Job {
  return {
    name: `${player.name}: ${scene.name}${faults === 0 ? '' : ', one fault'}`,
    player: player.name,
    kind: faults === 0 ? 'interleaving' : 'interleavingFault',
    run: (options) => interleave(createSim(player), scene, { ...options, faults }),
  };
}
