import { createSecretsManagerStore } from '../../lib/aws/secrets-manager-store.ts';
import type { CatalogEntry } from '../../lib/catalog/catalog.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { serveConsole } from '../../lib/console/serve.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';
import { clientOf, nameOf, withFleet } from './fleet.ts';

/** How long the console takes for one page: the middle of seven, asked over HTTP. */
export interface PageTime {
  readonly page: string;
  readonly milliseconds: number;
  readonly kilobytes: number;
}

const pages = [
  '/',
  '/?page=20',
  '/?q=token-77',
  '/?state=fine',
  '/tasks',
  '/calendar',
  '/people',
  '/providers',
  '/tokens/token-77',
];

/** Over a catalog of so many tokens, whose secrets stand behind the embedded endpoint. */
export async function timePages(tokens: number): Promise<readonly PageTime[]> {
  return withFleet(tokens, async (url) => {
    const client = clientOf(url);
    const served = await serveConsole({ installation: await installationOf(tokens, client), registry, who: 'ada' });
    try {
      const { origin } = new URL(served.url);
      const opened = await fetch(served.url, { redirect: 'manual' });
      const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
      const times: PageTime[] = [];
      for (const page of pages) times.push(await timeOf(origin, page, cookie));
      return times;
    } finally {
      await served.close();
      client.destroy();
    }
  });
}

async function timeOf(origin: string, page: string, cookie: string): Promise<PageTime> {
  const times: number[] = [];
  let bytes = 0;
  for (let count = 0; count < 7; count += 1) {
    const begun = performance.now();
    const answer = await fetch(`${origin}${page}`, { headers: { cookie } });
    bytes = (await answer.arrayBuffer()).byteLength;
    if (!answer.ok) throw new Error(`${page} answered ${answer.status}`);
    times.push(performance.now() - begun);
  }
  return { page, milliseconds: times.sort((a, b) => a - b)[3] ?? 0, kilobytes: bytes / 1000 };
}

async function installationOf(tokens: number, client: ReturnType<typeof clientOf>): Promise<Installation> {
  const { catalog: example } = await loadCatalog('catalog', registry);
  const [model] = example?.entries ?? [];
  if (example === undefined || model === undefined) throw new Error('the example catalog has no token');
  const entries = Array.from({ length: tokens }, (_, index): CatalogEntry => {
    return { ...model, token: { ...model.token, name: `token-${index}`, secret: nameOf(index) } };
  });
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const store = createSecretsManagerStore({ client, once: client }, clock);
  return {
    catalog: { ...example, entries },
    clock,
    store,
    ledger: createMemoryLedger(),
    entry(name) {
      const entry = entries.find(({ token }) => token.name === name);
      if (entry === undefined) throw new Error('there is no such token');
      return entry;
    },
    describe: ({ token }) => store.describe(token.secret),
    functionArn: () => '',
    ask: async () => {
      throw new Error('a page only looks');
    },
  };
}
