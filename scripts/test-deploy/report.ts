import { isDeepStrictEqual } from 'node:util';
import colours from 'picocolors';
import { harmless } from '../../lib/cli/terminal.ts';

/** Something that the test promises did not hold. */
export class DidNotHold extends Error {}

export interface Report {
  scene(title: string): void;
  say(line: string): void;
  /** States that something is so, with numbers, names or truths and never with a value. Throws where it is not so. */
  holds(sentence: string, actual: unknown, expected: unknown): void;
  readonly held: readonly string[];
}

export function createReport({ isSilent }: { isSilent: boolean }): Report {
  const held: string[] = [];
  const print = (line: string) => {
    if (!isSilent) process.stdout.write(`${line}\n`);
  };
  return {
    held,
    scene: (title) => print(`\n${colours.bold(harmless(title))}`),
    say: (line) => print(`  ${colours.dim(harmless(line))}`),
    holds(sentence, actual, expected) {
      if (!isDeepStrictEqual(actual, expected)) {
        throw new DidNotHold(`${sentence}: expected ${JSON.stringify(expected)}, and it is ${JSON.stringify(actual)}`);
      }
      held.push(sentence);
      print(`  ${colours.green('✓')} ${harmless(sentence)}`);
    },
  };
}
