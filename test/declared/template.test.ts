// Whatever a value holds, it stays where the catalog put it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fill, fillAddress, fillTree } from '../../lib/declared/template.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { admit } from '../../lib/http/addresses.ts';

const allowed = { who: 'http', api: 'https://api.test/v1', hosts: ['https://api.test/v1'], loopback: undefined };
const awkward = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('.', '/', '\\', '?', '#', '%', '2', 'e', 'f', '@', ':', '{', '}', ' ', '\n', ';', 'a') }),
);

it('an address is that of the catalog with one segment filled in, or is not called', () => {
  fc.assert(
    fc.property(awkward, (value) => {
      let href: string;
      try {
        href = admit(allowed, { method: 'DELETE', path: fillAddress('/keys/{{ref}}/end', { ref: value }) }).address.href;
      } catch {
        return; // refused, or half a character that cannot be encoded
      }
      const { origin, pathname, search, hash } = new URL(href);
      const [, v1, keys, segment = '', end, ...more] = pathname.split('/');
      expect({ origin, v1, keys, end, more, search, hash }).toEqual({
        origin: 'https://api.test',
        v1: 'v1',
        keys: 'keys',
        end: 'end',
        more: [],
        search: '',
        hash: '',
      });
      expect(decodeURIComponent(segment)).toBe(value);
    }),
  );
});

it('a body has the shape of the catalog, and the value as one text in it', () => {
  fc.assert(
    fc.property(awkward, (value) => {
      const tree = { plain: '{{name}}', within: ['a {{name}} b'], fixed: { yes: true, none: null, count: 3 } };

      const filled: unknown = JSON.parse(JSON.stringify(fillTree(tree, { name: value })));

      expect(filled).toEqual({ ...tree, plain: value, within: [`a ${value} b`] });
    }),
  );
});

it('is secret as soon as anything in it is, and is missing as soon as anything in it is', () => {
  const values = { key: new Secret('canary-key'), name: 'a' };

  expect(fill('Bearer {{key}}', values)).toBeInstanceOf(Secret);
  expect(String(fill('{{name}} {{key}}', values))).not.toContain('canary');
  expect(fill('{{ name }}-{{name}}', values)).toBe('a-a');
  expect(fill('{{name}} {{lock}}', values)).toBeUndefined();
  expect(() => fillAddress('/keys/{{key}}', values)).toThrow(/does not fit/);
});
