/** A runbook as data: what a page, a printout and a terminal show alike. All texts are one line each, and harmless wherever they are shown. */
export interface Runbook {
  readonly token: string;
  /** What the provider calls such a token. */
  readonly title: string;
  /** One sentence: how it is now. */
  readonly now: string;
  /** What in here should be mended, or may no longer be true. */
  readonly warnings: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  /** For links: lower case and hyphens, the same for every token. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/**
 * A backtick in a text begins and ends something that is typed as it stands. `unwritten` is what somebody should have said and nobody has.
 */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unwritten'; readonly text: string }
  | { readonly kind: 'steps'; readonly items: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'pairs'; readonly rows: readonly (readonly [label: string, text: string])[] };

/** A text in pieces: what is read, and what is typed. */
export interface Piece {
  readonly isTyped: boolean;
  readonly text: string;
}

/** A backtick that nothing closes is only a character. */
export function piecesOf(text: string): readonly Piece[] {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return [{ isTyped: false, text }];
  return parts.map((part, index) => ({ isTyped: index % 2 === 1, text: part })).filter((piece) => piece.text !== '');
}
