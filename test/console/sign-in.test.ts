// Goal: nobody is in the console but whom the issuer knows, each sees and does what is theirs, and it ends when it should.
// Method: the console on a port of its own, and a real issuer of OpenID Connect beside it; browsers are fetch and a jar of cookies.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idleMinutes, longestHours } from '../../lib/console/sessions.ts';
import { checkMinutes } from '../../lib/console/sign-in.ts';
import { createBrowser } from '../issuer/browser.ts';
import type { Issuer } from '../issuer/issuer.ts';
import { ledger, started } from './sixty-tokens.ts';
import { openWithIssuer, type WithIssuer } from './with-issuer.ts';

let moved = 0;
const now = () => Date.now() + moved;
const later = (minutes: number) => {
  moved += minutes * 60_000;
};
let opened: WithIssuer;
let origin = '';
let issuer: Issuer;

beforeAll(async () => {
  opened = await openWithIssuer(now);
  ({ origin, issuer } = opened);
});
afterAll(() => opened?.close());

const alert = {
  code: 'expires',
  urgency: 'soon',
  message: 'it expires',
  next: 'Nothing.',
  fix: 'Renew it.',
  openedAt: 1,
  seenAt: 1,
  revision: 1,
} as const;

async function signIn(sub: string, path = '/') {
  await issuer.signsIn(sub);
  const browser = createBrowser(origin);
  const { answer, url } = await browser.follow(`${origin}${path}`);
  return { ...browser, answer, url };
}

describe('signing in', () => {
  it('leads by the issuer back to the page that was asked for, and leaves one cookie that nobody else sees', async () => {
    const browser = createBrowser(origin);
    const first = await browser.get('/tokens/token-07?done=hold');
    await issuer.signsIn('vera');
    const begun = await browser.get(first.headers.get('location') ?? '');
    const address = new URL(begun.headers.get('location') ?? '');

    expect(first.status).toBe(303);
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${origin}/signed-in`,
      state: expect.stringMatching(/.{40}/),
      nonce: expect.stringMatching(/.{40}/),
    });
    const { url, answer } = await browser.follow(address.href);
    expect([url, answer.status]).toEqual([`${origin}/tokens/token-07?done=hold`, 200]);
    expect([...browser.jar().keys()]).toEqual(['__Host-keyturn']);
    expect(await answer.text()).toContain('You are vera@example.com');
  });

  it('sets cookies of this host alone, which no script reads', async () => {
    await issuer.signsIn('vera');
    const browser = createBrowser(origin);
    const begun = await browser.get('/sign-in');
    const { url } = await browser.follow(begun.headers.get('location') ?? '', '/signed-in');
    const ended = await browser.load(url);

    const cookies = [...begun.headers.getSetCookie(), ...ended.headers.getSetCookie()];
    expect(cookies).toHaveLength(3);
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
  });

  it.each(['https://evil.example.com/', '//evil.example.com/', '/\\evil.example.com/', '/\u0009/evil.example.com'])(
    'never leads to anybody else: %j',
    async (to) => {
      const { url } = await signIn('vera', `/sign-in?${new URLSearchParams({ to })}`);

      expect(new URL(url).origin).toBe(origin);
      expect(new URL(url).pathname).toBe('/');
    },
  );

  it.each<[string, (cookie: Record<string, string>, url: URL) => void]>([
    ['a state of somebody else', (_, url) => url.searchParams.set('state', 'x'.repeat(43))],
    ['a nonce of somebody else', (cookie) => Object.assign(cookie, { nonce: 'x'.repeat(43) })],
    ['a verifier of somebody else', (cookie) => Object.assign(cookie, { verifier: 'x'.repeat(43) })],
    ['a code that was never given', (_, url) => url.searchParams.set('code', 'x'.repeat(43))],
    ['a refusal', (_, url) => url.searchParams.set('error', 'access_denied')],
  ])('is refused with %s', async (_, spoil) => {
    await issuer.signsIn('alma');
    const browser = createBrowser(origin);
    const { url } = await browser.follow(`${origin}/sign-in`, '/signed-in');
    const attempt = JSON.parse(Buffer.from(browser.jar().get('__Host-keyturn-sign-in') ?? '', 'base64url').toString('utf8'));
    const address = new URL(url);
    spoil(attempt, address);
    browser.jar().set('__Host-keyturn-sign-in', Buffer.from(JSON.stringify(attempt)).toString('base64url'));

    const answer = await browser.load(address.href);

    expect(answer.status).toBe(401);
    expect(browser.jar().size).toBe(0);
  });

  it('is refused in a browser that has not begun it, and a second time', async () => {
    await issuer.signsIn('alma');
    const [browser, other] = [createBrowser(origin), createBrowser(origin)];
    const { url } = await browser.follow(`${origin}/sign-in`, '/signed-in');
    const attempt = browser.jar().get('__Host-keyturn-sign-in') ?? '';

    expect((await other.load(url)).status).toBe(401);
    expect((await browser.load(url)).status).toBe(303);
    browser.jar().set('__Host-keyturn-sign-in', attempt);
    expect((await browser.load(url)).status).toBe(401);
  });
});

describe('who has no part in it', () => {
  it.each([
    ['is in other groups, or in one whose name only begins alike', 'nobody'],
    ['has groups in one text', 'joined'],
    ['says an address that nobody has verified', 'thief'],
    ['has left', 'nora'],
  ])('%s', async (_, sub) => {
    const { answer, jar, get } = await signIn(sub);

    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('token-0');
    expect(jar().size).toBe(0);
    expect((await get('/tokens/token-01')).status).toBe(303);
  });
});

describe('a viewer', () => {
  it('sees everything, is offered nothing, and is refused when they post all the same', async () => {
    const viewer = await signIn('vera');
    const before = started.length;

    expect(await viewer.text('/')).toContain('60 tokens');
    expect(await viewer.text('/tokens/token-05')).not.toContain('class="button');
    expect((await viewer.get('/tokens/token-05/rotate')).status).toBe(403);
    const signOut = await viewer.seal('/', '/sign-out');
    expect(signOut).not.toBe('');
    expect((await viewer.send('/tokens/token-05/rotate', { seal: signOut })).status).toBe(403);
    expect(started).toHaveLength(before);
    expect(await ledger.happened('token-05', 9)).toEqual([]);
  });

  it('cannot use the form of an operator', async () => {
    const [viewer, operator] = [await signIn('vera'), await signIn('otto')];
    const seal = await operator.seal('/tokens/token-05/rotate');

    expect(seal).not.toBe('');
    expect((await viewer.send('/tokens/token-05/rotate', { seal })).status).toBe(403);
    expect(await ledger.happened('token-05', 9)).toEqual([]);
  });
});

describe('an owner', () => {
  it('sees their own tokens, as if there were no others', async () => {
    await ledger.saveAlert({ ...alert, id: 'expires/token-20', token: 'token-20' }, undefined);
    await ledger.saveAlert({ ...alert, id: 'expires/token-03', token: 'token-03' }, undefined);
    const owner = await signIn('tomas');

    expect(await owner.text('/')).toContain('3 tokens');
    expect((await owner.get('/tokens/token-02')).status).toBe(200);
    expect(await owner.text('/tasks')).toContain('1 open');
    for (const path of ['/', '/?q=token', '/tasks?person=', '/calendar', '/people', '/providers', '/tokens/token-02'])
      expect(await owner.text(path), path).not.toMatch(/token-(20|04)|Nora/);
    for (const path of ['/tokens/token-20', '/tokens/token-20/rotate', '/tokens/token-2o']) {
      const answer = await owner.get(path);
      expect(answer.status).toBe(404);
      expect((await answer.text()).replace(/token-2./g, '')).toContain('there is no token of this name among yours');
    }
    expect((await owner.send('/tokens/token-20/rotate', { seal: await owner.seal('/tokens/token-02/hold') })).status).toBe(403);
    expect(await ledger.happened('token-20', 9)).toEqual([]);
  });

  it('sees what is theirs as a backup too', async () => {
    const backup = await signIn('grit');

    expect(await backup.text('/')).toContain('1 token;');
    expect((await backup.get('/tokens/token-30/hold')).status).toBe(200);
  });

  it('does what they like with them, in their own name', async () => {
    const owner = await signIn('tomas');

    expect((await owner.post('/tokens/token-03/pause', { why: 'holidays' })).status).toBe(303);
    expect(await ledger.happened('token-03', 9)).toMatchObject([{ what: 'person.acted', by: 'tomas.okafor@example.com' }]);
  });
});

describe('an operator', () => {
  it('acts on every token, and leaves what somebody wanted kept to its owner or an admin', async () => {
    const [operator, admin] = [await signIn('otto'), await signIn('alma')];

    expect((await operator.post('/tokens/token-09/rotate')).status).toBe(303);
    expect(await ledger.happened('token-09', 9)).toMatchObject([{ by: 'otto@example.com', message: expect.any(String) }]);
    expect(await operator.text('/tokens/token-02')).not.toContain('/tokens/token-02/release');
    expect((await operator.get('/tokens/token-02/release')).status).toBe(403);
    expect((await operator.get('/tokens/token-40/release')).status).toBe(200);
    expect(await admin.text('/tokens/token-02')).toContain('/tokens/token-02/release');
    expect((await admin.post('/tokens/token-02/release')).status).toBe(303);
  });
});

describe('a session', () => {
  it('ends when nobody uses it', async () => {
    const { get } = await signIn('vera');
    later(idleMinutes - 1);
    expect((await get('/')).status).toBe(200);
    later(idleMinutes - 1);
    expect((await get('/')).status).toBe(200);

    later(idleMinutes + 1);

    expect((await get('/')).status).toBe(303);
  });

  it('ends after a day, however much it is used', async () => {
    const { get } = await signIn('vera');
    for (let minutes = 0; minutes < longestHours * 60 - 25; minutes += 25) {
      later(25);
      expect((await get('/')).status).toBe(200);
    }

    later(26);

    expect((await get('/')).status).toBe(303);
  });

  it('ends with signing out, in every browser that has its cookie', async () => {
    const browser = await signIn('vera');
    const stolen = createBrowser(origin);
    stolen.jar().set('__Host-keyturn', browser.jar().get('__Host-keyturn') ?? '');
    expect((await stolen.get('/')).status).toBe(200);

    const out = await browser.send('/sign-out', { seal: await browser.seal('/', '/sign-out') });

    expect(out.headers.get('location')).toBe('/signed-out');
    expect(browser.jar().size).toBe(0);
    expect((await stolen.get('/')).status).toBe(303);
    expect(await browser.text('/signed-out')).toContain('sign out there too');
  });

  it('is not ended by a page of somebody else', async () => {
    const browser = await signIn('vera');

    expect((await browser.send('/sign-out', { seal: '' })).status).toBe(403);
    expect((await browser.get('/')).status).toBe(200);
  });

  it('ends soon after somebody was removed at the issuer, and not because it does not answer', async () => {
    const browser = await signIn('rita');
    const form = await browser.seal('/tokens/token-11/rotate');
    await issuer.beSilent(true);
    later(checkMinutes + 1);
    expect((await browser.get('/')).status).toBe(200);

    await issuer.beSilent(false);
    await issuer.remove('rita');
    later(checkMinutes + 1);

    expect((await browser.send('/tokens/token-11/rotate', { seal: form })).status).toBe(401);
    expect(await ledger.happened('token-11', 9)).toEqual([]);
    expect((await browser.get('/')).status).toBe(303);
  });

  it('changes with the groups of its person', async () => {
    await issuer.put({ sub: 'otto', email: 'otto@example.com', email_verified: true, groups: ['keyturn-viewer'] });
    const browser = await signIn('alma');
    await issuer.put({ sub: 'alma', email: 'alma@example.com', email_verified: true, groups: ['keyturn-viewer'] });
    expect((await browser.get('/tokens/token-12/rotate')).status).toBe(200);

    later(checkMinutes + 1);

    expect((await browser.get('/tokens/token-12/rotate')).status).toBe(403);
    expect((await browser.get('/')).status).toBe(200);
  });

  it('takes a form for an hour', async () => {
    await issuer.put({ sub: 'otto', email: 'otto@example.com', email_verified: true, groups: ['keyturn-operator'] });
    const browser = await signIn('otto');
    const form = await browser.seal('/tokens/token-13/rotate');
    for (const minutes of [20, 20, 21]) {
      later(minutes);
      expect((await browser.get('/')).status).toBe(200);
    }

    expect((await browser.send('/tokens/token-13/rotate', { seal: form })).status).toBe(403);
    expect(await ledger.happened('token-13', 9)).toEqual([]);
  });

  it('is of no use to whoever reads where it lies', async () => {
    const { jar } = await signIn('vera');
    const texts = readdirSync(opened.folder, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => readFileSync(join(each.parentPath, each.name), 'utf8'));

    expect(texts.length).toBeGreaterThan(3);
    for (const text of texts) {
      expect(text).not.toContain(jar().get('__Host-keyturn'));
      expect(text).not.toMatch(/vera|example\.com|accessToken/);
    }
  });
});
