// Goal: somebody who is no engineer renews a token that no program can make, by themselves: from the message that reminds them to the word that it is done.
// Method: the owner, who sees their own tokens and nothing else, in Chromium and by the keyboard alone; the page of the vendor is a stand-in.
import { serve } from '@hono/node-server';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvent } from '../../lib/alerts/events.ts';
import { composeMessage } from '../../lib/alerts/message.ts';
import { asMail } from '../../lib/alerts/render.ts';
import { compileDirectory } from '../../lib/catalog/compile.ts';
import { createConsole } from '../../lib/console/app.ts';
import { createSeals } from '../../lib/console/seals.ts';
import { assistedToken, tokenName } from '../../lib/local/story.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { openStage, type Stage, valuesIn } from './stage.ts';

let stage: Stage;
/** Where the owner comes in, who has no role in the whole. */
let origin = '';
let close = () => {};
let page: Page;
beforeAll(async () => {
  stage = await openStage();
  let app: ReturnType<typeof createConsole> | undefined;
  const server = serve({ fetch: (request) => app?.fetch(request) ?? new Response(), hostname: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  close = () => void server.close();
  const mina = { who: 'mina@example.com', personId: 'mina', seals: createSeals(new Uint8Array(32)), isSignedIn: false };
  app = createConsole({
    installation: stage.installation,
    registry,
    origin,
    entrance: { identify: async () => mina, answer: async () => undefined, howToGetIn: '' },
  });
  page = await stage.open('/', {}, origin);
});
afterAll(async () => {
  await stage?.close();
  close();
});

/** What was in use before. */
let first = '';
const secret = () => stage.story.textOf(assistedToken.secret);

/** The reminder as it lies in the owner's mail, a month before the token is due. */
async function remind(): Promise<string> {
  const { local } = stage.story;
  const sweep = async () => {
    await local.catchUp();
    await local.sweep();
    await local.host.idle();
  };
  await sweep();
  local.clock.move(61 * 24 * 3_600_000);
  await sweep();
  await sweep();
  const told = stage.events.flatMap(({ detailType, detail }) => readEvent(detailType, detail) ?? []);
  const reminder = told.find(
    (event) =>
      event.type === 'alert.opened' && event.detail.alert.token === assistedToken.name && event.detail.alert.code === 'due',
  );
  if (reminder?.type !== 'alert.opened') throw new Error('nobody was reminded');
  const { catalog } = stage.installation;
  const alerts = { ...catalog.alerts, runbookUrl: `${origin}/tokens/{token}` };
  return asMail(composeMessage(reminder, compileDirectory({ ...catalog, alerts }))).text;
}

/** Goes on by Tab until this has the focus, and never round in a circle. */
async function tabTo(where: Page, role: 'link' | 'button' | 'textbox', name: string | RegExp): Promise<void> {
  const wanted = role === 'textbox' ? where.getByLabel(name) : where.getByRole(role, { name, exact: true });
  for (let presses = 0; presses < 200; presses += 1) {
    await where.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
  }
  throw new Error(`the keyboard does not come to ${name}`);
}

it('takes a person from the reminder to a renewed token, by the keyboard alone', async () => {
  const steps: string[] = [];
  const mail = await remind();
  first = (await secret()) ?? '';
  const began = performance.now();

  steps.push('follow the link in the message');
  await page.goto(/^Runbook: (\S+)$/m.exec(mail)?.[1] ?? '');
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(assistedToken.name);

  steps.push('press "Renew: give a new one"');
  await tabTo(page, 'link', 'Renew: give a new one');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/submit');
  const steppedThrough = await page.locator('main ol li').count();
  expect(steppedThrough).toBeGreaterThan(3);

  steps.push('open the page of the vendor');
  const address = /http:\/\/127\.0\.0\.1:\d+\//.exec((await page.locator('main').textContent()) ?? '')?.[0] ?? '';
  const vendor = await page.context().newPage();
  await vendor.goto(address);
  expect(await vendor.locator('main').textContent()).toContain('This is a stand-in for Mailchimp');

  steps.push('name a new key, and have it made');
  await tabTo(vendor, 'textbox', 'Name of the new key');
  await vendor.keyboard.type('newsletter of today');
  await vendor.keyboard.press('Enter');
  await vendor.waitForURL('**/create');

  steps.push('copy it');
  await tabTo(vendor, 'textbox', 'The new key');
  const made = await vendor.getByLabel('The new key').inputValue();
  await vendor.keyboard.press('Control+C');

  steps.push('paste it');
  await page.bringToFront();
  await tabTo(page, 'textbox', `The new token of ${assistedToken.name}`);
  await page.keyboard.press('Control+V');
  expect(await page.getByLabel(`The new token of ${assistedToken.name}`).inputValue()).toBe(made);

  steps.push('press "Check it and use it"');
  await tabTo(page, 'button', 'Check it and use it');
  await page.keyboard.press('Enter');
  await page.waitForURL('**?done=submit');
  expect(await page.getByRole('status').textContent()).toContain('The new token works');

  steps.push('see that it is done');
  await page.locator('#live', { hasText: /Last proven: .*, by a renewal/ }).waitFor({ timeout: 60_000 });
  await page.locator('#live .state', { hasText: 'fine' }).waitFor({ timeout: 60_000 });

  const minutes = (performance.now() - began) / 60_000;
  process.stdout.write(
    `From the reminder to the renewed token: ${steps.length} steps, ${minutes.toFixed(1)} minutes without the time of thinking.\n${steps.map((step, index) => `  ${index + 1}. ${step}\n`).join('')}`,
  );
  expect(first).not.toBe(made);
  expect(await secret()).toBe(made);
  expect(stage.story.newsletterHolds()).toBe(made);
  await vendor.close();
});

it('tells a person who pastes the old one what to do, and keeps nothing of it', async () => {
  const old = (await secret()) ?? '';
  await page.goto(`${origin}/tokens/${assistedToken.name}/submit`);

  await page.getByLabel(`The new token of ${assistedToken.name}`).fill(old);
  await page.getByRole('button', { name: 'Check it and use it' }).click();

  expect(await page.getByRole('alert').textContent()).toMatch(/in use, or was before.*Make a new one.*Nothing was changed/);
  expect(await page.getByLabel(`The new token of ${assistedToken.name}`).inputValue()).toBe('');
  expect(await secret()).toBe(old);
});

it('goes on when they end the old one on the page of the vendor', async () => {
  const { mailing } = stage.story;
  const vendor = await page.context().newPage();
  await vendor.goto(mailing.url);
  expect(mailing.ask(first)).toBe(200);

  await tabTo(vendor, 'button', 'Revoke made by a person');
  await vendor.keyboard.press('Enter');
  await vendor.getByText('revoked').waitFor();
  await vendor.close();

  expect(mailing.ask(first)).toBe(401);
  expect(mailing.ask((await secret()) ?? '')).toBe(200);
});

it('is theirs alone: of the tokens of others they see nothing', async () => {
  const other = await page.goto(`${origin}/tokens/${tokenName}`);
  await page.goto(`${origin}/`);

  expect(other?.status()).toBe(404);
  expect(await page.locator('main .card').count()).toBe(1);
});

describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
  it('axe finds no fault in the page, also when it refuses', async () => {
    const seen = await stage.open(
      `/tokens/${assistedToken.name}/submit`,
      { colorScheme, viewport: { width: 360, height: 740 } },
      origin,
    );
    const faults = async () => {
      await seen.evaluate(axe.source);
      return seen.evaluate<string[]>(
        `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
          .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
      );
    };
    const asked = await faults();
    await seen.getByLabel(`The new token of ${assistedToken.name}`).fill('canary-typed-in-the-dark');
    await seen.getByRole('button', { name: 'Check it and use it' }).click();
    await seen.getByRole('alert').waitFor();

    expect([...asked, ...(await faults())]).toEqual([]);
    expect(await seen.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await seen.context().close();
  });
});

it('was never troubled, and showed no value', async () => {
  const values = await valuesIn(stage.story.local.client);

  expect(stage.troubles).toEqual([]);
  expect(values.some((value) => value.startsWith('canary-'))).toBe(true);
  expect(stage.sources.length).toBeGreaterThan(15);
  for (const source of stage.sources) {
    expect(source).not.toContain('canary-');
    expect(findLeaks(source, values)).toEqual([]);
  }
});
