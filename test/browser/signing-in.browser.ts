// Goal: whoever signs in sees what is theirs, is offered what they may do and nothing else, and is out when it is over.
// Method: Chromium against a console and a real issuer of OpenID Connect on 127.0.0.1; axe as the judge of accessibility.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { idleMinutes } from '../../lib/console/sessions.ts';
import { openWithIssuer, type WithIssuer } from '../console/with-issuer.ts';
import { launchChromium } from './chromium.ts';
import { faultsOf, openWatched } from './stage.ts';

let moved = 0;
let opened: WithIssuer;
let browser: Browser;
const troubles: string[] = [];
beforeAll(async () => {
  opened = await openWithIssuer(() => Date.now() + moved);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  opened?.close();
});

/** Comes to a page as somebody whom the issuer knows. */
async function comeAs(sub: string, path = '/', options: BrowserContextOptions = {}): Promise<Page> {
  await opened.issuer.signsIn(sub);
  const page = await openWatched(browser, options, [opened.origin, opened.issuer.url], troubles, []);
  await page.goto(`${opened.origin}${path}`);
  return page;
}
/** Of the console; the issuer is on the same host, which is all that a cookie knows. */
const cookiesOf = async (page: Page) =>
  (await page.context().cookies(opened.origin)).map(({ name }) => name).filter((name) => name.startsWith('__Host-'));
const actionsOn = async (page: Page) => page.locator('.actions a').allTextContents();

it('leads by the issuer to the page that was asked for, and leaves a cookie that no script sees', async () => {
  const page = await comeAs('vera', '/tokens/token-07?done=hold');

  expect(page.url()).toBe(`${opened.origin}/tokens/token-07?done=hold`);
  expect(await page.evaluate('document.cookie')).toBe('');
  expect(await cookiesOf(page)).toEqual(['__Host-keyturn']);
  await page.context().close();
});

it.each([
  ['a viewer', 'vera', '60 tokens', [200, 200], false],
  ['an operator', 'otto', '60 tokens', [200, 200], true],
  ['an owner, of their own', 'tomas', '3 tokens', [200, 404], true],
] as const)('shows %s what they may see and do', async (_, sub, count, [own, other], mayAct) => {
  const page = await comeAs(sub);

  expect(await page.getByRole('status').first().textContent()).toContain(count);
  const answers = [await page.goto(`${opened.origin}/tokens/token-40`), await page.goto(`${opened.origin}/tokens/token-02`)];
  expect(answers.map((answer) => answer?.status())).toEqual([other, own]);
  expect((await actionsOn(page)).length > 0).toBe(mayAct);
  const confirmation = await page.goto(`${opened.origin}/tokens/token-02/rotate`);
  expect(confirmation?.status()).toBe(mayAct ? 200 : 403);
  expect(await page.locator('main form').count()).toBe(mayAct ? 1 : 0);
  await page.context().close();
});

it('tells whoever is in no group, and has no token, what to do', async () => {
  const page = await comeAs('nobody');

  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('There is nothing for you here');
  expect(await page.locator('main').textContent()).toContain('Ask an admin for a group');
  expect(await cookiesOf(page)).toEqual([]);
  await page.context().close();
});

it('is left by the keyboard alone, and is then closed', async () => {
  const page = await comeAs('vera');
  await page.getByRole('button', { name: 'Sign out' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${opened.origin}/signed-out`);

  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You have signed out');
  expect(await cookiesOf(page)).toEqual([]);
  const answer = await page.request.get(`${opened.origin}/`, { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  await page.context().close();
});

it('does nothing with a form of a session that is over, and says so', async () => {
  const page = await comeAs('otto', '/tokens/token-05/rotate');
  moved += (idleMinutes + 1) * 60_000;

  await page.locator('main form button').click();
  await page.waitForLoadState();

  expect(await page.locator('main').textContent()).toContain('What you asked for was not done');
  expect(await faultsOf(page)).toEqual([]);
  await page.context().close();
});

it.each([
  ['light', 1280],
  ['dark', 360],
] as const)(
  'has no page, in the %s on %i pixels, that axe finds fault with or that has to be moved sideways',
  async (colorScheme, width) => {
    const options = { colorScheme, viewport: { width, height: 740 } };
    const looks: readonly (readonly [string, string])[] = [
      ['vera', '/'],
      ['vera', '/tokens/token-02'],
      ['vera', '/tokens/token-02/rotate'],
      ['tomas', '/tokens/token-02'],
      ['nobody', '/'],
      ['nobody', '/signed-in'],
      ['nobody', '/signed-out'],
    ];
    for (const [sub, path] of looks) {
      const page = await comeAs(sub, path, options);
      expect(await faultsOf(page), `${sub} ${path}`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${sub} ${path}`).toBeLessThanOrEqual(width);
      await page.context().close();
    }
  },
);

it('has called nobody but the issuer in all of this, and met no refusal of a policy', () => {
  expect(troubles).toEqual([]);
});
