import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asRotationError } from '../../lib/engine/errors.ts';
import { ourLabel, readOurLabel, refDigest } from '../../lib/engine/labels.ts';
import { attemptHash, readMark, secretHash, writeMark } from '../../lib/engine/mark.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { decodeStored, encodeStored, setJsonField, type ValueLayout } from '../../lib/engine/stored-value.ts';

it('never prints a Secret, however it is shown', () => {
  const secret = new Secret('canary-value');
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: [secret] }),
    inspect(secret, { showHidden: true }),
  ];

  for (const text of shown) {
    expect(text).not.toContain('canary');
    expect(text).toMatch(/\[secret [0-9a-f]{8}\]/);
  }
  expect(() => JSON.stringify(structuredClone(secret))).not.toThrow(/canary/);
});

it('drops the message of a foreign error, which Node fills with values', () => {
  const leak = () => JSON.parse('canary-raw-token');
  let caught: unknown;
  try {
    leak();
  } catch (error) {
    caught = error;
  }

  const wrapped = asRotationError(caught, 'createSecret');

  expect(wrapped).toMatchObject({ code: 'internal', message: 'keyturn: SyntaxError in createSecret' });
  expect(inspect(wrapped)).not.toContain('canary');
  expect(wrapped.stack).toContain('memory.test.ts');
});

it('writes any ref into a label that AWS takes, and reads it back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }), (ref) => {
      fc.pre(!/[\ud800-\udfff]/u.test(ref)); // no half of a pair
      const label = ourLabel('lantern', ref, false);
      expect(label).toMatch(/^[A-Za-z0-9/_.:=@+-]{1,256}$/);
      expect(readOurLabel(['AWSPENDING', label])).toEqual({ provider: 'lantern', ref, isDigest: false });
    }),
  );
});

it('writes of a secret ref only the digest', () => {
  const label = ourLabel('lantern', 'canary-secret-ref', true);

  expect(label).not.toContain('canary');
  expect(readOurLabel([label])).toEqual({ provider: 'lantern', ref: refDigest('canary-secret-ref'), isDigest: true });
});

it('makes marks that tell secret, attempt and age, and fit where the token name does not', () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const mark = { secretArn: 'arn:a', clientRequestToken: 'token-1', now: at, random: Uint8Array.of(1, 2, 3, 4) };
  const long = writeMark(mark, { maximumCharacters: 64, tokenName: 'npm-publish' });
  const short = writeMark(mark, { maximumCharacters: 43, tokenName: 'npm-publish' });

  expect(long).toBe(`npm-publish ${short}`);
  expect(short).toHaveLength(43);
  for (const text of [long, short]) {
    expect(readMark(text)).toEqual({ secret: secretHash('arn:a'), attempt: attemptHash('token-1'), mintedAt: at });
  }
  expect(readMark('kt.somebody.elses')).toBeUndefined();
  expect(readMark(undefined)).toBeUndefined();
});

const layout: ValueLayout = { format: 'json', fields: { value: 'TOKEN', id: 'TOKEN_ID' } };
const credential = { value: new Secret('canary-1'), parts: { id: new Secret('key-1') } };

it('carries the fields that people added along to the letter', () => {
  const before = new Secret('{ "BIG": 12345678901234567890, "__proto__": {"a":1.0}, "TOKEN": "old" }');

  const text = encodeStored(layout, credential, before).reveal();

  expect(text).toContain('"BIG": 12345678901234567890, "__proto__": {"a":1.0}, "TOKEN": "canary-1"');
  expect(text).toContain('"TOKEN_ID": "key-1"');
  expect(decodeStored(layout, new Secret(text)).value.reveal()).toBe('canary-1');
});

const misshapen: readonly [string, string][] = [
  ['no JSON', 'canary-plain'],
  ['an array', '["canary"]'],
  ['a field twice', '{"TOKEN":"canary-1","TOKEN":"canary-2","TOKEN_ID":"x"}'],
  ['an empty field', '{"TOKEN":"","TOKEN_ID":"x"}'],
  ['a number', '{"TOKEN":5,"TOKEN_ID":"x"}'],
  ['a byte order mark', '\ufeff{"TOKEN":"canary","TOKEN_ID":"x"}'],
  ['a comment', '{"TOKEN":"canary","TOKEN_ID":"x"/* canary */}'],
  ['ten thousand levels', `{"TOKEN":"canary","TOKEN_ID":"x","deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ['nothing', ''],
];

it.each(misshapen)('refuses a stored value with %s, and shows nothing of it', (_name, text) => {
  const decode = () => decodeStored(layout, new Secret(text));

  expect(decode).toThrow(expect.objectContaining({ code: 'value-shape', definite: true }));
  expect(decode).not.toThrow(/canary/);
});

it.each([
  [65_535, true],
  [65_536, true],
  [65_537, false],
])('stores %i bytes: %s', (bytes, isTaken) => {
  const store = () => encodeStored({ format: 'text' }, { value: new Secret('x'.repeat(bytes)), parts: {} }, undefined);

  if (isTaken) expect(store().bytes).toBe(bytes);
  else expect(store).toThrow(expect.objectContaining({ code: 'too-large' }));
});

it('sets one field and leaves every other character as it was', () => {
  const before = '{\n  "a": 1.50,\n  "b": "two"\n}';

  expect(setJsonField(new Secret(before), 'b', new Secret('canary')).reveal()).toBe('{\n  "a": 1.50,\n  "b": "canary"\n}');
});
