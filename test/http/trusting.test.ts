import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fake } from '../../dependents/kubernetes-secret/fake.ts';
import { kubernetesSecret } from '../../dependents/kubernetes-secret/index.ts';
import type { HttpRequest } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { transport } from '../../lib/http/transport.ts';
import type { FakeWorld } from '../../lib/testing/fake.ts';
import { createAuthority } from './certificates.ts';
import { createLoopbackDoor, everyShapeOf, failureOf, serve } from './setup.ts';

// Goal: a host whose certificate only an authority of its own vouches for is called if the catalog names that authority, and nothing is ever sent
// to anybody else. Method: real TLS on loopback, with certificates made for each run.

const cluster = createAuthority();
const stranger = createAuthority();
const loopback = '127.0.0.1';
const token = new Secret('canary-8h2kd83hd02jd');

async function call(
  listener: RequestListener,
  { names = [loopback], timeoutSeconds = 10, ...request }: HttpRequest & { names?: string[]; timeoutSeconds?: number } = {},
) {
  const server = await serve(listener, cluster.issue(...names));
  const { http, pauses } = createLoopbackDoor(server.url, { fetch: transport, timeoutSeconds });
  const answer = http('POST', '/keys', { bearer: token, certificateAuthority: cluster.certificate, ...request });
  return { answer, requests: server.requests, pauses };
}

const greet: RequestListener = (_request, response) => {
  response.setHeader('x-named', 'by the host').end('{"name":"cluster"}');
};

it('is called as it is by fetch', async () => {
  const seen: unknown[] = [];
  const { answer } = await call(
    async (request, response) => {
      const { method, url, headers } = request;
      const body = Buffer.concat(await request.toArray()).toString();
      seen.push({ method, url, authorization: headers.authorization, type: headers['content-type'], body });
      greet(request, response);
    },
    { json: { token }, query: { page: 2 } },
  );

  const { status, json, header } = await answer;

  expect([status, json(z.object({ name: z.string() })), header('x-named')]).toEqual([200, { name: 'cluster' }, 'by the host']);
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/keys?page=2',
      authorization: `Bearer ${token.reveal()}`,
      type: 'application/json',
      body: `{"token":"${token.reveal()}"}`,
    },
  ]);
});

describe('nothing is sent', () => {
  it.each([
    ['to one that names no authority', {}, { certificateAuthority: undefined }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [
      'to one of another authority of the same name',
      {},
      { certificateAuthority: stranger.certificate },
      'CERT_SIGNATURE_FAILURE',
    ],
    ['to one that bears another name', { names: ['elsewhere.test'] }, {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s', async (_what, server, request, code) => {
    const { answer, requests } = await call(greet, { ...server, ...(request as HttpRequest) });

    const error = await failureOf(answer);

    expect([error.code, error.definite, requests()]).toEqual(['unavailable', true, 0]);
    expect(error.message).toBe(`lantern: POST /keys got no answer (${code})`);
    expect(error.fix).toContain('Nothing is sent');
    expect(everyShapeOf(error)).not.toContain(token.reveal());
  });

  it('to one that shows no certificate at all', async () => {
    const { url, requests } = await serve(greet);
    const { http } = createLoopbackDoor(url, { fetch: transport });

    const error = await failureOf(http('GET', '/keys', { certificateAuthority: cluster.certificate }));

    expect([error.code, error.definite, requests()]).toEqual(['internal', true, 0]);
  });
});

describe('whatever it answers, the call ends', () => {
  it.each<[string, RequestListener, string]>([
    [
      'a redirect',
      (_request, response) => void response.writeHead(302, { location: 'https://elsewhere.test' }).end(),
      'malformed',
    ],
    ['a no', (_request, response) => void response.writeHead(403).end('{}'), 'refused'],
    ['a status that is none', ({ socket }) => void socket.end('HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n'), 'uncertain'],
    ['a reset', ({ socket }) => void socket.destroy(), 'uncertain'],
    ['half a body', ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"'), 'uncertain'],
    ['silence', () => {}, 'uncertain'],
    ['a body without end', (_request, response) => void response.write('{'), 'uncertain'],
    ['too much', (_request, response) => void response.end('x'.repeat(20_000_000)), 'malformed'],
  ])('%s', async (what, listener, code) => {
    const isWaitedFor = ['silence', 'a body without end'].includes(what);
    const { answer, requests, pauses } = await call(listener, { timeoutSeconds: isWaitedFor ? 3 : 30 });

    const error = await failureOf(answer);

    expect([error.code, requests(), pauses]).toEqual([code, 1, []]);
    expect(everyShapeOf(error)).not.toContain(token.reveal());
  });

  it('nothing', async () => {
    const { answer } = await call((_request, response) => void response.writeHead(204).end());

    expect((await answer).status).toBe(204);
  });
});

it('is a cluster, whose Secret is read and written', async () => {
  const place = fake({ now: Date.now } as FakeWorld);
  const { url, requests } = await serve(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const { pathname, searchParams } = new URL(path, place.api);
    const body = Buffer.concat(await request.toArray()).toString();
    const query = Object.fromEntries(searchParams);
    const answer = place.handle({ method, path: pathname, query, headers: headers as Record<string, string>, body });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }, cluster.issue(loopback));
  const certificateAuthorityData = Buffer.from(cluster.certificate).toString('base64');
  const context = {
    ...createLoopbackDoor(url, { fetch: transport }),
    target: kubernetesSecret.target.parse({ ...place.target, server: url, certificateAuthorityData }),
    authority: kubernetesSecret.authority.parse(place.authority),
    now: Date.now(),
  } as unknown as Parameters<typeof kubernetesSecret.read>[0];
  const value = new Secret('canary-of-the-new-token');

  const seen = await kubernetesSecret.read(context);
  await kubernetesSecret.apply(context, { value, versionId: 'v1' } as never, seen);

  expect(place.written()).toBe(value.reveal());
  expect(await kubernetesSecret.read(context)).toMatchObject({ exists: true, version: '101' });
  expect(requests()).toBe(5); // a Secret and its Deployment, twice, and one write
});

describe('a catalog', () => {
  const given = { server: 'https://10.0.0.1:6443', namespace: 'shop', secret: 'app', key: 'TOKEN' };
  const inBase64 = (text: string) => Buffer.from(text).toString('base64');
  const faultsOf = (changes: object) =>
    kubernetesSecret.target
      .safeParse({ ...given, ...changes })
      .error?.issues.map(({ path, message }) => [path.join('.'), message]);

  it.each([
    ['one authority', cluster.certificate],
    ['two, while one takes the place of the other', cluster.certificate + stranger.certificate],
  ])('may name %s', (_what, pem) => {
    expect(faultsOf({ certificateAuthorityData: inBase64(pem) })).toBeUndefined();
  });

  it.each([
    ['PEM that is not in base64', cluster.certificate],
    ['something else in base64', inBase64('no certificate')],
    ['half a certificate', inBase64(cluster.certificate.slice(0, 400))],
    ['a certificate that is none', inBase64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
    ['the key beside it', inBase64(cluster.issue(loopback).key)],
    ['a certificate and its key', inBase64(Object.values(cluster.issue(loopback)).join(''))],
    ['nothing', ''],
  ])('is told of %s', (_what, certificateAuthorityData) => {
    expect(faultsOf({ certificateAuthorityData })).toEqual([['certificateAuthorityData', expect.stringContaining('base64')]]);
  });

  it('is told that a server without encryption shows none', () => {
    expect(faultsOf({ server: 'http://10.0.0.1', certificateAuthorityData: inBase64(cluster.certificate) })).toEqual([
      ['certificateAuthorityData', expect.stringContaining('https://')],
    ]);
  });
});
