import type { Catalog } from './catalog.ts';
import type { Compiled, CompiledIndex } from './compiled.ts';

// The catalog as plain JSON for the functions. The same catalog always gives the same text, so that what did not change is not deployed.

/** What one provider's function needs, and no people. Changes only when a token of this provider changes. */
export function compileFor({ entries }: Catalog, provider: string): Compiled {
  return { version: 1, provider, tokens: entries.map(({ token }) => token).filter((token) => token.provider === provider) };
}

/** What the reconciler needs of all tokens. */
export function compileIndex({ entries }: Catalog): CompiledIndex {
  return {
    version: 1,
    tokens: entries.map(({ token: { name, provider, secret, mode, overlapHours }, schedule }) => {
      return { name, provider, secret, mode, overlapHours, schedule };
    }),
  };
}

/** The providers of a catalog, each once: one function each. */
export function providersOf({ entries }: Catalog): readonly string[] {
  return [...new Set(entries.map(({ token }) => token.provider))].sort();
}
