// Goal: every page can be read and used by everybody: on a telephone, in the dark, with a screen reader, and whatever people wrote into the catalog.
// Method: every page in Chromium, narrow and wide, light and dark, and axe as the judge of accessibility.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assistedToken, deployToken, isQuiet, observedToken, releaseToken, tokenName, until } from '../../lib/local/story.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { faultsOf, hidden, hostileToken, openStage, type Stage, turning, valuesIn } from './stage.ts';

const pages = [
  '/',
  '/?state=missing',
  '/tasks',
  '/tasks?person=grace',
  '/calendar',
  '/people',
  '/providers',
  `/tokens/${tokenName}`,
  `/tokens/${deployToken.name}`,
  `/tokens/${observedToken.name}`,
  `/tokens/${assistedToken.name}`,
  `/tokens/${assistedToken.name}/submit`,
  `/tokens/${assistedToken.name}/drill`,
  `/tokens/${releaseToken.name}`,
  `/tokens/${hostileToken}`,
  `/tokens/${tokenName}?done=release`,
  `/tokens/${tokenName}/rotate`,
  `/tokens/${tokenName}/hold`,
  `/tokens/${tokenName}/drill`,
  '/tokens/nobody-has-this',
  '/no-such-page',
];
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const { story, installation } = stage;
  // An old one that still works, an alert of each kind, and a token that nothing may touch.
  await story.rotate();
  await until(() => isQuiet(story.local, story.secretArn), 'the rotation ended', 60);
  await story.local.sweep();
  await story.local.catchUp();
  const now = installation.clock.now();
  const alert = { next: turning, fix: turning, openedAt: now, seenAt: now, revision: 1 } as const;
  for (const [id, urgency, token] of [
    ['one', 'now', hostileToken],
    ['two', 'soon', tokenName],
    ['three', 'note', undefined],
  ] as const) {
    const about = token === undefined ? {} : { token };
    await installation.ledger.saveAlert(
      { ...alert, id, code: 'expires', urgency, message: `<b>${turning}</b>`, ...about },
      undefined,
    );
  }
}, 120_000);
afterAll(() => stage?.close());

async function onEach(page: Page, look: (path: string) => Promise<void>): Promise<void> {
  for (const path of pages) {
    await page.goto(`${stage.origin}${path}`);
    await look(path);
  }
}

describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
  it('no page has a fault that axe knows of', async () => {
    const page = await stage.open('/', { colorScheme });

    await onEach(page, async (path) => {
      expect(await faultsOf(page), path).toEqual([]);
    });
    const background = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(20, 23, 29)' : 'rgb(251, 250, 247)');
    await page.context().close();
  });
});

it.each([360, 1280])('no page has to be moved sideways on %i pixels', async (width) => {
  const page = await stage.open('/', { viewport: { width, height: 740 } });

  await onEach(page, async (path) => {
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
  });
  await page.context().close();
});

it('what people wrote stands there as text, and does nothing', async () => {
  const page = await stage.open(`/tokens/${hostileToken}`);

  await onEach(page, async (path) => {
    expect(await page.title(), path).not.toBe('taken');
    expect(await page.locator('img, main script, b').count(), path).toBe(0);
    expect(await page.content(), path).not.toMatch(hidden);
  });
  await page.goto(`${stage.origin}/?q=gate`);
  expect(await page.locator('main').textContent()).toContain("<script>document.title='taken'</script>");
  await page.context().close();
});

it('tokens are searched and filtered, and the choice stays to be seen', async () => {
  const page = await stage.open('/');
  const cards = () => page.locator('main .card').count();
  expect(await cards()).toBe(6);

  await page.getByLabel('Search').fill('pipeline');
  await page.getByRole('button', { name: 'Show' }).click();
  const found = await cards();
  await page.getByLabel('Search').fill('');
  await page.getByLabel('Provider').selectOption('npm-registry');
  await page.getByLabel('State').selectOption('fine');
  await page.getByRole('button', { name: 'Show' }).click();

  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(6);
  expect(await page.getByRole('link', { name: tokenName, exact: true }).count()).toBe(1);
  expect(await cards()).toBe(1);
  expect(await page.getByLabel('State').inputValue()).toBe('fine');
  await page.context().close();
});

it('what has a date stands in the calendar, with a way to its token', async () => {
  const page = await stage.open('/calendar');

  await page.locator('main li', { hasText: tokenName }).first().getByRole('link').click();

  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(tokenName);
  await page.context().close();
});

it('people and providers lead to their tokens and tasks', async () => {
  const page = await stage.open('/people');

  await page.locator('.card', { hasText: 'Grace Okoye' }).getByRole('link', { name: 'What waits for them' }).click();
  expect(await page.getByRole('status').textContent()).toContain('2 open');
  await page.goto(`${stage.origin}/providers`);
  await page.getByRole('link', { name: '1 token' }).first().click();
  expect(await page.locator('main .card').count()).toBe(1);
  await page.context().close();
});

it('was never troubled, and showed no value', async () => {
  const values = await valuesIn(stage.story.local.client);

  expect(stage.troubles).toEqual([]);
  expect(values.length).toBeGreaterThan(5);
  expect(stage.sources.length).toBeGreaterThan(pages.length * 4);
  for (const source of stage.sources) {
    expect(source).not.toContain('canary-');
    expect(findLeaks(source, values)).toEqual([]);
  }
});
