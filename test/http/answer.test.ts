import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RotationError } from '../../lib/engine/errors.ts';
import { createDoor, everyShapeOf, failureOf } from './setup.ts';

const issued = z.object({ token: z.string() });

type Body = ConstructorParameters<typeof Response>[0];

async function read<T>(body: Body, schema: z.ZodType<T>, headers: Record<string, string> = {}) {
  const { http } = createDoor(new Response(body, { headers }));
  return (await http('POST', '/keys')).json(schema);
}

function malformedBy(read: () => unknown): RotationError {
  try {
    read();
  } catch (error) {
    if (error instanceof RotationError) return error;
  }
  throw new Error('it did not fail');
}

describe('an answer', () => {
  it.each([
    ['as JSON', 'application/json; charset=utf-8'],
    ['as something like JSON', 'application/vnd.api+json'],
    ['as text', 'text/plain'],
    ['as HTML', 'text/html'],
    ['as nonsense', ';;'],
  ])('that is JSON is read, though it is sent %s', async (_how, type) => {
    expect(await read('{"token":"t","more":1}', issued, { 'content-type': type })).toEqual({ token: 't' });
  });

  it('may begin with a byte order mark', async () => {
    expect(await read('\ufeff{"token":"t"}', issued)).toEqual({ token: 't' });
  });

  it.each<[string, Body, string]>([
    ['HTML', '<html>canary-html-00000001</html>', 'an answer that is not JSON'],
    ['a bare token', 'canary-token-00000001', 'an answer that is not JSON'],
    ['half of it', '{"token":"canary-half-000001', 'an answer that is not JSON'],
    ['two of them', '{"token":"t"}{"token":"t"}', 'an answer that is not JSON'],
    ['another encoding', Buffer.from('{"token":"canary-\xe9"}', 'latin1'), 'an answer that is not JSON'],
    ['UTF-16', Buffer.from('\ufeff{"token":"t"}', 'utf16le'), 'an answer that is not JSON'],
    ['still packed', gzipSync('{"token":"t"}'), 'an answer that is not JSON'],
    ['100,000 levels deep', '['.repeat(100_000) + ']'.repeat(100_000), ''],
    ['nothing', '', 'an empty answer'],
    ['null', 'null', 'an answer without a proper `(all of it)`'],
    ['a number', '17', 'an answer without a proper `(all of it)`'],
    ['a list', '[]', 'an answer without a proper `(all of it)`'],
    ['no token', '{"error":"canary-error-0001"}', 'an answer without a proper `token`'],
    ['a token that is none', '{"token":{"canary-key-000001":1}}', 'an answer without a proper `token`'],
  ])('that is %s is `malformed`, and nobody is told what it is', async (_what, body, why) => {
    const { http } = createDoor(new Response(body));
    const answer = await http('POST', '/keys');

    const error = malformedBy(() => answer.json(issued));

    expect(error).toMatchObject({ code: 'malformed', definite: false });
    expect(error.message).toContain(`lantern: POST /keys got ${why}`);
    expect(everyShapeOf(error)).not.toContain('canary');
  });

  it('without a body is an answer, as long as nobody wants JSON of it', async () => {
    const { http } = createDoor(new Response(null, { status: 204 }));

    const answer = await http('DELETE', '/keys/k1');

    expect(answer.status).toBe(204);
    expect(malformedBy(() => answer.json(issued)).message).toBe('lantern: DELETE /keys/… got an empty answer');
  });

  it('may be no text at all, as long as nobody wants JSON of it', async () => {
    const { http } = createDoor(new Response(new Uint8Array([0xff, 0xfe, 0, 0xc0])));

    expect((await http('POST', '/hook')).status).toBe(200);
  });

  it('has no key called __proto__', async () => {
    const body = '{"a":1,"__proto__":{"isAdmin":true},"b":{"__\\u0070roto__":{"isAdmin":true},"constructor":2}}';

    const loose = await read(body, z.looseObject({}));
    const record = await read(body, z.record(z.string(), z.unknown()));
    const any = await read(body, z.any());

    for (const each of [loose, record, any]) {
      expect(JSON.stringify(each)).toBe('{"a":1,"b":{"constructor":2}}');
      expect(Object.assign({}, each)).not.toHaveProperty('isAdmin');
    }
  });

  it.each([
    ['a field in a list', z.object({ items: z.array(issued) }), { items: [{ token: 't' }, { token: 1 }] }, '`items.1.token`'],
    ['what may be missing', z.object({ a: z.optional(z.nullable(issued)) }), { a: {} }, '`a.token`'],
    ['one of several', z.discriminatedUnion('k', [z.object({ k: z.literal('x'), n: z.number() })]), { k: 'x', n: '' }, '`n`'],
    ['what is changed on the way', z.object({ a: z.object({ b: z.string() }) }).transform((each) => each), { a: {} }, '`a.b`'],
    ['a pair', z.tuple([z.string(), issued]), ['', {}], '`1.token`'],
    ['a map', z.object({ map: z.record(z.string(), z.number()) }), { map: { 'canary-key-000001': '' } }, '`map.*`'],
    ['a map of objects', z.record(z.string(), issued), { 'canary-key-000001': { token: 1 } }, '`*.*`'],
    ['what is not foreseen', z.strictObject({ a: z.string() }), { a: '', 'canary-key-000001': 1 }, '`(all of it)`'],
    ['what stands for the rest', z.object({}).catchall(z.number()), { 'canary-key-000001': '' }, '`*`'],
    ['what is called like something that every object has', z.object({}).catchall(z.number()), { constructor: '' }, '`*`'],
    ['something that refers to itself', tree(), { children: [{ children: [1] }] }, '`children.0.children.0`'],
  ])('that does not fit names the field as the schema does: %s', async (_what, schema, body, field) => {
    const { http } = createDoor(new Response(JSON.stringify(body)));
    const answer = await http('GET', '/keys');

    const error = malformedBy(() => answer.json(schema as z.ZodType));

    expect(error.message).toBe(`lantern: GET /keys got an answer without a proper ${field}`);
  });

  it('names five fields at most', async () => {
    const many = z.object(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, z.string()])));
    const { http } = createDoor();
    const answer = await http('GET', '/keys');

    expect(malformedBy(() => answer.json(many)).message).toMatch(/proper `a`, `b`, `c`, `d`, `e`$/);
  });

  it.each([
    ['throws', z.string().transform((text) => JSON.parse(text))],
    ['has to be waited for', z.string().refine(async () => true)],
  ])('is `malformed` for a schema that %s, and what was thrown is dropped', async (_what, schema) => {
    const { http } = createDoor(new Response('"canary-token-00000001"'));
    const answer = await http('GET', '/keys');

    const error = malformedBy(() => answer.json(schema as z.ZodType));

    expect(everyShapeOf(error)).not.toContain('canary');
  });

  it('shows its headers by name, whatever their case, and not its body', async () => {
    const headers = new Headers([
      ['Link', '<https://api.lantern.test/keys?page=2>; rel="next"'],
      ['X-Two', 'a'],
      ['X-Two', 'b'],
    ]);
    const { http } = createDoor(new Response('{"token":"canary-token-00000001"}', { headers }));

    const answer = await http('GET', '/keys');

    expect(answer.header('lInK')).toContain('rel="next"');
    expect(answer.header('x-two')).toBe('a, b');
    expect(answer.header('x-none')).toBeUndefined();
    const shown = inspect(answer, { showHidden: true, depth: 9 }) + JSON.stringify(answer) + String(answer);
    expect(shown).not.toContain('canary');
  });
});

describe('the size of an answer', () => {
  const mebibyte = 1024 * 1024;

  it.each([
    ['1 MiB', mebibyte, undefined],
    ['a byte more', mebibyte + 1, 'malformed'],
  ])('may be 1 MiB: %s', async (_what, bytes, code) => {
    const { http, seen } = createDoor(new Response(`"${'x'.repeat(bytes - 2)}"`));

    const call = http('GET', '/keys');

    if (code === undefined) expect((await call).json(z.string())).toHaveLength(bytes - 2);
    else expect(await failureOf(call)).toMatchObject({ code, definite: false });
    expect(seen).toHaveLength(1);
  });

  it.each([
    [200, 'malformed'],
    [401, 'refused'],
  ])('is not waited for: with %i, a body without end is given up', async (status, code) => {
    let isGivenUp = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => {
        isGivenUp = true;
      },
    });
    const { http } = createDoor([() => new Response(endless, { status })]);

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code });
    expect(isGivenUp).toBe(true);
  });
});

function tree(): z.ZodType {
  const node: z.ZodType = z.object({ children: z.array(z.lazy(() => node)) });
  return node;
}
