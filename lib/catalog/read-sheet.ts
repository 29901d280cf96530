import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  YAMLParseError,
} from 'yaml';
import { decode, escapedCharacters, hiddenCharacters } from './characters.ts';
import type { CatalogFile, Fault, Place, Sheet } from './sheet.ts';
import { type Path, pathText } from './wording.ts';
import { aliasUsed, isDeeperThan, syntaxFaults, tagUsed } from './yaml-syntax.ts';

/** No catalog file comes near it; and no file up to it takes long to check. */
export const largestFileBytes = 256 * 1024;
const deepest = 40;

/** Reads YAML and calls nobody. Whatever the bytes are, it answers with a sheet and everything that is wrong with them. */
export function readSheet({ name, file, bytes = new Uint8Array(), unreadable }: CatalogFile): {
  readonly sheet: Sheet;
  readonly faults: readonly Fault[];
} {
  const refusal = bytes.length > largestFileBytes ? tooLarge(bytes.length) : unreadable;
  if (refusal !== undefined) return broken(name, file, '', [{ ...refusal, path: [], offset: 0 }]);
  const decoded = decode(bytes);
  if (typeof decoded !== 'string') return broken(name, file, decoded.text, [decoded.fault]);
  const text = decoded;
  const lines = new LineCounter();
  let tokens: readonly CST.Token[] = [];
  let document: Document.Parsed<ParsedNode> | undefined;
  try {
    tokens = [...new Parser(lines.addNewLine).parse(text)];
    if (tokens.some((token) => isDeeperThan(2 * deepest, token))) return broken(name, file, text, [tooDeep(0)]);
    document = compose(tokens, text.length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    document = undefined; // the parser's stack ended
  }
  if (document === undefined) return broken(name, file, text, [tooDeep(0)]);
  const hidden = hiddenCharacters(text);
  const syntax = syntaxFaults([...document.errors, ...document.warnings], tokens, text, lines);
  if (syntax.length > 0) return broken(name, file, text, [...syntax, ...hidden]);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return broken(name, file, text, [...hidden, empty]);
  const faults = [...hidden];
  const { value, place } = plain(contents, [], faults, { text, lines });
  if (!isMap(contents)) {
    if (!place.isLost) faults.push(notFields(contents.range[0]));
    return broken(name, file, text, faults);
  }
  return { sheet: { name, file, text, lines, value: value as Record<string, unknown>, root: place, isBroken: false }, faults };
}

function compose(tokens: readonly CST.Token[], length: number): Document.Parsed<ParsedNode> | undefined {
  const composer = new Composer({
    schema: 'core',
    merge: false,
    stringKeys: true,
    uniqueKeys: false, // ours is faster, and says where the first one stands
  });
  const [document, second] = [...composer.compose(tokens, true, length)] as Document.Parsed<ParsedNode>[];
  if (document !== undefined && second !== undefined) {
    document.errors.push(new YAMLParseError([second.range[0], second.range[0] + 1], 'MULTIPLE_DOCS', ''));
  }
  return document;
}

// ---------------------------------------------------------------------------------------------------------------- broken files

function broken(name: string, file: string, text: string, faults: readonly Fault[]): { sheet: Sheet; faults: readonly Fault[] } {
  const lines = new LineCounter();
  for (let at = 0; at !== -1 && at <= text.length; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at);
  const root: Place = { from: 0, to: text.length, isLost: true, children: new Map() };
  return { sheet: { name, file, text, lines, value: {}, root, isBroken: true }, faults };
}

const empty: Fault = {
  path: [],
  offset: 0,
  code: 'empty-file',
  message: 'The file is empty.',
  fix: 'Write the fields, `description: …` first, or delete the file.',
};

function notFields(offset: number): Fault {
  return {
    path: [],
    offset,
    code: 'not-a-map',
    message: 'The file does not consist of `field: value` lines.',
    fix: 'Write one field a line, for example `description: …`.',
  };
}

export function tooLarge(bytes: number): Pick<Fault, 'code' | 'message' | 'fix'> {
  return {
    code: 'too-large-file',
    message: `The file has ${bytes} bytes, and a catalog file may have ${largestFileBytes}.`,
    fix: 'Keep long notes somewhere else, and put a link to them under `runbook:`.',
  };
}

// ---------------------------------------------------------------------------------------------------------------- values

// Not the library's own toJS: it would follow aliases, set `__proto__`, and forget where everything stood.
function plain(
  node: ParsedNode | null,
  path: Path,
  faults: Fault[],
  source: { readonly text: string; readonly lines: LineCounter },
  name?: { from: number; to: number },
): { value: unknown; place: Place } {
  const named = name === undefined ? {} : { nameFrom: name.from, nameTo: name.to };
  const [from, to] = node?.range ?? [name?.to ?? 0, name?.to ?? 0];
  const children = new Map<string | number, Place>();
  const kept = (value: unknown) => ({ value, place: { from, to, ...named, isLost: false, children } });
  const lost = (fault: Omit<Fault, 'path' | 'offset'>) => {
    faults.push({ ...fault, path, offset: from });
    return { value: undefined, place: { from, to, ...named, isLost: true, children } };
  };

  if (node === null) return kept(null);
  if (isAlias(node)) return lost(aliasUsed);
  if (node.tag !== undefined) return lost(tagUsed);
  if (path.length > deepest) return lost(tooDeep(from));
  if (isSeq(node)) {
    return kept(
      node.items.map((item, index) => {
        const each = plain(item as ParsedNode | null, [...path, index], faults, source);
        children.set(index, each.place);
        return each.value;
      }),
    );
  }
  if (isMap(node)) {
    const fields: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = pair.key as ParsedNode | null;
      const at = key?.range ?? [from, from];
      if (!isScalar(key) || typeof key.value !== 'string') {
        faults.push({ path, offset: at[0], ...oddName });
        continue;
      }
      const here = [...path, key.value];
      const before = children.get(key.value);
      if (before !== undefined) {
        faults.push({ path: here, offset: at[0], ...twice(here, source.lines.linePos(before.nameFrom ?? 0).line) });
        continue;
      }
      if (key.value === '<<' || key.value === '__proto__') {
        faults.push({ path: here, offset: at[0], ...(key.value === '<<' ? mergeUsed : protoUsed) });
        continue;
      }
      faults.push(...escapedCharacters(key.value, here, at[0], source.text.slice(at[0], at[1])));
      const each = plain(pair.value as ParsedNode | null, here, faults, source, { from: at[0], to: at[1] });
      children.set(key.value, each.place);
      fields[key.value] = each.value;
    }
    return kept(fields);
  }
  if (!isScalar(node)) return kept(null);
  const { value } = node;
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return lost(digitsLost);
  if (typeof value === 'string') faults.push(...escapedCharacters(value, path, from, source.text.slice(from, to)));
  return kept(value);
}

const mergeUsed = {
  code: 'alias',
  message: 'A merge key (`<<`) stands here, and a catalog has none.',
  fix: 'Write the fields themselves; what all tokens share goes under `defaults:` in keyturn.yaml.',
} as const;
const protoUsed = {
  code: 'unknown-field',
  message: '`__proto__` is not a field of anything.',
  fix: 'Remove it, or choose another name.',
} as const;
const oddName = { code: 'syntax', message: 'The name of this field is not a text.', fix: 'Write `field: value`.' } as const;

function twice(path: Path, line: number): Omit<Fault, 'path'> {
  return {
    on: 'name',
    code: 'duplicate-field',
    message: `\`${pathText(path)}\` stands here a second time; the first is in line ${line}.`,
    fix: 'Keep one of the two.',
  };
}

const digitsLost = {
  code: 'lost-digits',
  message: 'This number is so large that its last digits would be lost.',
  fix: 'Put it in quotes.',
} as const;

function tooDeep(offset: number): Fault {
  return {
    path: [],
    offset,
    code: 'nesting',
    message: 'The file is nested more deeply than any catalog file needs to be.',
    fix: 'Check that it is the right file, and that its brackets are closed.',
  };
}
