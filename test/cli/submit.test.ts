// Goal: `keyturn submit` takes from a pipe what a person made, and says clearly why where it does not; nothing of it is printed or kept.
// Method: the command in a process of its own, over the embedded Secrets Manager and the real functions; stand-ins for the providers.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { type Assisted, openAssisted, parted, simple } from '../assisted.ts';
import { keyturn, type Run } from './cli.ts';

let assisted: Assisted;
const runs: Run[] = [];
const typed: string[] = [];
beforeAll(async () => {
  assisted = await openAssisted();
}, 60_000);
afterAll(() => assisted?.close());

async function submit(token: string, input: string, ...more: readonly string[]): Promise<Run> {
  typed.push(input.trim());
  const run = await keyturn(['submit', token, '--local', assisted.state, ...more], {}, input);
  runs.push(run);
  return run;
}

it('takes a new one, with the line break that a pipe puts behind it, and follows it to every place', async () => {
  const { value } = assisted.mailchimp.makeByHand('a new one');

  const { code, out, err } = await submit(simple, `${value}\n`);

  expect(code, err).toBe(0);
  expect(out).toMatch(/✓ campaigns: it works\.\n[\s\S]*the new token is current/);
  expect(await assisted.current(simple)).toBe(value);
  expect(assisted.holds()).toBe(value);
});

it('takes one of several parts as a JSON object, and answers in JSON', async () => {
  const { value, parts } = assisted.atlassian.makeByHand('a new one');

  const { code, out, err } = await submit(parted, JSON.stringify({ value, ...parts }), '--json');

  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    token: parted,
    outcome: 'begun',
    expiresAt: expect.any(Number),
    rotation: { outcome: 'promoted' },
  });
  expect(await assisted.current(parted)).toBe(JSON.stringify({ TOKEN: value, LABEL: parts?.['label'] }));
});

it.each<[string, string, () => string | Promise<string>, RegExp]>([
  ['nothing', simple, () => '', /is missing.*Nothing was stored/],
  ['two lines', simple, () => 'canary-line-one\ncanary-line-two', /a space, a line break/],
  [
    'the one in use',
    simple,
    async () => (await assisted.current(simple)) ?? '',
    /in use, or was before.*\n.*\n.*Nothing was changed/,
  ],
  ['one of another provider', simple, () => 'canary-ghp-16C7e42F292c6912E7', /refuses what was submitted.*\n.*copied whole/],
  ['a page', simple, () => '<html>canary-0123456789</html>', /a piece of a page/],
  ['100 KB', simple, () => 'canary-'.padEnd(100 * 1024, 'abcdefg'), /longer than any token: 102400 characters/],
  [
    'the value alone of one with two parts',
    parted,
    () => 'canary-without-its-label',
    /pipe a JSON object of texts with value, label/,
  ],
  ['a part that it does not have', parted, () => '{"value":"canary-1","label":"x","colour":"canary-2"}', /no such part: colour/],
])('refuses %s, and changes nothing', async (_, token, make, says) => {
  const [labels, held] = [await assisted.labels(token), assisted.holds()];

  const { code, out, err } = await submit(token, await make());

  expect(code).toBe(1);
  expect(out + err).toMatch(says);
  expect(await assisted.labels(token)).toEqual(labels);
  expect(assisted.holds()).toBe(held);
});

it('has printed and written down nothing of what was piped in', async () => {
  const secrets = typed.flatMap((text) => text.match(/canary-[\w-]{8,1000}/g) ?? []);
  const told = [...runs.map(({ out, err }) => out + err), assisted.written()];

  expect(secrets.length).toBeGreaterThan(7);
  for (const text of told) {
    expect(text).not.toContain('canary-');
    expect(findLeaks(text, secrets)).toEqual([]);
  }
});
