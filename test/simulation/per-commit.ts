import type { Player } from './cast.ts';
import { type Scene, scenes } from './interleave.ts';

// What is gone through for every change. `npm run simulate -- --all` goes through all of it.

/** Two long runs beside each other have so many orders that they are tried where the state is small, and the rest by command. */
const longest = 'AWS and the reconciler both go on';
const long = ['setSecret twice', longest];

/** Scenes of one player, without faults or with one. */
export function scenesPerCommit({ name }: Player, faults: 0 | 1): readonly Scene[] {
  const isSmall = ['unmarked, digest', 'marked, write-only place', 'marked, place with times only'].includes(name);
  if (faults === 0) {
    if (isSmall) return scenes;
    const leftOut = name === 'marked, place to be redeployed' ? long : [longest];
    return scenes.filter((scene) => !leftOut.includes(scene.name));
  }
  return name === 'marked, write-only place' ? scenes.filter((scene) => scene.name !== longest) : [];
}
