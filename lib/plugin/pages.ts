import type { HttpAnswer } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';

/** More are never asked for, however long a list says it is. */
const mostPages = 100;

/** One page of a list, and how the next one is asked for; undefined where it is the last. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  readonly next: Cursor | undefined;
}

/**
 * Reads a list to its end: the first page with no cursor, each further one with the cursor that the page before it gave. Answers all of it or
 * throws: half a list would make a full account look empty. `what` is the list in words, for the error.
 */
export async function readPages<Item, Cursor>(
  what: string,
  read: (cursor: Cursor | undefined) => Promise<Page<Item, Cursor>>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let cursor: Cursor | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const { items, next } = await read(cursor);
    all.push(...items);
    if (next === undefined) return all;
    cursor = next;
  }
  throw new RotationError('malformed', `${what} has no end`, {
    fix: `Look at the list there: more than ${mostPages} pages are not read, and a list of tokens should not be so long.`,
  });
}

/** The target of `rel="next"` in a Link header (RFC 8288); undefined on the last page. */
export function nextLink(answer: HttpAnswer): string | undefined {
  const links = (answer.header('link') ?? '').matchAll(/<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)/g);
  for (const [, target, parameters = ''] of links) {
    const [, quoted, bare = ''] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters) ?? [];
    if ((quoted ?? bare).toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}
