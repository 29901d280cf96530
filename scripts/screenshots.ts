/**
 * Makes the pictures of the console in README and docs: the real pages in Chromium, over made-up tokens at a moment that stands still, so that it
 * shows the same again until the pages change. `npm run screenshots`.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Catalog, CatalogEntry } from '../lib/catalog/catalog.ts';
import { loadCatalog } from '../lib/catalog/load-catalog.ts';
import { serveConsole } from '../lib/console/serve.ts';
import { configurationOf } from '../lib/engine/configuration.ts';
import { RotationError } from '../lib/engine/errors.ts';
import { parkedLabel, sinceLabel } from '../lib/engine/labels.ts';
import type { SecretState } from '../lib/engine/ports.ts';
import type { Installation } from '../lib/operations/installation.ts';
import { registry } from '../lib/plugin/registry.ts';
import { createMemoryLedger } from '../lib/testing/memory-ledger.ts';
import { launchChromium } from '../test/browser/chromium.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = Date.parse('2026-11-25T09:30:00Z');
const hours = (count: number) => at + count * 3_600_000;
const inSeconds = (instant: number) => Math.floor(instant / 1000);

/** What there is besides the token of the example catalog. */
const others: readonly (readonly [name: string, provider: string, secret: string, description: string])[] = [
  ['billing-mail', 'sendgrid', 'billing/mail', 'Sends invoices and reminders to customers.'],
  ['charts', 'grafana', 'web/charts', 'Lets the status page draw the charts of the last week.'],
  ['deploy-robot', 'gitlab', 'web/deploy', "Lets the web team's pipeline read its project."],
  ['edge-cache', 'cloudflare', 'web/edge', 'Empties the cache when a new price goes out.'],
  ['night-watch', 'twilio', 'operations/calls', 'Calls whoever is on duty when something breaks at night.'],
];

const versions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'npm-publish': {
    'c2f1a7d0-5b1e-4b54-9d2e-0a6f4a1c7e11': ['AWSCURRENT', 'keyturn/npm-registry/9c1e'],
    '7d94b0e3-2a60-4f7c-8f0b-61d0f1c9aa02': ['AWSPREVIOUS', 'keyturn/npm-registry/41bd', sinceLabel(inSeconds(hours(-20)))],
  },
  'billing-mail': { a: ['AWSCURRENT', 'keyturn/sendgrid/a', parkedLabel('dependent-failed', inSeconds(hours(3)))] },
  'deploy-robot': { a: ['AWSCURRENT', 'keyturn/gitlab/a'], b: ['AWSPENDING', 'keyturn/gitlab/b'] },
};

async function madeUp(): Promise<Installation> {
  const { catalog: example } = await loadCatalog(join(root, 'catalog'), registry);
  const [model] = example?.entries ?? [];
  if (example === undefined || model === undefined) throw new Error('the example catalog has no token');
  const [first = '', second = ''] = example.people.keys();
  const entries = others.map(([name, provider, secret, description], index): CatalogEntry => {
    const [owner, backup] = index % 2 === 0 ? [second, first] : [first, second];
    return { ...model, description, owner, backup, token: { ...model.token, name, provider, secret, dependents: [] } };
  });
  const catalog: Catalog = { ...example, entries: [...entries, model] };
  const stateOf = ({ token: { name, provider, secret } }: CatalogEntry): SecretState & { readonly name: string } => ({
    name: secret,
    arn: `arn:aws:secretsmanager:eu-north-1:000000000000:secret:${secret}-AbCdEf`,
    versions: new Map(Object.entries(versions[name] ?? { a: ['AWSCURRENT'] })),
    rotationEnabled: true,
    rotationFunctionArn: `arn:aws:lambda:eu-north-1:000000000000:function:keyturn-rotate-${provider}`,
    rotatedAt: hours(-21),
    nextRotationAt: hours(24 * (3 + name.length)),
  });
  const nothingIsDone = () => {
    throw new RotationError('internal', 'the pictures: nothing is done here', { fix: 'Look only.' });
  };
  return {
    catalog,
    clock: { now: () => at, sleep: async () => {} },
    ledger: await filledLedger(catalog.entries),
    entry: (name) => catalog.entries.find(({ token }) => token.name === name) ?? nothingIsDone(),
    functionArn: () => '',
    describe: async (entry) => stateOf(entry),
    ask: async () => nothingIsDone(),
    store: {
      async *list() {
        for (const entry of catalog.entries) yield stateOf(entry);
      },
      describe: async () => nothingIsDone(),
      read: async () => nothingIsDone(),
      put: async () => nothingIsDone(),
      moveLabel: async () => nothingIsDone(),
      startRotation: async () => nothingIsDone(),
    },
  };
}

/** When each was last renewed, in days before now; of `edge-cache` what makes new ones is another since then. */
const renewedDaysAgo: Readonly<Record<string, number>> = {
  'npm-publish': 0.9,
  'billing-mail': 61,
  charts: 12,
  'deploy-robot': 29,
  'edge-cache': 44,
};

async function filledLedger(entries: readonly CatalogEntry[]): Promise<Installation['ledger']> {
  const ledger = createMemoryLedger();
  for (const { token } of entries) {
    const days = renewedDaysAgo[token.name];
    if (days === undefined) continue;
    await ledger.record({
      id: `renewed-${token.name}`,
      at: hours(-24 * days),
      what: 'token.rotated',
      token: token.name,
      secretArn: `arn:aws:secretsmanager:eu-north-1:000000000000:secret:${token.secret}-AbCdEf`,
      message: 'a new token is in use everywhere',
      configuration: configurationOf(token.name === 'edge-cache' ? { ...token, authority: 'the former one' } : token),
    });
  }
  const secretArn = 'arn:aws:secretsmanager:eu-north-1:000000000000:secret:build/npm-publish-AbCdEf';
  const generations = [
    ['e0', hours(-21 - 24 * 57), hours(-21 - 24 * 26)],
    ['7d94b0e3-2a60-4f7c-8f0b-61d0f1c9aa02', hours(-21 - 24 * 28), undefined],
    ['c2f1a7d0-5b1e-4b54-9d2e-0a6f4a1c7e11', hours(-21), undefined],
  ] as const;
  for (const [versionId, made, ended] of generations) {
    const happened = { token: 'npm-publish', secretArn, versionId };
    await ledger.record({
      ...happened,
      id: `made-${versionId}`,
      at: made,
      what: 'token.minted',
      message: 'a new token was made',
    });
    if (ended !== undefined)
      await ledger.record({ ...happened, id: `ended-${versionId}`, at: ended, what: 'token.revoked', message: 'it was revoked' });
  }
  await ledger.saveHealth({
    token: 'npm-publish',
    secretArn,
    versionId: 'c2f1a7d0-5b1e-4b54-9d2e-0a6f4a1c7e11',
    checkedAt: hours(-5),
    verdict: 'valid',
    findings: [],
  });
  await ledger.saveAlert(
    {
      id: 'parked/billing-mail',
      code: 'parked',
      token: 'billing-mail',
      urgency: 'now',
      message: 'billing-mail could not be renewed: the mail service of the shop refused the new one.',
      next: 'It is tried again at 12:30. The current one goes on working.',
      fix: 'Let the shop take new tokens again, then release it.',
      openedAt: hours(-2),
      seenAt: hours(-2),
      revision: 1,
    },
    undefined,
  );
  return ledger;
}

const served = await serveConsole({ installation: await madeUp(), registry, who: 'maya' });
const browser = await launchChromium();
try {
  mkdirSync(join(root, 'docs/pictures'), { recursive: true });
  const { origin } = new URL(served.url);
  const pictures = [
    { name: 'console-tokens', path: '/', width: 1000, height: 760, colorScheme: 'light' },
    { name: 'console-token', path: '/tokens/npm-publish', width: 1000, height: 900, colorScheme: 'light' },
    { name: 'console-tasks', path: '/tasks', width: 390, height: 560, colorScheme: 'dark' },
  ] as const;
  for (const { name, path, width, height, colorScheme } of pictures) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(served.url);
    await page.goto(`${origin}${path}`);
    await page.screenshot({ path: join(root, `docs/pictures/${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await served.close();
}
