// Goal: people see how their tokens are and act on them by pages, nobody else gets in, and nothing that is written anywhere does anything there.
// Method: the app on its own port, asked over HTTP as a browser asks, with labels and records in memory. test/cli/tokens.test.ts acts on real ones.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokensPage } from '../../lib/console/overviews.ts';
import { createSeals } from '../../lib/console/seals.ts';
import { type ServedConsole, serveConsole } from '../../lib/console/serve.ts';
import { configurationOf } from '../../lib/engine/configuration.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import type { Alert } from '../../lib/engine/records.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { at, canary, hostile, installationOf, ledger, sixtyTokens, started, versions } from './sixty-tokens.ts';

let served: ServedConsole;
let cookie = '';
let origin = '';

beforeAll(async () => {
  versions.set('one', ['AWSCURRENT', 'keyturn/npm-registry/ref-one', `keyturn-hold/1760000000/${'because'}`]);
  versions.set('zero', ['AWSPREVIOUS', 'keyturn/npm-registry/ref-zero']);
  served = await serveConsole({ installation: installationOf(await sixtyTokens()), registry, who: 'ada' });
  origin = new URL(served.url).origin;
  const opened = await fetch(served.url, { redirect: 'manual' });
  cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
});
afterAll(() => served.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}${path}`, { headers: { cookie, ...headers }, redirect: 'manual' });
const text = async (path: string) => (await get(path)).text();
const sealOf = async (path: string) => /name="seal" value="([^"]+)"/.exec(await text(path))?.[1] ?? '';
const post = async (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) => {
  const form = await get(path);
  // So says the Fetch standard of a form on a page with this policy, and so browsers do.
  const told = form.headers.get('referrer-policy') === 'no-referrer' ? 'null' : origin;
  const seal = /name="seal" value="([^"]+)"/.exec(await form.text())?.[1] ?? '';
  return fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { cookie, origin: told, ...headers },
    body: new URLSearchParams({ seal, ...fields }),
    redirect: 'manual',
  });
};
const pages = [
  '/',
  '/tasks',
  '/calendar',
  '/people',
  '/providers',
  '/tokens/token-01',
  '/tokens/token-02',
  '/tokens/token-02/hold',
];

describe('who gets in', () => {
  it.each([...pages, '/tokens/token-02/rotate'])('is nobody without the key: %s', async (path) => {
    const answers = await Promise.all([
      fetch(`${origin}${path}`),
      fetch(`${origin}${path}`, { headers: { cookie: `${cookie}x` } }),
    ]);

    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('token-0');
    }
  });

  it('is nobody with another key', async () => {
    expect((await fetch(`${origin}/open/another`, { redirect: 'manual' })).headers.get('set-cookie')).toBeNull();
  });

  it('is nobody by another name of this address', async () => {
    const answer = await new Promise<number | undefined>((resolve) => {
      void import('node:http').then(({ get: ask }) =>
        ask(origin, { headers: { host: 'evil.example.com', cookie } }, ({ statusCode }) => resolve(statusCode)),
      );
    });

    expect(answer).toBe(421);
  });
});

describe('every page', () => {
  it.each(pages)('holds no markup of the catalog, nothing inline, and nothing from elsewhere: %s', async (path) => {
    const answer = await get(path);
    const page = await answer.text();

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(page).not.toMatch(/<script>|<img|\u202e|style=/i);
    for (const [, target] of page.matchAll(/(?:href|src|action)="([^"]*)"/g)) expect(target).toMatch(/^[/#]/);
    expect(page).not.toContain(canary);
    expect(page).toMatch(/<html lang="en">[\s\S]*<h1>/);
  });
});

describe('all tokens', () => {
  it('stand in pages, those first that need a person', async () => {
    const first = await text('/');

    expect(first.match(/class="card"/g)).toHaveLength(50);
    expect(first).toMatch(/60 tokens; 1 needs a person/);
    expect(/href="\/tokens\/([^"]+)"/.exec(first)?.[1]).toBe('token-40');
    expect((await text('/?page=2')).match(/class="card"/g)).toHaveLength(10);
  });

  it('are searched and filtered', async () => {
    expect((await text('/?q=door+17')).match(/class="card"/g)).toHaveLength(1);
    expect((await text('/?owner=tomas-okafor')).match(/class="card"/g)).toHaveLength(3);
    expect((await text('/?state=held')).match(/href="\/tokens\/[^"]+"/g)).toEqual(['href="/tokens/token-02"']);
    expect(await text('/?q=nothing-of-this-kind')).toContain('0 tokens');
  });
});

describe('what was last proven', () => {
  it('is on the list, with what was changed since, and can be filtered by', async () => {
    const { entries } = await sixtyTokens();
    const prove = async (name: string, changes: Partial<Record<string, string>> = {}) => {
      const token = entries.find((entry) => entry.token.name === name)?.token;
      if (token === undefined) throw new Error('there is such a token');
      const configuration = { ...configurationOf(token), ...changes } as Record<string, string>;
      const proof = { id: `proof of ${name}`, at: at - 86_400_000, what: 'token.rotated', message: 'm', configuration } as const;
      await ledger.record({ ...proof, token: name, secretArn: 'arn' });
    };
    await prove('token-03');
    await prove('token-04', { authority: 'another' });
    const cards = (page: string) => [...page.matchAll(/<li class="card">[\s\S]*?<\/li>/g)].map(([card]) => card);

    const [asItIs, changed, never] = [
      cards(await text('/?proof=proven')),
      cards(await text('/?proof=changed')),
      cards(await text('/?proof=never&q=token-05')),
    ];

    expect(asItIs).toHaveLength(1);
    expect(asItIs[0]).toMatch(/token-03[\s\S]*proven <span class="whole">2026-11-24/);
    expect(asItIs[0]).not.toContain('Changed');
    expect(changed).toHaveLength(1);
    expect(changed[0]).toMatch(/token-04[\s\S]*Changed since it was last proven: what makes new ones\./);
    expect(never).toHaveLength(1);
    expect(never[0]).toContain('not proven yet');
  });
});

it('says of no token that it is not proven where the record does not answer', async () => {
  const whole = installationOf(await sixtyTokens());
  const proofs = async () => {
    throw new RotationError('unavailable', 'the table did not answer', { fix: 'Nothing to do.' });
  };

  const page = String(await tokensPage({ ...whole, ledger: { ...ledger, proofs } }, registry, {}));

  expect(page.match(/class="card"/g)).toHaveLength(50);
  expect(page.replace(/<form[\s\S]*?<\/form>/, '')).not.toContain('proven');
});

describe('one token', () => {
  it('says what it waits for, what may be done, and what to do by hand', async () => {
    const page = await text('/tokens/token-02');

    expect(page).toMatch(/One waits for .*\(version zero\)/);
    expect(page).toContain('href="/tokens/token-02/release"');
    expect(page).not.toContain('href="/tokens/token-02/hold"');
    expect(page).toContain('Make a new one by hand');
  });

  it('that is not there is said so', async () => {
    expect((await get('/tokens/no-such-token')).status).toBe(404);
  });
});

describe('what people do', () => {
  it('is confirmed, written down with who did it, and done', async () => {
    const released = await post('/tokens/token-02/release');
    const held = await post('/tokens/token-02/hold', { why: 'the audit' });
    const rotated = await post('/tokens/token-03/rotate');
    const paused = await post('/tokens/token-03/pause', { why: 'their API is down' });

    expect([released, held, rotated, paused].map(({ status }) => status)).toEqual([303, 303, 303, 303]);
    expect(released.headers.get('location')).toBe('/tokens/token-02?done=release');
    expect((await ledger.happened('token-02', 9)).map(({ what, by, message }) => [what, by, message])).toEqual([
      ['person.acted', 'ada', 'token-02: ada put it on hold (the audit)'],
      ['person.acted', 'ada', 'token-02: ada released it'],
    ]);
    expect([...versions.values()].flat().filter((label) => label.startsWith('keyturn-hold/'))).toHaveLength(1);
    expect(started).toHaveLength(1);
    expect(await ledger.pauses()).toMatchObject([{ of: 'token:token-03', by: 'ada', why: 'their API is down' }]);
    expect(await text('/tokens/token-03')).toContain('href="/tokens/token-03/resume"');
  });

  it('acknowledges what is open', async () => {
    const alert: Alert = {
      id: 'parked/token-40',
      code: 'parked',
      token: 'token-40',
      urgency: 'now',
      message: `token-40 could not be renewed ${hostile}`,
      next: 'It is tried again.',
      fix: 'Look at it.',
      openedAt: at,
      seenAt: at,
      revision: 1,
    };
    await ledger.saveAlert(alert, undefined);

    expect(await text('/tasks?person=maya-lindqvist')).toContain('1 open');
    expect(await text('/tasks')).not.toContain('<img');
    expect((await post('/tokens/token-40/acknowledge')).status).toBe(303);
    expect((await ledger.alerts())[0]?.acknowledged?.by).toBe('ada');
    expect(await text('/tasks')).toContain('ada looks after it');
  });

  it('that is refused is told with what to do, and nothing has happened', async () => {
    const answer = await post('/tokens/token-02/rollback');

    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('it is refused');
    expect(versions.get('one')).toContain('AWSCURRENT');
  });

  it('rehearses what a program can rehearse: what stands against it is told, and so is how the last one ended', async () => {
    const failed = {
      id: 'drill',
      at,
      token: 'token-08',
      secretArn: 'arn',
      message: 'token-08: it failed at ending',
      fix: 'End it.',
    };
    await ledger.recordAction('npm-registry', { ...failed, what: 'drill.failed' });

    const before = await text('/tokens/token-08');
    const answer = await post('/tokens/token-08/drill');
    await ledger.recordAction('npm-registry', { ...failed, id: 'renewed', at: at + 1, what: 'token.rotated' });
    const after = await text('/tokens/token-08');

    expect(before).toContain('href="/tokens/token-08/drill"');
    expect(before).toContain('token-08: it failed at ending</strong></p><p>End it.');
    expect(before).toContain('nothing on record shows yet');
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('it is refused');
    expect(after).not.toContain('it failed at ending</strong>');
    expect(after).toMatch(/Last proven: [^<]*, by a renewal/);
  });

  it('waits some seconds for what stands against a rehearsal, and goes on without what takes longer', async () => {
    const waits: number[] = [];
    let isAsked = false;
    let fail = (_: Error) => {};
    const installation: Installation = {
      ...installationOf(await sixtyTokens()),
      clock: {
        now: () => at,
        sleep: async (milliseconds) => {
          waits.push(milliseconds);
        },
      },
      ask: async () => {
        isAsked = true;
        // It fails long after the page is there, when nobody listens any more.
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
    };
    const slow = await serveConsole({ installation, registry, who: 'ada' });
    const opened = await fetch(slow.url, { redirect: 'manual' });
    const headers = { cookie: opened.headers.get('set-cookie')?.split(';')[0] ?? '', origin: new URL(slow.url).origin };
    const address = `${headers.origin}/tokens/token-31`;
    const form = await (await fetch(`${address}/drill`, { headers })).text();
    const seal = /name="seal" value="([^"]+)"/.exec(form)?.[1] ?? '';

    const answer = await fetch(`${address}/drill`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ seal }),
      redirect: 'manual',
    });
    const during = await (await fetch(`${address}?done=drill`, { headers })).text();
    fail(new Error('the function was ended'));
    const failed = {
      id: 'slow',
      at: at + 1,
      token: 'token-31',
      secretArn: 'arn',
      message: 'token-31: it failed late',
      fix: 'Look.',
    };
    await ledger.recordAction('npm-registry', { ...failed, what: 'drill.failed' });
    const after = await (await fetch(`${address}?done=drill`, { headers })).text();
    await slow.close();

    expect(isAsked).toBe(true);
    expect(waits).toEqual([4000]);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/tokens/token-31?done=drill']);
    expect(during).toContain('A renewal is being rehearsed');
    expect(during).toContain('src="/live.js"');
    expect(after).toContain('token-31: it failed late</strong>');
    expect(await ledger.happened('token-31', 9)).toMatchObject([{ what: 'drill.failed' }, { what: 'person.acted', by: 'ada' }]);
  });

  it('needs a reason where one was asked for', async () => {
    expect((await post('/tokens/token-05/hold', { why: '  ' })).status).toBe(400);
    expect((await post('/tokens/token-05/hold', { why: 'x'.repeat(61) })).status).toBe(400);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['from a page of somebody else', {}, { origin: 'https://evil.example.com' }],
    ['from a page that has no address', {}, { origin: 'null' }],
    ['without a seal', { seal: '' }, {}],
    ['with a made-up seal', { seal: '9999999999999.c2VhbA' }, {}],
  ])('is refused %s', async (_, fields, headers) => {
    const before = started.length;

    expect((await post('/tokens/token-06/rotate', fields, headers)).status).toBe(403);
    expect(started).toHaveLength(before);
    expect(await ledger.happened('token-06', 9)).toEqual([]);
  });

  it('is refused with the seal of another form', async () => {
    expect((await post('/tokens/token-06/rotate', { seal: await sealOf('/tokens/token-07/rotate') })).status).toBe(403);
  });
});

it('takes a seal for an hour, of one path and one person', () => {
  const seals = createSeals(new Uint8Array(32));
  const seal = seals.seal('/a', 'ada', at);

  expect(seals.isSealed(seal, '/a', 'ada', at + 3_600_000)).toBe(true);
  expect(seals.isSealed(seal, '/a', 'ada', at + 3_600_001)).toBe(false);
  expect(seals.isSealed(seal, '/b', 'ada', at)).toBe(false);
  expect(seals.isSealed(seal, '/a', 'grace', at)).toBe(false);
  expect(createSeals(new Uint8Array(32).fill(1)).isSealed(seal, '/a', 'ada', at)).toBe(false);
});
