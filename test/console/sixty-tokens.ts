import type { Catalog, CatalogEntry } from '../../lib/catalog/catalog.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import type { SecretState } from '../../lib/engine/ports.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';

// An installation in memory with sixty tokens: `token-01` to `token-60`. Whoever reads a value of it fails.

export const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)>"\u202e';
export const canary = 'canary-8f2b6c1d9e7a4035';
export const names = Array.from({ length: 60 }, (_, index) => `token-${String(index + 1).padStart(2, '0')}`);
export const ledger = createMemoryLedger();
/** Of `token-02`; all others have one, without labels of ours. */
export const versions = new Map<string, string[]>();
export const at = Date.parse('2026-11-25T12:00:00Z');
/** The secrets of which a rotation was asked for. */
export const started: string[] = [];

/** The first three are Tomás Okafor's. */
export async function sixtyTokens(): Promise<Catalog> {
  const { catalog: example } = await loadCatalog('catalog', registry);
  const [model] = example?.entries ?? [];
  if (example === undefined || model === undefined) throw new Error('the example catalog has no token');
  const entries = names.map(
    (name, index): CatalogEntry => ({
      ...model,
      description: index === 0 ? hostile : `Opens the door ${index + 1}.`,
      owner: index < 3 ? 'tomas-okafor' : model.owner,
      token: { ...model.token, name, secret: `app/${name}` },
    }),
  );
  return { ...example, entries };
}

export function installationOf(catalog: Catalog, now: () => number = () => at): Installation {
  const stateOf = (name: string): SecretState & { name: string } => ({
    name: `app/${name}`,
    arn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:app/${name}-abcdef`,
    versions: new Map(
      name === 'token-02'
        ? versions
        : [['v', ['AWSCURRENT', ...(name === 'token-40' ? ['keyturn-parked/refused/9999999999'] : [])]]],
    ),
    rotationEnabled: true,
    rotationFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-npm-registry',
    nextRotationAt: at + 86_400_000,
  });
  return {
    catalog,
    clock: { now, sleep: async () => {} },
    ledger,
    entry(name) {
      const entry = catalog.entries.find(({ token }) => token.name === name);
      if (entry === undefined)
        throw new RotationError('catalog', 'keyturn: there is no token of this name', { fix: 'Look at the list.' });
      return entry;
    },
    functionArn: () => '',
    describe: async ({ token }) => stateOf(token.name),
    ask: async () => {
      throw new RotationError('current-refused', 'npm-registry: it is refused', { fix: 'Rotate.' });
    },
    store: {
      describe: async () => stateOf('token-01'),
      async *list() {
        for (const name of names) yield stateOf(name);
      },
      read: async () => {
        throw new Error(`a page has read a value: ${canary}`);
      },
      put: async () => 'taken',
      async moveLabel(_secret, label, { from, to }) {
        if (from !== undefined)
          versions.set(
            from,
            (versions.get(from) ?? []).filter((each) => each !== label),
          );
        if (to !== undefined) versions.set(to, [...(versions.get(to) ?? []), label]);
        return 'moved';
      },
      async startRotation(secret) {
        started.push(secret);
        return 'started';
      },
    },
  };
}
