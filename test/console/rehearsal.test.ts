// Goal: a renewal that only people can make is rehearsed by the two who would have to make it, each for themselves, and by nobody else.
// Method: the console over the embedded Secrets Manager, asked as a browser asks, by one visitor after the other.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createConsole } from '../../lib/console/app.ts';
import type { Visitor } from '../../lib/console/guard.ts';
import { createSeals } from '../../lib/console/seals.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { type Assisted, openAssisted, simple } from '../assisted.ts';

const origin = 'http://127.0.0.1:1';
const seals = createSeals(new Uint8Array(32));
const ada: Visitor = { who: 'ada@example.com', personId: 'ada-lovelace', seals, isSignedIn: true };
const grace: Visitor = { who: 'grace@example.com', personId: 'grace-hopper', role: 'viewer', seals, isSignedIn: true };
const admin: Visitor = { who: 'root@example.com', role: 'admin', seals, isSignedIn: true };
const viewer: Visitor = { who: 'vic@example.com', role: 'viewer', seals, isSignedIn: true };
const atTheMachine: Visitor = { who: 'somebody', role: 'admin', seals, isSignedIn: false };
const path = `/tokens/${simple}/drill`;

let assisted: Assisted;
beforeAll(async () => {
  assisted = await openAssisted();
}, 60_000);
afterAll(() => assisted?.close());

async function ask(visitor: Visitor, address: string, init?: RequestInit) {
  const app = createConsole({
    installation: assisted.installation,
    registry,
    origin,
    entrance: { identify: async () => visitor, answer: async () => undefined, howToGetIn: '' },
  });
  const answer = await app.fetch(new Request(`${origin}${address}`, init));
  return { status: answer.status, location: answer.headers.get('location'), page: await answer.text() };
}

/** Ticks every line of the page but so many, and signs. */
async function sign(visitor: Visitor, person: string, { leftOut = 0, from = origin } = {}) {
  const { page } = await ask(atTheMachine, path);
  const lines = [...page.matchAll(/name="(line-\d+)"/g)].map(([, name = '']) => [name, 'yes'] as const);
  const ticked = Object.fromEntries(lines.slice(leftOut));
  const seal = seals.seal(path, visitor.who, assisted.installation.clock.now());
  return ask(visitor, path, {
    method: 'POST',
    headers: { origin: from },
    body: new URLSearchParams({ seal, person, ...ticked }),
  });
}
const happened = async (what: string) =>
  (await assisted.installation.ledger.happened(simple, 100)).filter((each) => each.what === what);

it('is a list of all that would have to be true, each to be ticked, and says who has signed', async () => {
  const { page } = await ask(ada, path);

  expect(page).toContain('I can sign in at https://lantern.test/login');
  expect(page).toContain('Create A Key');
  expect(page).toContain('This place still uses it: shop.');
  expect(page.match(/type="checkbox"[^>]* required/g)?.length).toBeGreaterThan(6);
  expect(page).toContain('Signed so far: nobody. Not yet: Ada Lovelace and Grace Hopper.');
  expect((await ask(ada, `/tokens/${simple}`)).page).toContain('Last proven: nothing on record shows yet');
});

it.each<[string, Visitor, readonly string[]]>([
  ['the owner, as themselves', ada, ['ada-lovelace']],
  ['who stands in, as themselves', grace, ['grace-hopper']],
  ['whoever is at the machine, as either', atTheMachine, ['ada-lovelace', 'grace-hopper']],
  ['no admin elsewhere', admin, []],
  ['nobody who only looks', viewer, []],
])('can be signed by %s', async (_, visitor, signers) => {
  const { page, status } = await ask(visitor, path);

  expect(status).toBe(200);
  expect([...page.matchAll(/<option value="([^"]+)"/g)].map(([, id]) => id)).toEqual(signers);
  expect(page.includes('type="checkbox"')).toBe(signers.length > 0);
});

it.each<[string, () => ReturnType<typeof sign>, number, string]>([
  ['a line is not ticked', () => sign(ada, 'ada-lovelace', { leftOut: 1 }), 422, 'Not every line is ticked'],
  ['one signs for the other', () => sign(ada, 'grace-hopper'), 403, 'You cannot sign for them'],
  ['an admin signs for one of them', () => sign(admin, 'ada-lovelace'), 403, 'You cannot sign for them'],
  ['a viewer signs', () => sign(viewer, 'ada-lovelace'), 403, 'You cannot sign for them'],
  [
    'it comes from a page of somebody else',
    () => sign(ada, 'ada-lovelace', { from: 'https://evil.example.com' }),
    403,
    'not one of ours',
  ],
])('is not signed where %s', async (_, act, status, says) => {
  const answer = await act();

  expect(answer.status).toBe(status);
  expect(answer.page).toContain(says);
  expect(await happened('drill.signed')).toEqual([]);
});

it('is over when both have signed, and proves the token', async () => {
  const first = await sign(ada, 'ada-lovelace');
  const between = await ask(grace, path);
  const second = await sign(grace, 'grace-hopper');
  const { page } = await ask(ada, `/tokens/${simple}?done=rehearsed`);

  expect([first.location, second.location]).toEqual([`/tokens/${simple}?done=signed`, `/tokens/${simple}?done=rehearsed`]);
  expect(between.page).toContain('Signed so far: Ada Lovelace. Not yet: Grace Hopper.');
  expect((await happened('drill.signed')).map(({ by }) => by)).toEqual(['grace-hopper', 'ada-lovelace']);
  expect(await happened('drill.passed')).toHaveLength(1);
  expect((await happened('person.acted')).map(({ by }) => by)).toEqual([grace.who, ada.who]);
  expect(page).toMatch(/Both have signed[\s\S]*Last proven: 2\d{3}-[^<]*, by a rehearsal/);
});
