import type { SweptToken } from './reconcile.ts';

/** What a sweep of everything did not reach, for another run to look at. */
export interface Rest {
  /** The first name of it: what comes before was looked at. */
  readonly from: string;
  /** How often this sweep was handed on. */
  readonly generation: number;
}

/** So often one sweep is handed on. Lambda itself ends a chain of more than sixteen; long before, the next sweeps have begun from the start. */
export const mostGenerations = 10;

/**
 * What is to be handed on of a sweep that left these tokens. Undefined where there is nothing left, or where it was handed on so often that only
 * a new sweep may go on. Every token that was left is in it, and perhaps some that were looked at: looking twice does no harm.
 */
export function restOf(left: readonly string[], generation: number): Rest | undefined {
  const [from] = [...left].sort();
  if (from === undefined || generation >= mostGenerations) return undefined;
  return { from, generation: generation + 1 };
}

/** All tokens that a rest is about, whatever has come into the catalog or left it meanwhile. In the order that rests are cut by. */
export function within<Token extends Pick<SweptToken, 'name'>>(tokens: readonly Token[], from = ''): readonly Token[] {
  return tokens.filter(({ name }) => name >= from).sort((one, other) => (one.name < other.name ? -1 : 1));
}
