import { type Player, representatives } from './cast.ts';
import { type Scene, scenes } from './interleave.ts';

/** Scenes of one player, with so many faults. */
export interface PlayedScenes {
  readonly player: Player;
  readonly faults: 0 | 1;
  readonly scenes: readonly Scene[];
}

/** Two of them have by far the most orders, because each actor makes every call of a whole step: they are left to `--all`. */
const long = ['setSecret twice', 'AWS and the reconciler both go on'];
const short = scenes.filter(({ name }) => !long.includes(name));

/**
 * What every commit plays. Without a fault every representative plays all scenes, but for the one whose steps are longest; with a fault at
 * every call there are some hundred times as many orders, so that one plays for all.
 */
export const perCommit: readonly PlayedScenes[] = representatives().flatMap((player): PlayedScenes[] => [
  { player, faults: 0, scenes: player.name === 'marked, place to be redeployed' ? short : scenes },
  ...(player.name === 'marked, readable place' ? [{ player, faults: 1, scenes: short } as const] : []),
]);
