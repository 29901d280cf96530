import type { CST, LineCounter, YAMLError } from 'yaml';
import type { ProblemCode } from './problem.ts';
import type { Fault } from './sheet.ts';

const mostFaults = 10;

/** What is wrong with the YAML itself, in our own words: the library's messages quote the file, so none of them is passed on. */
export function syntaxFaults(
  errors: readonly YAMLError[],
  tokens: readonly CST.Token[],
  text: string,
  lines: LineCounter,
): readonly Fault[] {
  // What is missing at the very end belongs to the last line that says something.
  const end = text.trimEnd().length;
  return oneALine(
    errors.map((error) => explain(error, tokens, end)),
    lines,
  );
}

/** Asked before anything is composed, because that goes as deep as the file does, and Node may die where its stack ends. */
export function isDeeperThan(most: number, token: CST.Token): boolean {
  for (const { depth } of inside(token)) if (depth > most) return true;
  return false;
}

/**
 * One mistake makes a parser stumble several times: of each line the first fault is the one to read, and of lines that follow each other
 * the first line. Only tabs are faults of their own on every line.
 */
function oneALine(faults: readonly Fault[], lines: LineCounter): readonly Fault[] {
  const kept: Fault[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const fault of [...faults].sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0))) {
    const { line } = lines.linePos(fault.offset ?? 0);
    if (line > last + 1 || (line > last && fault.code === 'tab')) kept.push(fault);
    last = line;
  }
  return kept.slice(0, mostFaults);
}

export const aliasUsed = {
  code: 'alias',
  message: 'An alias (`*name`) stands here, and a catalog has none.',
  fix: 'Write the value itself.',
} as const;

export const tagUsed = {
  code: 'tag',
  message: 'A tag (`!` and a name) stands here, and a catalog has none.',
  fix: 'Remove the tag; if the text itself begins with `!`, put it in quotes.',
} as const;

type Advice = Pick<Fault, 'message' | 'fix'> & { readonly code?: ProblemCode };

const syntaxAdvice: Partial<Record<YAMLError['code'], Advice>> = {
  ALIAS_PROPS: { message: 'An alias has an anchor or a tag.', fix: aliasUsed.fix },
  BAD_ALIAS: { ...aliasUsed, fix: 'Write the value itself; if the text begins with `*` or `&`, put it in quotes.' },
  BAD_DIRECTIVE: {
    code: 'tag',
    message: 'A directive (`%` and a name) stands here, and a catalog has none.',
    fix: 'Remove the line.',
  },
  BAD_DQ_ESCAPE: {
    message: 'A backslash in double quotes begins an escape that YAML does not know.',
    fix: "Write two backslashes, or use single quotes: 'text'.",
  },
  BAD_INDENT: {
    message: 'This line is not indented like those it belongs to.',
    fix: 'Indent fields that belong together by the same number of spaces.',
  },
  BAD_SCALAR_START: { message: 'A text cannot begin with this character.', fix: 'Put the text in quotes.' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'There are two colons with a space behind them on this line.',
    fix: 'Put the text in quotes, or begin a new line.',
  },
  BLOCK_IN_FLOW: {
    message: 'Inside brackets a list or group cannot be written on lines of its own.',
    fix: 'Close the bracket, or write all of it without brackets.',
  },
  KEY_OVER_1024_CHARS: { message: 'The name of this field is far too long.', fix: 'Check for a missing quote or colon.' },
  MISSING_CHAR: {
    message: 'Something is not closed or not separated: a quote, a bracket, a comma or the space behind a colon is missing.',
    fix: 'Add what is missing here or just before.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'The name of a field goes over several lines.',
    fix: 'Check for a missing colon on the line before.',
  },
  MULTIPLE_DOCS: {
    code: 'several-documents',
    message: 'A second document begins here, and a file holds one token.',
    fix: 'Remove the line `---`, or move what follows into a file of its own.',
  },
  NON_STRING_KEY: { message: 'The name of this field is not a text.', fix: 'Write `field: value`.' },
  TAB_AS_INDENT: {
    code: 'tab',
    message: 'A tab stands here, and YAML indents with spaces only.',
    fix: 'Replace the tab by two spaces.',
  },
  TAG_RESOLVE_FAILED: tagUsed,
  MULTIPLE_TAGS: tagUsed,
};

function explain(error: YAMLError, tokens: readonly CST.Token[], end: number): Fault {
  const offset = Math.min(error.pos[0], end);
  const at = (from: number, advice: Advice): Fault => {
    return { path: [], offset: from, code: advice.code ?? 'syntax', message: advice.message, fix: advice.fix };
  };
  const quote = error.code === 'MISSING_CHAR' ? quoteOpenAt(tokens, error.pos[0]) : undefined;
  if (quote !== undefined)
    return at(quote, { message: 'The quote that begins here is not closed.', fix: 'Close it, or remove it.' });
  if (/^Flow (map|sequence) in block/.test(error.message)) {
    return at(offset, { message: 'A bracket was opened before this and is not closed.', fix: 'Close it with } or ].' });
  }
  const unknown = {
    message: 'This is not well-formed YAML.',
    fix: 'Check quotes, colons, brackets and the indentation here and in the line before.',
  };
  return at(offset, syntaxAdvice[error.code] ?? unknown);
}

/** Where the quoted text begins that was still open here. */
function quoteOpenAt(tokens: readonly CST.Token[], offset: number): number | undefined {
  for (const { token } of tokens.flatMap((each) => [...inside(each)])) {
    const isQuoted = token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar';
    if (isQuoted && token.offset < offset && offset <= token.offset + token.source.length) return token.offset;
  }
  return undefined;
}

function* inside(outer: CST.Token): Iterable<{ readonly token: CST.Token; readonly depth: number }> {
  const waiting = [{ token: outer, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    yield next;
    const within =
      token.type === 'document' ? [token.value] : 'items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : [];
    for (const each of within) if (each) waiting.push({ token: each, depth: depth + 1 });
  }
}
