import { createLogUpdate } from 'log-update';
import colours from 'picocolors';
import { minute } from '../engine/time.ts';
import { harmless } from './terminal.ts';

/** Prints the answer of a command: one JSON document, or lines for a person. */
export function answer(json: boolean | undefined, document: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
}

/** What goes on, on the error output so that the answer stays alone: one line that lives on a terminal, elsewhere a line for each change. */
export interface Progress {
  say(line: string): void;
  end(): void;
}

export function openProgress(isSilent: boolean | undefined): Progress {
  const live = process.stderr.isTTY === true ? createLogUpdate(process.stderr) : undefined;
  let last = '';
  return {
    say(line) {
      if (isSilent || line === last) return;
      last = line;
      if (live === undefined) process.stderr.write(`${harmless(line)}\n`);
      else live(colours.dim(harmless(line)));
    },
    end() {
      live?.clear();
    },
  };
}

/** Columns as wide as what stands in them. A cell may be coloured: only what is seen counts. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head.map((title) => colours.dim(title)), ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => seen(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - seen(cell))}`)
      .join('  ')
      .trimEnd(),
  );
}

export function when(at: number | undefined): string {
  return at === undefined ? '-' : minute(at);
}

/** Does so many at once, and no more. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

function seen(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out.
  return text.replace(/\u001b\[\d+m/g, '').length;
}
