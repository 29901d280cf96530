// Goal: whoever is called at night finds the token, understands what is wrong, and mends it by the pages, with a mouse, a keyboard or without scripts.
// Method: the console as `npm start` serves it, in Chromium, over a real registry and the real functions.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvent } from '../../lib/alerts/events.ts';
import { composeMessage } from '../../lib/alerts/message.ts';
import { asMail } from '../../lib/alerts/render.ts';
import { compileDirectory } from '../../lib/catalog/compile.ts';
import { dependentNames, isQuiet, tokenName, until } from '../../lib/local/story.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { hidden, openStage, type Stage, turning, valuesIn } from './stage.ts';

let stage: Stage;
let page: Page;
beforeAll(async () => {
  stage = await openStage();
  page = await stage.open('/');
});
afterAll(() => stage?.close());

const tokenPath = `/tokens/${tokenName}`;
const at = async (path: string) => page.goto(`${stage.origin}${path}`);
const held = async () => {
  const current = await stage.story.tokenAt({ label: 'AWSCURRENT' });
  return Object.values(await stage.story.held()).every((token) => token === current);
};
const stateOf = (where: Page) => where.locator('#live .state').first().textContent();
/** Waits without loading anything: the page has to come to it by itself. */
const comesTo = (where: Page, state: string) =>
  where.locator('#live .state', { hasText: state }).first().waitFor({ state: 'attached', timeout: 60_000 });
/** From the token's page to the page after it was done. */
async function act(label: string, reason?: string): Promise<void> {
  await at(tokenPath);
  await page.getByRole('link', { name: label, exact: true }).click();
  expect(await page.locator('.lead').textContent()).toMatch(/\.$/);
  if (reason !== undefined) await page.getByLabel('Your reason').fill(reason);
  await page.getByRole('button', { name: label, exact: true }).click();
}

/** A place that tells nobody what it holds is believed again once no write from before can still arrive. */
async function mend(): Promise<void> {
  stage.story.breakDependent(false);
  await act('Release');
  stage.story.local.clock.move(16 * 60_000);
  // By now a sweep is due too, which may begin one of its own.
  await stage.story.local.catchUp();
  await until(() => isQuiet(stage.story.local, stage.story.secretArn), 'nothing is under way', 60);
}

it('is opened by the address that the terminal shows, which is not kept', async () => {
  expect(page.url()).toBe(`${stage.origin}/`);
  expect(await page.title()).toBe('Tokens - Keyturn');
  expect(await page.getByRole('link', { name: tokenName }).count()).toBe(1);
});

describe('a renewal', () => {
  it('is confirmed, and watched on the page until it is done', async () => {
    const before = await stage.story.tokenAt({ label: 'AWSCURRENT' });

    await act('Renew now');
    expect(await page.getByRole('status').textContent()).toContain('has begun');
    await page.evaluate('window.isTheSame = true');
    await page.locator('#live li', { hasText: 'An old one' }).waitFor({ timeout: 60_000 });
    await comesTo(page, 'fine');

    expect(await page.evaluate('window.isTheSame')).toBe(true);
    expect(await stage.story.tokenAt({ label: 'AWSCURRENT' })).not.toBe(before);
    expect(await held()).toBe(true);
  });

  it('that a place refuses is told with the place and what to do, and works once it is mended', async () => {
    const before = await stage.story.tokenAt({ label: 'AWSCURRENT' });
    stage.story.breakDependent(true);
    await act('Renew now');
    await comesTo(page, 'renewal failed');
    const told = await page.locator('#live').textContent();
    expect(told).toContain('docs robot: apply was refused');
    expect(told).toContain('Mend docs robot or its authority, then rotate again');
    expect(await stage.story.tokenAt({ label: 'AWSCURRENT' })).toBe(before);
    expect(await held()).toBe(true);

    await mend();
    const mended = await stage.story.tokenAt({ label: 'AWSCURRENT' });
    await act('Renew now');
    await expect.poll(() => stage.story.tokenAt({ label: 'AWSCURRENT' }), { timeout: 60_000 }).not.toBe(mended);
    await comesTo(page, 'fine');

    await expect.poll(held, { timeout: 60_000 }).toBe(true);
  });

  it('works on a page without scripts, which shows itself anew', async () => {
    const before = await stage.story.tokenAt({ label: 'AWSCURRENT' });
    const plain = await stage.open(tokenPath, { javaScriptEnabled: false });

    await plain.getByRole('link', { name: 'Renew now' }).click();
    await plain.getByRole('button', { name: 'Renew now' }).click();
    await expect.poll(() => stage.story.tokenAt({ label: 'AWSCURRENT' }), { timeout: 60_000 }).not.toBe(before);
    await comesTo(plain, 'fine');

    await plain.context().close();
  });
});

describe('an alert', () => {
  it('leads from the message to the runbook of its token, stands among the tasks, and is looked after', async () => {
    stage.story.breakDependent(true);
    await act('Renew now');
    await comesTo(page, 'renewal failed');
    await stage.story.local.sweep();
    await stage.story.local.host.idle();
    const told = stage.events.flatMap(({ detailType, detail }) => readEvent(detailType, detail) ?? []);
    const opened = told.findLast((event) => event.type === 'alert.opened' && event.detail.alert.token === tokenName);
    if (opened?.type !== 'alert.opened') throw new Error('nobody was told');
    const { alert } = opened.detail;
    const { catalog } = stage.installation;
    const directory = compileDirectory({
      ...catalog,
      alerts: { ...catalog.alerts, runbookUrl: `${stage.origin}/tokens/{token}` },
    });
    const { text } = asMail(composeMessage(opened, directory));
    const link = /^Runbook: (\S+)$/m.exec(text)?.[1] ?? '';

    await page.goto(link);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(tokenName);
    expect(await page.getByRole('heading', { name: 'Make a new one by hand' }).count()).toBe(1);
    expect(await page.locator('#live').textContent()).toContain(alert.message);
    await at('/tasks?person=ada');
    expect(await page.locator('main').textContent()).toContain(alert.message);
    await act('I look after this');

    expect((await stage.story.alerts()).find(({ id }) => id === alert.id)?.acknowledged?.by).toBe('ada');
    await at('/tasks');
    expect(await page.locator('main').textContent()).toContain('ada looks after it');
    await mend();
  });
});

describe('what else is done by a page', () => {
  it('keeps the old ones with a reason, and releases them', async () => {
    await act('Keep the old ones', 'the audit');
    expect(await stateOf(page)).toBe('on hold');
    expect(await page.locator('main').textContent()).toContain('the audit');

    await act('Release');
    expect(await stateOf(page)).toBe('fine');
  });

  it('stops all work with a reason that nothing in it can turn around, and goes on', async () => {
    await act('Stop all work on it', turning);
    expect(await stateOf(page)).toBe('stopped');
    const source = await page.content();
    expect(source).toContain('gnihton');
    expect(source).not.toMatch(hidden);
    for (const { why } of await stage.installation.ledger.pauses()) expect(why).not.toMatch(hidden);

    await act('Go on');
    expect(await stateOf(page)).toBe('fine');
  });

  it('rehearses a renewal, and shows what came of it', async () => {
    const before = await stage.story.tokenAt({ label: 'AWSCURRENT' });

    await act('Rehearse a renewal');
    await page.locator('#live', { hasText: /Last proven: .*, by a rehearsal/ }).waitFor({ timeout: 60_000 });

    expect(await stage.story.tokenAt({ label: 'AWSCURRENT' })).toBe(before);
    expect(await held()).toBe(true);
  });

  it('goes back to the token before', async () => {
    const before = await stage.story.tokenAt({ label: 'AWSPREVIOUS' });

    await act('Go back to the old one');

    expect(await stage.story.tokenAt({ label: 'AWSCURRENT' })).toBe(before);
    expect(await held()).toBe(true);
  });

  it('is in the history of the token, with who did it', async () => {
    const acted = (await stage.installation.ledger.happened(tokenName, 100)).filter(({ what }) => what === 'person.acted');

    expect(new Set(acted.map(({ by }) => by))).toEqual(new Set(['ada']));
    expect(acted.length).toBeGreaterThanOrEqual(10);
  });
});

describe('by the keyboard alone', () => {
  const focused = () =>
    page.evaluate<{ text: string; outline: string; top: number; href: string }>(`(() => {
      const it = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(it);
      return { text: (it.textContent || it.name || '').trim(), outline: outlineStyle + ' ' + outlineWidth,
        top: it.getBoundingClientRect().top, href: it.getAttribute('href') || '' };
    })()`);

  it('begins with a way past the menu, and shows where it is', async () => {
    await at('/');
    await page.keyboard.press('Tab');
    expect(await focused()).toMatchObject({ text: 'To the content', outline: 'solid 3px' });
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');

    await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true);
  });

  it('comes by every link and field in the order in which they stand, and each is seen', async () => {
    await at(tokenPath);
    const all = await page.evaluate<number>(
      "document.querySelectorAll('a[href], button, input:not([type=hidden]), select').length",
    );
    const positions: number[] = [];
    for (let index = 0; index < all; index += 1) {
      await page.keyboard.press('Tab');
      positions.push(
        await page.evaluate<number>(
          "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select')].indexOf(document.activeElement)",
        ),
      );
      expect((await focused()).outline).toBe('solid 3px');
    }

    expect(positions).toEqual(Array.from({ length: all }, (_, index) => index));
  });

  it('keeps the old ones', async () => {
    await at(tokenPath);
    while ((await focused()).href !== `${tokenPath}/hold`) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${tokenPath}/hold`);
    while ((await page.evaluate('document.activeElement.id')) !== 'why') await page.keyboard.press('Tab');
    await page.keyboard.type('no mouse');
    await page.keyboard.press('Enter');
    await page.waitForURL('**?done=hold');

    expect(await stateOf(page)).toBe('on hold');
    await act('Release');
  });
});

describe('what is not ours', () => {
  const actions = async () =>
    (await stage.installation.ledger.happened(tokenName, 100)).filter(({ what }) => what === 'person.acted').length;

  it('is a form that lay open for longer than an hour', async () => {
    await at(`${tokenPath}/pause`);
    await page.getByLabel('Your reason').fill('too late');
    const before = await actions();
    stage.story.local.clock.move(3_600_001);
    await page.getByRole('button', { name: 'Stop all work on it' }).click();

    expect(await page.getByRole('alert').textContent()).toContain('older than an hour');
    expect(await stage.installation.ledger.pauses()).toEqual([]);
    expect(await actions()).toBe(before);
  });

  it('is a form of another page, even with a seal that was seen', async () => {
    await at(`${tokenPath}/rotate`);
    const seal = await page.locator('input[name=seal]').getAttribute('value');
    const before = await actions();
    const stranger = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<form method="post" action="${stage.origin}${tokenPath}/rotate"><input name="seal" value="${seal}"><button>Win</button></form>`,
      );
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    try {
      const forged = await page.context().newPage();
      await forged.goto(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`);
      const [answer] = await Promise.all([
        forged.waitForResponse((response) => response.request().method() === 'POST'),
        forged.getByRole('button').click(),
      ]);

      expect(answer.status()).toBe(403);
      expect(await actions()).toBe(before);
    } finally {
      stranger.close();
    }
  });
});

it('was never troubled, and showed no value', async () => {
  const values = await valuesIn(stage.story.local.client);

  expect(stage.troubles).toEqual([]);
  expect(dependentNames).toHaveLength(3);
  expect(values.length).toBeGreaterThan(8);
  expect(stage.sources.length).toBeGreaterThan(50);
  for (const source of stage.sources) {
    expect(source).not.toContain('canary-');
    expect(findLeaks(source, values)).toEqual([]);
  }
});
