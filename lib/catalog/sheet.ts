import type { LineCounter } from 'yaml';
import type { ProblemCode } from './problem.ts';
import type { Path } from './wording.ts';

/** A file of the catalog as it was read, before anybody asks what stands in it. */
export interface CatalogFile {
  /** Its path within the folder, with `/`. */
  readonly name: string;
  /** How a person is told of it. */
  readonly file: string;
  readonly bytes?: Uint8Array;
  /** Why there are no bytes. */
  readonly unreadable?: Pick<Fault, 'code' | 'message' | 'fix'>;
}

/** Something wrong at a place of a sheet. */
export interface Fault {
  readonly path: Path;
  /** Point at the field's name and not at what stands in it. */
  readonly on?: 'name';
  /** Where there is no field to point at. */
  readonly offset?: number;
  /** The field to point at where that of `path` is not in the file. */
  readonly near?: Path;
  /** The field that was probably meant: that this one is missing needs no saying. */
  readonly instead?: Path;
  readonly code: ProblemCode;
  /** One sentence. */
  readonly message: string;
  readonly fix: string;
}

/** Where a value stands in the text. */
export interface Place {
  readonly from: number;
  readonly to: number;
  /** Where its field's name stands. Missing in a list. */
  readonly nameFrom?: number;
  readonly nameTo?: number;
  /** It could not be read, and its own fault was reported: nothing that follows from that is worth saying. */
  readonly isLost: boolean;
  readonly children: ReadonlyMap<string | number, Place>;
}

/** A YAML file as plain values, with the place of each. */
export interface Sheet {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** What stands in it. Empty where it could not be read. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly root: Place;
  /** Its YAML is broken, so that nothing can be said about its fields. */
  readonly isBroken: boolean;
}

/** The place of a field, or of the nearest thing around it that is there. `isExact` says which. */
export function placeOf({ root }: Sheet, path: Path): { readonly place: Place; readonly isExact: boolean } {
  let place = root;
  for (const step of path) {
    const next = place.children.get(step);
    if (next === undefined) return { place, isExact: false };
    place = next;
  }
  return { place, isExact: true };
}

/** What was written for a value, to the letter. */
export function writtenAt(sheet: Sheet, path: Path): string | undefined {
  const { place, isExact } = placeOf(sheet, path);
  return isExact ? sheet.text.slice(place.from, place.to) : undefined;
}
