import type { Catalog } from './catalog.ts';
import type { Compiled, CompiledIndex } from './compiled.ts';

// The catalog as plain JSON for the functions. The same catalog always gives the same text, so that what did not change is not deployed.

/** What one provider's function needs, and no people. Changes only when a token of this provider changes. */
export function compileFor({ entries }: Catalog, provider: string): Compiled {
  const own = entries.filter(({ token }) => token.provider === provider);
  const teams = own.flatMap(({ token, team }) => (team === undefined ? [] : [[token.name, team]]));
  return {
    version: 1,
    provider,
    hosts: [...new Set(own.flatMap(({ needs }) => needs.hosts))].sort(),
    teams: Object.fromEntries(teams),
    tokens: own.map(({ token }) => token),
  };
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
