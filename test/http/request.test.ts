import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoor, failureOf } from './setup.ts';

const value = 'canary-3"8\\h€2kd83';
const secret = new Secret(value);
const ascii = new Secret('canary-8h2kd83hd02jd');

async function sent(request: HttpRequest) {
  const { http, seen } = createDoor();
  await http('POST', '/keys', request);
  return { ...seen[0], headers: seen[0]?.headers ?? {}, body: seen[0]?.body ?? '', url: seen[0]?.url };
}

describe('a JSON body', () => {
  it('holds the real value wherever a Secret stands: at the top, in objects, in arrays, behind toJSON', async () => {
    const wrapped = { toJSON: () => secret };
    const json = { a: secret, b: [secret, { c: [[secret]] }], d: wrapped, e: { toJSON: () => ({ f: secret }) } };

    const { body, headers } = await sent({ json });
    const top = await sent({ json: secret });

    expect(JSON.parse(body)).toEqual({ a: value, b: [value, { c: [[value]] }], d: value, e: { f: value } });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(top.body)).toBe(value);
  });

  it.each([
    ['null', null, 'null'],
    ['a number', 0, '0'],
    ['a text', '', '""'],
    ['half of a surrogate pair, for which JSON has an escape', '\ud800', '"\\ud800"'],
    ['a key called __proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    ['a missing field', { a: undefined }, '{}'],
  ])('is sent as it is: %s', async (_what, json, body) => {
    expect((await sent({ json })).body).toBe(body);
  });

  it.each([
    ['goes round in circles', circle(), 'is not JSON'],
    ['holds a number that JSON has not', { [value]: 1n }, 'is not JSON'],
    ['is a function', () => value, 'is not JSON'],
    ['throws', { toJSON: () => JSON.parse(value) }, 'is not JSON'],
    ['has a Secret as a key', { [String(secret)]: 1 }, 'printed into its body'],
    ['holds a Secret that was printed', { key: `token ${secret}` }, 'printed into its body'],
  ])('that %s is not sent', async (_what, json, why) => {
    const { http, seen } = createDoor();

    const error = await failureOf(http('POST', '/keys', { json }));

    expect(error).toMatchObject({ code: 'internal', definite: true });
    expect(error.message).toContain(why);
    expect(seen).toEqual([]);
  });

  it('may have a content type of its own', async () => {
    const { headers } = await sent({ json: {}, headers: { 'Content-Type': 'application/vnd.api+json' } });

    expect(headers['content-type']).toBe('application/vnd.api+json');
  });
});

describe('a form', () => {
  it('is encoded, Secrets too', async () => {
    const { body, headers } = await sent({ form: { 'a b': 'c&d=e+f', token: secret, empty: '' } });

    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({ 'a b': 'c&d=e+f', token: value, empty: '' });
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it.each([
    ['a value', { token: new Secret(`${value}\ud800`) }],
    ['a name', { '\udfff': 'x' }],
  ])('with half of a surrogate pair in %s is not sent: it would arrive as something else', async (_what, form) => {
    const { http, seen } = createDoor();

    expect(await failureOf(http('POST', '/keys', { form }))).toMatchObject({ code: 'value-shape', definite: true });
    expect(seen).toEqual([]);
  });

  it('with a Secret that was printed is not sent', async () => {
    const { http, seen } = createDoor();

    expect(await failureOf(http('POST', '/keys', { form: { token: `${secret}` } }))).toMatchObject({ code: 'internal' });
    expect(seen).toEqual([]);
  });
});

describe('a text', () => {
  it('arrives byte by byte, a byte order mark included', async () => {
    const { http, seen } = createDoor();

    await http('POST', '/keys', { text: new Secret('\ufeff{"a": "€\u0000"}\r\n'), headers: { 'content-type': 'text/plain' } });

    expect(seen[0]?.headers['content-type']).toBe('text/plain');
    expect(seen[0]?.body).toBe('{"a": "€\u0000"}\r\n'); // the mark is taken off by the reader
  });

  it.each([
    ['half of a surrogate pair', 'x\ud800', 'value-shape'],
    ['a Secret that was printed', JSON.stringify({ value: secret }), 'internal'],
  ])('with %s is not sent', async (_what, text, code) => {
    const { http, seen } = createDoor();

    expect(await failureOf(http('POST', '/keys', { text: new Secret(text) }))).toMatchObject({ code, definite: true });
    expect(seen).toEqual([]);
  });
});

it('has no body where the method takes none', async () => {
  const { http, seen } = createDoor();

  const error = await failureOf(http('GET', '/keys', { json: { token: secret } }));

  expect(error).toMatchObject({ code: 'internal', definite: true });
  expect(seen).toEqual([]);
});

it('encodes a query, numbers and signs and all', async () => {
  const { http, seen } = createDoor();

  await http('GET', '/keys?page=1&a=b', { query: { page: 2, q: 'a&b=c d+e#f/€', 'x[y]': '' } });

  const { searchParams, origin, pathname } = new URL(seen[0]?.url ?? '');
  expect(origin + pathname).toBe('https://api.lantern.test/keys');
  expect(Object.fromEntries(searchParams)).toEqual({ page: '2', a: 'b', q: 'a&b=c d+e#f/€', 'x[y]': '' });
});

describe('headers', () => {
  it('tell who asks and what is read, and that the connection is not kept', async () => {
    const { headers } = await sent({});

    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
      'user-agent': 'keyturn',
    });
  });

  it('are set once, whatever their case, and hold what a Secret holds', async () => {
    const { headers } = await sent({
      headers: { Accept: 'text/plain', ACCEPT: 'application/x', 'X-Key': ascii, 'x-two': 'a b' },
    });

    expect(headers).toMatchObject({ accept: 'application/x', 'x-key': ascii.reveal(), 'x-two': 'a b' });
  });

  it('carry a bearer token or a user with a password', async () => {
    const bearer = await sent({ bearer: ascii });
    const basic = await sent({ basic: { user: 'jösé', password: new Secret('a:b €') } });

    expect(bearer.headers.authorization).toBe(`Bearer ${ascii.reveal()}`);
    expect(basic.headers.authorization).toBe(`Basic ${Buffer.from('jösé:a:b €').toString('base64')}`);
  });

  const bad = [
    '',
    ' ',
    'a\nb',
    'a\r\nx-evil: 1',
    'a\0',
    'tab\t',
    ' a',
    'a ',
    '\u00a0a',
    'é',
    '€',
    '\ud800',
    'a\u007f',
    '\ufeffa',
    'a\u2028',
  ];
  it.each(bad)('hold no %j, and nothing is sent', async (text) => {
    const token = new Secret(text);
    const { http, seen } = createDoor();

    const calls = [
      http('GET', '/keys', { bearer: token }),
      http('GET', '/keys', { headers: { 'x-key': token } }),
      http('GET', '/keys', { headers: { 'x-key': text } }),
    ];

    for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'value-shape', definite: true });
    expect(seen).toEqual([]);
  });

  it('hold no bearer token with a space in it', async () => {
    const { http, seen } = createDoor();

    expect(await failureOf(http('GET', '/', { bearer: new Secret('two words') }))).toMatchObject({ code: 'value-shape' });
    expect(seen).toEqual([]);
  });

  it.each([
    ['a user with a colon, which would move into the password', 'a:b', 'c', 'value-shape'],
    ['a line break', 'a', 'c\n', 'value-shape'],
    ['half of a surrogate pair', 'a', '\ud800', 'value-shape'],
    ['a Secret that was printed', `${secret}`, 'c', 'internal'],
  ])('hold no %s', async (_what, user, password, code) => {
    const { http, seen } = createDoor();

    const error = await failureOf(http('GET', '/', { basic: { user, password: new Secret(password) } }));

    expect(error).toMatchObject({ code, definite: true });
    expect(seen).toEqual([]);
  });

  it.each([
    '',
    'x y',
    'x\ny',
    'x:y',
    'é',
    'Host',
    'connection',
    'Content-Length',
    'transfer-encoding',
    'Expect',
    'upgrade',
    'Proxy-Authorization',
  ])('have no name such as %j', async (name) => {
    const { http, seen } = createDoor();

    const error = await failureOf(http('GET', '/keys', { headers: { [name]: 'x' } }));

    expect(error).toMatchObject({ code: 'catalog', definite: true });
    expect(seen).toEqual([]);
  });

  it('hold no Secret that was printed', async () => {
    const { http, seen } = createDoor();

    const calls = [
      http('GET', '/', { headers: { authorization: `SSWS ${secret}` } }),
      http('GET', '/', { headers: { authorization: new Secret(`SSWS ${secret}`) } }),
      http('GET', '/', { bearer: new Secret(`x-${encodeURIComponent(String(secret))}`) }),
    ];

    for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'internal', definite: true });
    expect(seen).toEqual([]);
  });
});

function circle(): object {
  const round: Record<string, unknown> = { [value]: secret };
  round.self = round;
  return round;
}
