// Goal: what a person pastes is taken if it is the token that is asked for, and is otherwise refused with a clear word, with nothing changed and
// nothing of it left behind anywhere.
// Method: the console over the embedded Secrets Manager and the real functions, asked as a browser asks; stand-ins for the providers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsole } from '../../lib/console/app.ts';
import type { Visitor } from '../../lib/console/guard.ts';
import { createSeals } from '../../lib/console/seals.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { type Assisted, openAssisted, parted, simple } from '../assisted.ts';

const origin = 'http://127.0.0.1:1';
const ada: Visitor = {
  who: 'ada@example.com',
  personId: 'ada-lovelace',
  seals: createSeals(new Uint8Array(32)),
  isSignedIn: false,
};
const viewer: Visitor = { who: 'vic@example.com', role: 'viewer', seals: ada.seals, isSignedIn: false };
const stranger: Visitor = { who: 'sam@example.com', personId: 'sam', seals: ada.seals, isSignedIn: false };
const address = (token: string) => `/tokens/${token}/submit`;

let assisted: Assisted;
/** All that anybody was answered. */
const shown: string[] = [];
/** All that anybody has typed. */
const typedSoFar: string[] = [];
beforeAll(async () => {
  assisted = await openAssisted();
}, 60_000);
afterAll(() => assisted?.close());

interface Answer {
  readonly status: number;
  readonly page: string;
  readonly location: string | null;
}

async function ask(visitor: Visitor, path: string, init?: RequestInit): Promise<Answer> {
  const app = createConsole({
    installation: assisted.installation,
    registry,
    origin,
    entrance: { identify: async () => visitor, answer: async () => undefined, howToGetIn: '' },
  });
  const answer = await app.fetch(new Request(`${origin}${path}`, init));
  const page = await answer.text();
  shown.push(page, JSON.stringify([...answer.headers]));
  return { status: answer.status, page, location: answer.headers.get('location') };
}

/** Types into the fields of the page, and sends it; `more` is what somebody else may have made of it. */
async function give(
  token: string,
  typed: Readonly<Record<string, string>>,
  { visitor = ada, fields = {}, headers = {} }: { visitor?: Visitor; fields?: object; headers?: object } = {},
): Promise<Answer> {
  typedSoFar.push(...Object.values(typed));
  const seal = ada.seals.seal(address(token), visitor.who, assisted.installation.clock.now());
  const parts = Object.fromEntries(Object.entries(typed).map(([part, text]) => [`part-${part}`, text]));
  const body = new URLSearchParams({ seal, ...parts, ...fields });
  return ask(visitor, address(token), { method: 'POST', headers: { origin, ...headers }, body });
}

it('says how one is made, with a field for each part that cannot be read back', async () => {
  const one = await ask(ada, address(simple));
  const two = await ask(ada, address(parted));

  expect(one.page).toContain('Create A Key');
  expect(one.page.match(/<input [^>]*type="password"[^>]*>/g)).toHaveLength(1);
  expect(two.page.match(/<input [^>]*type="password"[^>]*>/g)).toHaveLength(2);
  expect(two.page).toContain('the name that the token was given when it was made');
  expect(two.page.match(/ value="/g)).toHaveLength(1); // the seal
});

describe('what is not taken', () => {
  it.each<[string, () => string | Promise<string>, number, RegExp]>([
    ['nothing', () => '', 422, /The new token of campaigns is missing/],
    ['nothing but spaces', () => ' \t\n ', 422, /is missing/],
    ['a line break in it', () => 'canary-first-half\ncanary-second-half', 422, /a space, a line break or a letter/],
    ['a letter that no token has', () => 'canary-\u{0430}bcdefghijkl', 422, /a space, a line break or a letter/],
    ['the old one', async () => (await assisted.current(simple)) ?? '', 422, /in use, or was before.*Make a new one/],
    ['the token of another provider', () => 'canary-ghp-16C7e42F292c6912E7', 422, /refuses what was submitted.*copied whole/],
    ['one of another data centre', () => `canary-${'0f'.repeat(16)}-us7`, 422, /another data centre/],
    ['a piece of a page', () => '<code>canary-0123456789abcdef</code>', 422, /a piece of a page/],
    ['a text of 50 KB', () => 'canary-'.padEnd(50_000, 'abcdefg'), 422, /longer than any token/],
    ['a text of 100 KB', () => 'canary-'.padEnd(100 * 1024, 'abcdefg'), 400, /longer than any token.*copy the token alone/s],
  ])('is %s', async (_, make, status, says) => {
    const [before, held] = [await assisted.labels(simple), assisted.holds()];
    const value = await make();

    const answer = await give(simple, { value });

    expect(answer.status).toBe(status);
    expect(/role="alert">([\s\S]*?)<h2|role="alert">([\s\S]*)$/.exec(answer.page)?.[0]).toMatch(says);
    expect(await assisted.labels(simple)).toEqual(before);
    expect(assisted.holds()).toBe(held);
  });

  it.each<[string, (label: string) => Record<string, string>, RegExp]>([
    ['one part of two', () => ({}), /the name that the token was given when it was made is missing/],
    ['a part that is of another one', () => ({ label: 'canary-of-nobody' }), /does not tell how it names/],
    ['a hidden character in a part', (label) => ({ label: `${label.slice(0, 5)}\u202e${label.slice(5)}` }), /a hidden character/],
  ])('is %s', async (_, parts, says) => {
    const before = await assisted.labels(parted);
    const made = assisted.atlassian.makeByHand('another');

    const answer = await give(parted, { value: made.value, ...parts(made.parts?.['label'] ?? '') });

    expect(answer.status).toBe(422);
    expect(answer.page).toMatch(says);
    expect(await assisted.labels(parted)).toEqual(before);
  });

  it('is anything while all work on it is stopped', async () => {
    const { ledger, clock } = assisted.installation;
    await ledger.savePause({ of: `token:${simple}`, by: 'grace', why: 'the audit', since: clock.now() });

    const answer = await give(simple, { value: assisted.mailchimp.makeByHand('too early').value });
    await ledger.removePause(`token:${simple}`);

    expect(answer.status).toBe(422);
    expect(answer.page).toContain('paused by grace: the audit');
  });
});

describe('who may not give one', () => {
  it.each<[string, Visitor, number]>([
    ['whoever only looks', viewer, 403],
    ['whoever has nothing to do with it', stranger, 404],
  ])('is %s', async (_, visitor, status) => {
    const before = await assisted.labels(simple);
    const { value } = assisted.mailchimp.makeByHand('of somebody');

    const looked = await ask(visitor, address(simple));
    const given = await give(simple, { value }, { visitor });

    expect([looked.status, given.status]).toEqual([status, status]);
    expect(await assisted.labels(simple)).toEqual(before);
  });

  it.each<[string, () => { fields?: object; headers?: object }]>([
    ['a page of somebody else', () => ({ headers: { origin: 'https://evil.example.com' } })],
    ['a page without a seal', () => ({ fields: { seal: '' } })],
    ['a page with the seal of another token', () => ({ fields: { seal: sealOf(address(parted), ada.who, 0) } })],
    ['a page with the seal of somebody else', () => ({ fields: { seal: sealOf(address(simple), viewer.who, 0) } })],
    ['a page that lay open for more than an hour', () => ({ fields: { seal: sealOf(address(simple), ada.who, -3_600_001) } })],
  ])('is %s', async (_, forged) => {
    const before = await assisted.labels(simple);
    const { value } = assisted.mailchimp.makeByHand('of a forger');

    const answer = await give(simple, { value }, forged());

    expect(answer.status).toBe(403);
    expect(await assisted.labels(simple)).toEqual(before);
  });

  function sealOf(path: string, who: string, laterMilliseconds: number): string {
    return ada.seals.seal(path, who, assisted.installation.clock.now() + laterMilliseconds);
  }
});

describe('what is taken', () => {
  it('is a new one with spaces and line breaks around it, and goes to every place', async () => {
    const { value } = assisted.mailchimp.makeByHand('a new one');

    const answer = await give(simple, { value: `  ${value}\r\n ` });
    await assisted.becomes(simple, value);

    expect(answer).toMatchObject({ status: 303, location: `/tokens/${simple}?done=submit` });
    expect(assisted.holds()).toBe(value);
    expect(Object.values(await assisted.labels(simple)).flat()).not.toContain('keyturn-submitted');
  });

  it('is one of two parts, of which one is a name with a space in it', async () => {
    const made = assisted.atlassian.makeByHand('a new one');
    const label = made.parts?.['label'] ?? '';

    const answer = await give(parted, { value: made.value, label });
    await assisted.becomes(parted, JSON.stringify({ TOKEN: made.value, LABEL: label }));

    expect(label).toContain(' ');
    expect(answer.status).toBe(303);
  });

  it('is written down with who gave it', async () => {
    const happened = await assisted.installation.ledger.happened(simple, 100);

    expect(happened.filter(({ what }) => what === 'token.rotated')).toHaveLength(1);
    expect(new Set(happened.flatMap(({ by }) => by ?? []))).toEqual(new Set([ada.who]));
  });
});

it('leaves nothing that was typed on any page, in any log, event or record', async () => {
  const issued = [...assisted.mailchimp.state.tokens, ...assisted.atlassian.state.tokens].map(({ value }) => value);
  // A name that a person chose is no secret, and an empty field was not typed.
  const secrets = [...typedSoFar, ...issued].map((text) => text.trim()).filter((text) => text.length > 25 && text.length < 1000);
  const written = assisted.written();

  expect(secrets.length).toBeGreaterThan(15);
  expect(shown.length).toBeGreaterThan(40);
  expect(written).toContain('gave a new one');
  for (const text of [...shown, written]) {
    expect(text).not.toContain('canary-');
    expect(findLeaks(text, secrets)).toEqual([]);
  }
});
