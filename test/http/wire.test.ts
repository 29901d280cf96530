import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { HttpRequest, Method } from '../../lib/engine/contract.ts';
import type { ErrorCode } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createLoopbackDoor, failureOf, freeUrl, serve, serveRaw } from './setup.ts';

// Goal: whatever a real server does on a real connection, at whatever moment, the call ends, in time, with the right code, and was made as
// often as it may be. Method: node:http where it speaks HTTP, bare sockets where it does not. What is counted is calls, never time.

const token = new Secret('canary-8h2kd83hd02jd');
const kinds: readonly (readonly [string, Method, HttpRequest])[] = [
  ['a read', 'GET', {}],
  ['a change', 'POST', { json: { token } }],
  ['an idempotent change', 'PUT', { json: { token }, idempotent: true }],
];

async function outcomeOf(url: string, method: Method, request: HttpRequest, timeoutSeconds = 10) {
  const { http, pauses } = createLoopbackDoor(url, { timeoutSeconds });
  const error = await failureOf(http(method, '/keys', { bearer: token, ...request }));
  return { error, tries: pauses.length + 1 };
}

function expected(method: Method, request: HttpRequest): [code: ErrorCode, tries: number] {
  return method === 'GET' || request.idempotent === true ? ['unavailable', 3] : ['uncertain', 1];
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

it('gives up in time wherever the server falls silent or goes on for ever', async () => {
  const drip = (socket: Socket, begin: string, more: string) => {
    socket.write(begin);
    const timer = setInterval(() => socket.write(more), 10);
    socket.on('close', () => clearInterval(timer));
  };
  const servers: Readonly<Record<string, (socket: Socket) => void>> = {
    'no answer': () => {},
    'the head and nothing more': (socket) => socket.write(`${head}content-length: 9\r\n\r\n`),
    'half a body': (socket) => socket.write(`${head}content-length: 9\r\n\r\n{"a"`),
    'a header byte by byte': (socket) => drip(socket, `${head}x-long: `, 'x'),
    'headers without end': (socket) => drip(socket, head, 'x-more: 1\r\n'),
    'promises of an answer': (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    'a body byte by byte': (socket) => drip(socket, `${head}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'),
    'packed and never ended': (socket) => drip(socket, `${head}content-encoding: gzip\r\n\r\n`, '\x1f\x8b\x08\0'),
  };

  // All at the same time, because each takes as long as its time-outs.
  const all = Object.entries(servers).flatMap(([name, answer]) => kinds.map((kind) => ({ name, answer, kind })));
  const outcomes = await Promise.all(
    all.map(async ({ name, answer, kind: [kind, method, request] }) => {
      const { url, requests } = await serveRaw(answer);
      const { error, tries } = await outcomeOf(url, method, request, 0.6);
      return [`${kind}: ${name}`, error.code, tries, requests(), error.definite];
    }),
  );

  expect(outcomes).toEqual(
    all.map(({ name, kind: [kind, method, request] }) => {
      const [code, tries] = expected(method, request);
      return [`${kind}: ${name}`, code, tries, tries, false];
    }),
  );
});

describe.each(kinds)('%s is given up where the server', (_kind, method, request) => {
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up at once', (socket) => socket.destroy()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['closes it politely', (socket) => socket.end()],
    ['hangs up within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    ['hangs up behind the head', (socket) => socket.end(`${head}content-length: 9\r\n\r\n`)],
    ['hangs up within the body', (socket) => socket.end(`${head}content-length: 9\r\n\r\n{"a"`)],
    ['resets within the body', (socket) => socket.write(`${head}content-length: 9\r\n\r\n{"a"`, () => socket.resetAndDestroy())],
    ['hangs up between two chunks', (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n${chunk('{"a"')}`)],
    ['speaks another language', (socket) => socket.end('220 mail.test ESMTP\r\n')],
    ['speaks the oldest HTTP', (socket) => socket.end('{"token":"t"}')],
    ['says two lengths', (socket) => socket.end(`${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`)],
    ['says a length and chunks', (socket) => socket.end(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}`)],
    ['has a length that is none', (socket) => socket.end(`${head}content-length: -1\r\n\r\n{}`)],
    ['has chunks that are none', (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`)],
    ['has a header of 100 KB', (socket) => socket.end(`${head}x-large: ${'x'.repeat(100_000)}\r\ncontent-length: 2\r\n\r\n{}`)],
    ['has a header with a zero in it', (socket) => socket.end(`${head}x-zero: a\0b\r\ncontent-length: 2\r\n\r\n{}`)],
    [
      'wants to speak something else',
      (socket) => socket.end('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
    ['sends what is no gzip', (socket) => socket.end(`${head}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`)],
  ])('%s', async (_what, answer) => {
    const { url, requests } = await serveRaw(answer);

    const { error, tries } = await outcomeOf(url, method, request);

    expect([error.code, tries]).toEqual(expected(method, request));
    expect(error.definite).toBe(false);
    expect(requests()).toBe(tries);
  });

  it('is not there at all', async () => {
    const { error, tries } = await outcomeOf(await freeUrl(), method, request);

    expect(error).toMatchObject({ code: 'unavailable', definite: true });
    expect(error.message).toContain('(ECONNREFUSED)');
    expect(tries).toBe(3);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up before the connection is encrypted', (socket) => socket.destroy()],
    ['answers without encryption', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s, so that it has seen nothing', async (_what, answer) => {
    const { url } = await serveRaw(answer);

    const { error, tries } = await outcomeOf(url.replace('http:', 'https:'), method, request);

    expect(error).toMatchObject({ code: 'unavailable', definite: true });
    expect(tries).toBe(3);
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is not followed, and nothing of the call goes there: %i', async (status) => {
    const elsewhere: string[] = [];
    const other = await serve((request, response) => {
      elsewhere.push(request.headers.authorization ?? '');
      response.end('{}');
    });
    const { url } = await serve((_request, response) => {
      response.writeHead(status, { location: `${other.url}/keys?canary-8h2kd83hd02jd` }).end('canary-8h2kd83hd02jd');
    });
    const { http } = createLoopbackDoor(url);

    const error = await failureOf(http('GET', '/keys', { bearer: token }));

    expect(error).toMatchObject({ code: 'malformed', status });
    expect(error.message).toBe(`lantern: GET /keys answered ${status}, which is not followed`);
    expect(elsewhere).toEqual([]);
  });
});

describe('the size of a body', () => {
  const mebibyte = 1024 * 1024;
  const large = JSON.stringify('x'.repeat(64 * mebibyte));

  it.each<[string, RequestListener]>([
    ['a byte too long', (_request, response) => response.end(' '.repeat(mebibyte + 1))],
    ['64 MiB packed into 64 KB by gzip', (_request, response) => packed(response, 'gzip', gzipSync(large))],
    ['packed by deflate', (_request, response) => packed(response, 'deflate', deflateSync(large))],
    ['packed by brotli', (_request, response) => packed(response, 'br', brotliCompressSync(large.slice(0, 4 * mebibyte)))],
    ['packed twice', (_request, response) => packed(response, 'gzip, gzip', gzipSync(gzipSync(large)))],
    ['without end', endless],
  ])('may be %s: that is `malformed`, and asked for once', async (_what, listener) => {
    const { url, requests } = await serve(listener);
    const { http } = createLoopbackDoor(url);

    const error = await failureOf(http('GET', '/keys'));

    expect(error.code).toBe('malformed');
    expect(error.message).toBe('lantern: GET /keys got an answer of more than 1048576 bytes');
    expect(requests()).toBe(1);
  });

  it.each<[number, ErrorCode]>([
    [401, 'refused'],
    [404, 'absent'],
    [422, 'rejected'],
    [500, 'uncertain'],
  ])('is of no interest where the status says it all: %i with a body without end', async (status, code) => {
    const { url } = await serve((request, response) => endless(request, response.writeHead(status)));
    const { http } = createLoopbackDoor(url);

    expect(await failureOf(http('POST', '/keys'))).toMatchObject({ code, status });
  });

  it('is asked for unpacked, and packed all the same it is unpacked', async () => {
    const asked: unknown[] = [];
    const { url } = await serve((request, response) => {
      asked.push(request.headers['accept-encoding']);
      packed(response, 'gzip', gzipSync('{"token":"t"}'));
    });
    const { http } = createLoopbackDoor(url);

    const answer = await http('GET', '/keys');

    expect(answer.json(z.object({ token: z.string() }))).toEqual({ token: 't' });
    expect(asked).toEqual(['identity']);
  });
});

describe('a connection', () => {
  it('is a new one for every call, so that none is used that died while Lambda had us frozen', async () => {
    const { url, connections } = await serve((_request, response) => response.end('{}'));
    const { http } = createLoopbackDoor(url);

    for (let count = 0; count < 3; count += 1) await http('POST', '/keys');

    expect(connections()).toBe(3);
  });

  it('that is refused at first is tried again', async () => {
    let calls = 0;
    const { url } = await serve((request, response) => {
      calls += 1;
      if (calls === 1) request.socket.destroy();
      else response.end('{"token":"t"}');
    });
    const { http } = createLoopbackDoor(url);

    expect((await http('GET', '/keys')).status).toBe(200);
    expect(calls).toBe(2);
  });
});

describe('the time-out', () => {
  it('is what is left of the function, less what the engine needs to write down', async () => {
    const { url, requests } = await serve(() => {});
    const { http, pauses } = createLoopbackDoor(url, { remaining: () => 1600 });

    const error = await failureOf(http('GET', '/keys'));

    expect(error.message).toBe('lantern: GET /keys got no answer (TIMEOUT)');
    expect([requests(), pauses.length]).toEqual([1, 0]);
  });

  it('ends a fetch that does not let itself be aborted, and a body that does not', async () => {
    const never = new Promise<Response>(() => {});
    const stuck = new Response(new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => new Promise(() => {}) }));

    for (const fetch of [() => never, async () => stuck]) {
      const { http } = createLoopbackDoor('http://127.0.0.1:8080', { fetch, timeoutSeconds: 0.02 });
      expect(await failureOf(http('POST', '/keys'))).toMatchObject({ code: 'uncertain' });
    }
  });
});

it('brings back what a strict server heard, from end to end', async () => {
  const { url } = await serve(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { method, url: path, headers } = request;
    response.writeHead(201, { 'x-request': '7' });
    response.end(JSON.stringify({ method, path, authorization: headers.authorization, length: headers['content-length'], body }));
  });
  const { http } = createLoopbackDoor(`${url}/v3/`);

  const answer = await http('POST', '/keys', { bearer: token, json: { key: token }, query: { dry: 1 } });

  const body = `{"key":"${token.reveal()}"}`;
  expect([answer.status, answer.header('X-Request')]).toEqual([201, '7']);
  expect(answer.json(z.unknown())).toEqual({
    method: 'POST',
    path: '/v3/keys?dry=1',
    authorization: `Bearer ${token.reveal()}`,
    length: String(body.length),
    body,
  });
});

type Answering = Parameters<RequestListener>[1];

function packed(response: Answering, encoding: string, body: Uint8Array): void {
  response.writeHead(200, { 'content-encoding': encoding }).end(body);
}

function endless(_request: unknown, response: Answering): void {
  const piece = Buffer.alloc(65_536, ' ');
  const pour = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', pour);
  pour();
}
