import { createLogUpdate } from 'log-update';
import colours from 'picocolors';

/** What a run has come to so far. */
export interface State {
  readonly name: string;
  /** Jobs, or walks, that are done, and how many there are. */
  readonly done: number;
  readonly all: number;
  readonly schedules: number;
  readonly violations: number;
}

export interface Progress {
  show(state: State): void;
  close(): void;
}

/** One line that lives, on a terminal; else a line every half minute, so that a log shows that it goes on. */
export function createProgress(): Progress {
  const stream = process.stderr; // what is printed in the end may go into a file, or be read by a program
  const isLive = stream.isTTY === true;
  const live = createLogUpdate(stream);
  const startedAt = performance.now();
  let shownAt = startedAt;
  return {
    show(state) {
      const now = performance.now();
      if (now - shownAt < (isLive ? 200 : 30_000)) return;
      shownAt = now;
      const line = lineFor(state, (now - startedAt) / 1000);
      if (isLive) live(`${line}\n${colours.dim(state.name)}`);
      else stream.write(`${line} · ${state.name}\n`);
    },
    close() {
      if (isLive) live.clear();
    },
  };
}

export function lineFor({ done, all, schedules, violations }: State, seconds: number): string {
  const rate = `${Math.round(schedules / Math.max(seconds, 0.001)).toLocaleString('en')} schedules/s`;
  // The widest jobs come last, so that it is a guess from below.
  const left = done === 0 ? '' : ` · ${all > done ? `about ${duration((seconds / done) * (all - done))} left` : 'done'}`;
  const broken = violations === 0 ? '' : ` · ${colours.red(`${violations} violations`)}`;
  return `${done} of ${all} · ${schedules.toLocaleString('en')} schedules · ${rate}${left}${broken}`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
