import type { Fault } from './sheet.ts';
import type { Path } from './wording.ts';

/** The text of a file, or what is wrong with its bytes, with as much as can be shown of them. */
export function decode(bytes: Uint8Array): string | { text: string; fault: Fault } {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes);
    const again = new TextEncoder().encode(text);
    const skipped = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    let index = 0;
    while (index < again.length && again[index] === bytes[skipped + index]) index++;
    const offset = new TextDecoder('utf-8').decode(again.subarray(0, index)).replace(/\uFFFD+$/, '').length;
    const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const message = isWide
      ? 'The file is UTF-16 and not UTF-8.'
      : 'The file is not UTF-8: the byte here belongs to no character.';
    return {
      text: isWide ? '' : text,
      fault: { path: [], offset, code: 'not-utf8', message, fix: 'Save it again with the encoding UTF-8.' },
    };
  }
}

const most = 10;

// What a terminal obeys, and what makes a line read otherwise than it is. Tabs are YAML's own affair.
const hiddenCharacter = /(?![\t\n\r])[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** Characters that are not seen and yet do something, wherever they stand: also in comments. */
export function hiddenCharacters(text: string): readonly Fault[] {
  const found = [...text.matchAll(new RegExp(hiddenCharacter, 'gu'))].slice(0, most);
  return found.map((match) => ({ path: [], offset: match.index, ...hiddenFault(match[0]) }));
}

/** The same, written as an escape (`"\e[31m"`) and therefore not to be found in the text. */
export function escapedCharacters(value: string, path: Path, offset: number, written: string): readonly Fault[] {
  const match = hiddenCharacter.test(written) ? null : hiddenCharacter.exec(value);
  return match === null ? [] : [{ path, offset, ...hiddenFault(match[0]) }];
}

function hiddenFault(character: string): Omit<Fault, 'path'> {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'hidden-character',
    message: `A character that cannot be seen stands here: U+${code}.`,
    fix: 'Remove it; it often comes along when text is copied from a terminal or a document.',
  };
}
