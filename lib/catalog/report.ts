import { conceal } from './pasted-secret.ts';
import { type Excerpt, type Problem, problemCodes } from './problem.ts';
import { type Fault, type Place, placeOf, type Sheet } from './sheet.ts';
import { type Path, pathText, visible } from './wording.ts';

const widest = 110;

/**
 * Faults as problems with line and column. What follows only from another fault is left out, and what was refused as a secret is in
 * no excerpt.
 */
export function report(sheet: Sheet, faults: readonly Fault[]): readonly Problem[] {
  const secrets = faults.filter(({ code }) => code === 'pasted-secret' || code === 'maybe-secret');
  const refused = secrets.filter(({ code }) => code === 'pasted-secret').map(({ path }) => path);
  const meant = faults.flatMap(({ instead }) => (instead === undefined ? [] : [pathText(instead)]));
  const hidden = secrets.map(({ path, on }) => rangeOf(placeOf(sheet, path).place, on));
  return faults.filter((fault) => isWorthSaying(sheet, fault, refused, meant)).map((fault) => toProblem(sheet, fault, hidden));
}

function isWorthSaying(sheet: Sheet, fault: Fault, refused: readonly Path[], meant: readonly string[]): boolean {
  if (fault.offset !== undefined || fault.code === 'pasted-secret') return true;
  if (fault.code === 'missing' && meant.includes(pathText(fault.path))) return false;
  if (refused.some((path) => path.every((step, index) => fault.path[index] === step))) return false;
  // Somewhere on the way to it is something that could not be read.
  return fault.path.every((_, index) => !placeOf(sheet, fault.path.slice(0, index + 1)).place.isLost);
}

function toProblem(sheet: Sheet, fault: Fault, hidden: readonly Range[]): Problem {
  const offset = fault.offset ?? offsetOf(sheet, fault);
  // An offset at the very end of a text belongs to its last line.
  const { line, col } = sheet.lines.linePos(Math.min(offset, sheet.text.length));
  return {
    file: sheet.file,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    path: pathText(fault.path),
    message: visible(conceal(fault.message)),
    fix: visible(conceal(fault.fix)),
    severity: problemCodes[fault.code].severity,
    code: fault.code,
    ...excerpt(sheet, offset, hidden),
  };
}

function offsetOf(sheet: Sheet, { path, on, near }: Fault): number {
  const { place, isExact } = placeOf(sheet, path);
  if (!isExact && near !== undefined) return offsetOf(sheet, { path: near } as Fault);
  const isEmpty = place.from === place.to || /^\s*$/.test(sheet.text.slice(place.from, place.to));
  if (isExact && on !== 'name' && !isEmpty) return place.from;
  // What is missing is missing from the group around it, which is known by its name.
  return place.nameFrom ?? place.from;
}

type Range = readonly [from: number, to: number];

function rangeOf(place: Place, on: 'name' | undefined): Range {
  return on === 'name' ? [place.nameFrom ?? place.from, place.nameTo ?? place.to] : [place.from, place.to];
}

function excerpt({ text }: Sheet, offset: number, hidden: readonly Range[]): { excerpt?: Excerpt } {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const to = end === -1 ? text.length : end;
  if (to - from > 10_000) return {};
  let line = text.slice(from, to);
  for (const [start, stop] of hidden) {
    const [first, last] = [Math.max(start, from) - from, Math.min(stop, to) - from];
    if (first < last) line = line.slice(0, first) + '*'.repeat(last - first) + line.slice(last);
  }
  line = conceal(line).replace(/\t/g, ' ').trimEnd();
  if (line.trim() === '') return {};
  const column = Math.min(offset - from, line.length);
  const skip = line.length > widest ? Math.max(0, Math.min(column - 40, line.length - widest)) : 0;
  const before = visible(line.slice(skip, column));
  const after = visible(line.slice(column, skip + widest));
  return { excerpt: { text: before + after, column: before.length } };
}
