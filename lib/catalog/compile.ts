import type { Catalog, Person } from './catalog.ts';
import type { Compiled, CompiledIndex, Directory } from './compiled.ts';

// The catalog as plain JSON for the functions. The same catalog always gives the same text, so that what did not change is not deployed.

/** What one provider's function needs, and no people. Changes only when a token of this provider changes. */
export function compileFor({ entries, freezes }: Catalog, provider: string): Compiled {
  const own = entries.filter(({ token }) => token.provider === provider);
  const teams = own.flatMap(({ token, team }) => (team === undefined ? [] : [[token.name, team]]));
  return {
    version: 1,
    provider,
    hosts: [...new Set(own.flatMap(({ needs }) => needs.hosts))].sort(),
    teams: Object.fromEntries(teams),
    freezes: freezes.filter(({ providers }) => providers?.includes(provider) ?? true),
    tokens: own.map(({ token }) => token),
  };
}

/** What the reconciler needs of all tokens, and who is to be told of each. */
export function compileIndex(catalog: Catalog): CompiledIndex {
  return {
    ...compileDirectory(catalog),
    freezes: catalog.freezes,
    tokens: catalog.entries.map(({ token, schedule, description, owner, backup, team, needs }) => {
      const { name, provider, secret, authority, mode, overlapHours, expect } = token;
      const people = { owner, backup, ...(team === undefined ? {} : { team }) };
      const { isAssisted } = needs;
      const followed = token.rotation === undefined ? {} : { rotation: token.rotation };
      const drilled = token.drillEveryDays === undefined ? {} : { drillEveryDays: token.drillEveryDays };
      const minted = authority === undefined ? {} : { authority };
      return {
        name,
        provider,
        secret,
        ...minted,
        mode,
        overlapHours,
        schedule,
        expect,
        ...followed,
        isAssisted,
        ...drilled,
        description,
        ...people,
      };
    }),
  };
}

/** Who has to do with a token, and by which way a message reaches them. Nobody's telephone number, and nothing of the tokens. */
export function compileDirectory({ people, teams, alerts, entries }: Catalog): Directory {
  const responsible = new Set(entries.flatMap(({ owner, backup }) => [owner, backup]));
  const owning = new Set(entries.map(({ team }) => team));
  const person = ({ name, email, left, feedVersion }: Person) => ({
    name,
    email,
    ...(left === undefined ? {} : { left }),
    ...(feedVersion === undefined ? {} : { feedVersion }),
  });
  return {
    version: 1,
    people: Object.fromEntries(
      [...people]
        .filter(([id]) => responsible.has(id))
        .sort()
        .map(([id, each]) => [id, person(each)]),
    ),
    teams: Object.fromEntries([...teams].filter(([id]) => owning.has(id)).sort()),
    alerts,
  };
}

/** The providers of a catalog, each once: one function each. */
export function providersOf({ entries }: Catalog): readonly string[] {
  return [...new Set(entries.map(({ token }) => token.provider))].sort();
}
