import { conceal } from './pasted-secret.ts';

// How things from a file are put into a sentence: shortened, escaped, and never what may be a secret.

export type Path = readonly (string | number)[];

const longestQuote = 40;

/** `dependents[1].target.url` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = /^[A-Za-z_][\w-]*$/.test(step) && step.length <= longestQuote ? conceal(step) : quote(step);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** What stands in the file, in a few words: `"24h"`, `12`, `a list`. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return quoteText(value);
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of fields';
  return visible(String(value));
}

function quoteText(text: string): string {
  const shown = visible(conceal(text));
  return `"${shown.length > longestQuote ? `${shown.slice(0, longestQuote - 1)}…` : shown}"`;
}

/**
 * Makes every character harmless and visible: escape sequences, line ends, right-to-left marks and lone surrogates become `\u{…}`.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** A value as one would write it on a line of YAML: `{ everyDays: 30 }`, `[200, 204]`, `build/npm-token`. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, each]) => `${name}: ${inline(each)}`);
    return `{ ${fields.join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z][^"'#,:[\]{}&*!|>%`\n]*(:\/\/[^"'#,[\]{}\s]*)?$/.test(value) ? value : JSON.stringify(value);
}

/** `a`, `a and b`, `a, b and c` */
export function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** The known name that was probably meant. */
export function didYouMean(written: string, known: Iterable<string>): string | undefined {
  if (written.length > 64) return undefined;
  const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '');
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = plain(name) === plain(written) ? 0 : editDistance(plain(name), plain(written));
    const isNear = distance <= Math.max(1, Math.floor(Math.min(name.length, written.length) / 3));
    if (isNear && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

// Levenshtein's distance, with two swapped letters counted as one slip.
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      line[column] = Math.min(substituted, (last[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, swapped);
    }
    beforeLast = last;
    last = line;
  }
  return last[b.length] ?? 0;
}
