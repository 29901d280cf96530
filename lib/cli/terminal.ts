import colours from 'picocolors';
import { RotationError } from '../engine/errors.ts';

/** What went wrong and what to do, for a person. */
export function fault(error: unknown): string {
  if (error instanceof RotationError) return `${colours.red(error.message)}\n${error.fix}`;
  return colours.red(error instanceof Error ? error.message : 'something that is no error was thrown');
}

/** Takes out what a terminal would obey: escape sequences, and marks that turn the direction of writing. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ');
}
