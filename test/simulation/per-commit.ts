import { type Player, representatives } from './cast.ts';
import { type Scene, scenes } from './interleave.ts';

// What is gone through for every change. `npm run simulate -- --all` and `-- --orders` go through all of it.

/** Scenes of one player, with so many faults. */
export interface PlayedScenes {
  readonly player: Player;
  readonly faults: 0 | 1;
  readonly scenes: readonly Scene[];
}

/** Two long runs beside each other have so many orders that they are tried where the state is small. */
const longest = 'AWS and the reconciler both go on';
const long = ['setSecret twice', longest];
const small = ['marked, write-only place'];
const without = (names: readonly string[]) => scenes.filter(({ name }) => !names.includes(name));

export const alone: readonly PlayedScenes[] = representatives().map((player) => {
  const { name } = player;
  const isLarge = [
    'marked, place to be redeployed',
    'unmarked, digest',
    'marked, write-only place with a probe',
    'marked, a place after another',
    'marked, started anew after another place',
    'marked, started anew after promotion',
  ].includes(name);
  return { player, faults: 0, scenes: small.includes(name) ? scenes : without(isLarge ? long : [longest]) };
});

/** With a fault at every call there are some hundred times as many orders, so that the one with the smallest state plays for all. */
export const withFault: readonly PlayedScenes[] = representatives()
  .filter(({ name }) => small.includes(name))
  .map((player) => ({ player, faults: 1, scenes: without([longest]) }));
