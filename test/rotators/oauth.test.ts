// What authorization servers have in common is tested here once, as Atlas asks them.
import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { accessFor, judgeClient } from '../../lib/plugin/oauth.ts';
import type { FakeAnswer } from '../../lib/testing/fake.ts';
import { mongodbAtlasServiceAccount as atlas } from '../../rotators/mongodb-atlas-service-account/index.ts';
import { createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const tokenUrl = '/api/oauth/token';
const client = { id: 'a client', secret: new Secret('canary-a:b+c') };

it('shows what a client id and a secret hold as a form would, before it puts them together', async () => {
  const { context, requests } = bench(() => ({ status: 200, body: { access_token: 'canary-access' } }));

  expect((await accessFor(context.http, tokenUrl, client, { audience: 'x' })).reveal()).toBe('canary-access');

  const [{ headers = {}, body = '' } = {}] = requests;
  expect(Buffer.from(String(headers.authorization).slice('Basic '.length), 'base64').toString()).toBe(
    'a+client:canary-a%3Ab%2Bc',
  );
  expect(body).toBe('grant_type=client_credentials&audience=x');
});

it('shows it in the form where the server wants that', async () => {
  const { context, requests } = bench(() => ({ status: 200, body: { access_token: 'canary-access' } }));

  await accessFor(context.http, tokenUrl, { ...client, shows: 'form' });

  expect(requests[0]?.headers.authorization).toBeUndefined();
  expect(new URLSearchParams(requests[0]?.body).get('client_secret')).toBe('canary-a:b+c');
});

it.each([
  [401, 'invalid_client', { ok: false, why: 'rejected' }],
  [400, 'invalid_client', { ok: false, why: 'rejected' }],
  [400, 'unauthorized_client', { ok: true }],
  [400, 'invalid_scope', { ok: true }],
  [400, 'invalid_request', { code: 'refused', definite: true }],
  [403, 'something_else', { code: 'refused', definite: true }],
])('takes %i %s for what the RFC says', async (status, error, outcome) => {
  const { context } = bench(() => ({ status, body: { error } }));

  const verdict = judgeClient(context.http, { who: 'atlas', tokenUrl, client });

  expect(await verdict.catch((problem: unknown) => problem)).toMatchObject(outcome);
});

it('does not take access that failed for a lost answer: nothing was minted', async () => {
  const life = await createLife({ provider: 'mongodb-atlas-service-account' });
  const { handle } = life.issuer;
  let asked = 0;
  life.issuer.handle = (request) => {
    if (request.path !== tokenUrl) return handle(request);
    asked += 1;
    return asked === 2 ? { status: 401, body: { error: 'invalid_client' } } : handle(request);
  };

  expect(await life.rotate()).toMatchObject([{ code: 'authority', definite: true }]);

  expect(life.live()).toEqual([]);
});

it('tells when a secret of Atlas ends, which the next one brings nearer', async () => {
  const life = await createLife({ provider: 'mongodb-atlas-service-account' });
  await life.rotate();
  const [first] = life.issuer.state.tokens;
  life.clock.advance(hour);
  await life.rotate();
  const { rotator, withAuthority } = await life.open(life.token);
  const credential = { value: new Secret(first?.value ?? ''), parts: {} };

  const told = await withAuthority(async (context) => rotator.inspect?.(context, { ref: first?.ref ?? '', credential }));

  const second = life.issuer.state.tokens[1];
  expect(told?.expiresAt).toBe((second?.createdAt ?? 0) + 7 * 24 * hour);
});

function bench(answer: () => FakeAnswer) {
  const scope = { orgId: '0'.repeat(24), clientId: `mdb_sa_id_${'0'.repeat(24)}` };
  return createBench(atlas, { scope, authority: { clientId: 'c', clientSecret: 'canary-s' } }, answer);
}
