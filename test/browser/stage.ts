import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openInstallation } from '../../lib/cli/installation.ts';
import { serveConsole } from '../../lib/console/serve.ts';
import type { BusEvent } from '../../lib/local/event-bus.ts';
import { type Story, startStory } from '../../lib/local/story.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { launchChromium } from './chromium.ts';

/** What a catalog may hold that nothing may obey. */
export const hostile = `<script>document.title='taken'</script><img src=x onerror="document.title='taken'">`;
/** What somebody may type who means no good: a mark that turns the writing, and an escape sequence of a terminal. */
export const turning = 'safe\u202egnihton\u001b[31mred';
/** What is not seen and yet does something. */
export const hidden = /(?!\n)[\p{Cc}\p{Cf}]/u;
/** In the console's catalog alone, so that nothing is ever done with it: its secret is not there. */
export const hostileToken = 'zz-hostile';

/** The console as `npm start` serves it, over a story with a real registry, and a browser beside it. */
export interface Stage {
  readonly story: Story;
  readonly installation: Installation;
  /** What was put on the bus so far, the newest last. */
  readonly events: readonly BusEvent[];
  /** The address that the terminal shows. */
  readonly url: string;
  readonly origin: string;
  /** What should not have happened in any page so far: calls to other hosts, refusals of the policy, errors. */
  readonly troubles: readonly string[];
  /** The source of every answer so far. */
  readonly sources: readonly string[];
  /** A page that is let in, and is watched for troubles; of another console where its origin is given. */
  open(path: string, options?: BrowserContextOptions, at?: string): Promise<Page>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-browser-'));
  const closing: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const stateFolder = join(folder, 'state');
    const events: BusEvent[] = [];
    const story = await startStory({ stateFolder, onEvent: (event) => events.push(event) });
    closing.push(story.close);
    const catalog = join(folder, 'catalog');
    cpSync(join(stateFolder, 'catalog'), catalog, { recursive: true });
    writeHostile(catalog);
    const installation = await openInstallation({ local: stateFolder, catalog, installation: 'keyturn' });
    const served = await serveConsole({ installation, registry, who: 'ada' });
    closing.push(served.close);
    const browser = await launchChromium();
    closing.push(() => browser.close());
    const { origin } = new URL(served.url);
    const troubles: string[] = [];
    const sources: string[] = [];
    return {
      story,
      installation,
      events,
      url: served.url,
      origin,
      troubles,
      sources,
      async open(path, options = {}, at = origin) {
        const page = await openWatched(browser, options, [at], troubles, sources);
        await page.goto(at === origin ? served.url : at);
        if (path !== '/') await page.goto(`${at}${path}`);
        return page;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A page of a visitor of its own. */
export async function openWatched(
  browser: Browser,
  options: BrowserContextOptions,
  origins: readonly string[],
  troubles: string[],
  sources: string[],
): Promise<Page> {
  const context = await browser.newContext(options);
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', ({ violatedDirective: what, blockedURI: where }) => console.error('policy', what, where))",
  );
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  watch(page, origins, troubles, sources);
  return page;
}

/** Writes down what should not happen in a page, such as a call to anybody but these. */
function watch(page: Page, origins: readonly string[], troubles: string[], sources: string[]): void {
  page.on('request', (request) => {
    if (!origins.some((origin) => request.url().startsWith(`${origin}/`))) troubles.push(`a request to ${request.url()}`);
  });
  page.on('console', (message) => {
    // That an answer was an error is what some tests are about, and Chromium writes it down.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) troubles.push(message.text());
  });
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('dialog', (dialog) => {
    troubles.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    void response.text().then(
      (text) => sources.push(text),
      () => {}, // a redirection has none
    );
  });
}

function writeHostile(catalog: string): void {
  const text = readFileSync(join(catalog, 'web-metrics.yaml'), 'utf8')
    .replace(/^description: .*$/m, `description: ${JSON.stringify(`${hostile} opens the gate`)}`)
    .replace(/^stopsWhenItFails: .*$/m, `stopsWhenItFails: ${JSON.stringify(hostile)}`)
    .replace(/^secret: .*$/m, 'secret: web/hostile')
    .replace(/^scope: .*$/m, (scope) => scope.replace('acme/web', 'acme/hostile'));
  writeFileSync(join(catalog, `${hostileToken}.yaml`), `${text}runbook: ${JSON.stringify(`${hostile} ${'wide'.repeat(40)}`)}\n`);
}

/** What axe finds wrong with a page. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
  );
}

/** Every value that Secrets Manager has ever held, whatever it is called in there. */
export async function valuesIn(client: SecretsManagerClient): Promise<readonly string[]> {
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }));
  const texts: string[] = [];
  for (const { ARN: SecretId = '' } of SecretList) {
    const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }));
    for (const { VersionId } of Versions) {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionId }));
      texts.push(...leavesOf(SecretString ?? ''));
    }
  }
  // Names are short, and notes beside a value have spaces in them.
  return [...new Set(texts)].filter((text) => text.length >= 12 && !text.includes(' '));
}

function leavesOf(text: string): readonly string[] {
  try {
    return Object.values(JSON.parse(text) as Record<string, unknown>).map(String);
  } catch {
    return [text];
  }
}
