import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../engine/ports.ts';
import { readJson, writeJson } from './files.ts';

/** The laptop's clock: the real one, moved by what a file says, so that every process of the story has the same time. */
export interface MovableClock extends Clock {
  /** Moves it forward (or back), for everybody who shares the folder. */
  move(milliseconds: number): void;
}

export function createMovableClock(stateFolder: string): MovableClock {
  const file = join(stateFolder, 'clock.json');
  const offset = () => (readJson(file) as { offsetMilliseconds?: number } | undefined)?.offsetMilliseconds ?? 0;
  return {
    now: () => Date.now() + offset(),
    sleep: async (milliseconds) => {
      await setTimeout(milliseconds);
    },
    move: (milliseconds) => {
      writeJson(file, { offsetMilliseconds: offset() + milliseconds });
    },
  };
}
