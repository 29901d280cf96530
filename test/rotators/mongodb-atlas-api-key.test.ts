import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { digestHeader } from '../../lib/plugin/digest.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { mongodbAtlasApiKey as atlas } from '../../rotators/mongodb-atlas-api-key/index.ts';
import { createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const credential = { value: new Secret('canary-private'), parts: { publicKey: new Secret('zmmrboas') } };
const challenge = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  qop: 'auth, auth-int',
};
const mufasa = {
  user: 'Mufasa',
  password: new Secret('Circle of Life'),
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

// The answers stand in the RFCs themselves.
it.each([
  [
    'RFC 7616 with SHA-256',
    { ...challenge, algorithm: 'SHA-256' },
    mufasa,
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  ],
  ['RFC 7616 with MD5', { ...challenge, algorithm: 'MD5' }, mufasa, '8ca523f5e9506fed4657c9700eebdbec'],
  [
    'RFC 2617',
    { realm: 'testrealm@host.com', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', qop: 'auth' },
    { ...mufasa, password: new Secret('Circle Of Life'), cnonce: '0a4f113b' },
    '6629fae49393a05397450978507c4ef1',
  ],
])('answers the challenge of %s', (_rfc, asked, user, response) => {
  expect(digestHeader(asked, user)?.reveal()).toContain(`response="${response}"`);
});

it('answers no challenge that it does not know', () => {
  expect(digestHeader({ ...challenge, algorithm: 'SHA-512-256' }, mufasa)).toBeUndefined();
  expect(digestHeader({ ...challenge, qop: 'auth-int' }, mufasa)).toBeUndefined();
});

it('gives a key its roles and its access list, and ends the old one on evidence', async () => {
  const life = await createLife({ provider: 'mongodb-atlas-api-key', token: { expect: { scopes: ['ORG_READ_ONLY'] } } });
  await life.rotate();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  await life.retireFully();

  expect(life.live()).toEqual([life.value()]);
  const accessList = [{ ipAddress: '203.0.113.10' }, { cidrBlock: '203.0.113.0/24' }];
  expect(life.issuer.state.tokens).toMatchObject([{ accessList }, { accessList }]);
});

it('ends a key whose access list was not made', async () => {
  const life = await createLife({ provider: 'mongodb-atlas-api-key' });
  const { handle } = life.issuer;
  life.issuer.handle = (request) => (request.path.endsWith('/accessList') ? { status: 400, body: {} } : handle(request));
  expect(await life.rotate()).toMatchObject([{ code: 'uncertain' }]);
  life.issuer.handle = handle;

  life.clock.advance(3 * hour);
  await life.sweepStrays();

  expect(life.live()).toEqual([]);
});

it.each([
  ['a no to the key', { status: 401, headers: asking('stale=false') }, { ok: false, why: 'rejected' }],
  ['a challenge that went stale', { status: 401, headers: asking('stale=true') }, { code: 'unavailable' }],
  [
    'an address that is not in its access list',
    { status: 403, body: { errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' } },
    { ok: true },
  ],
  ['a 403 of somebody else', { status: 403, body: '<html>' }, { code: 'malformed' }],
  ['another key', { status: 200, body: { apiKey: { publicKey: 'other' } } }, { ok: false, why: 'rejected' }],
])('takes for the end of a key only what is one: %s', async (_what, answer, outcome) => {
  const { context, requests } = bench((request) =>
    request.headers.authorization === undefined ? { status: 401, headers: asking('stale=false') } : answer,
  );

  const verdict = await atlas.verify(context, credential).catch((problem: unknown) => problem);

  expect(verdict).toMatchObject(outcome);
  expect(requests.at(-1)?.headers.authorization).toMatch(/^Digest username="zmmrboas", .*uri="\/api\/atlas\/v2"/);
});

function asking(stale: string): Readonly<Record<string, string>> {
  return { 'www-authenticate': `Digest realm="MMS Public API", domain="", nonce="n", algorithm=MD5, qop="auth", ${stale}` };
}

function bench(answer: (request: FakeRequest) => FakeAnswer) {
  const scope = { orgId: '0'.repeat(24), roles: ['ORG_READ_ONLY'] };
  return createBench(atlas, { scope, authority: { clientId: 'c', clientSecret: 'canary-s' } }, answer);
}
