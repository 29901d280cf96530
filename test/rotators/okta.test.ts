import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { okta } from '../../rotators/okta/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const given = { scope: { orgUrl: 'https://acme.okta.com', appId: '0oa1' }, authority: { value: 'canary-token' } };
const secret = { id: 'ocs1', status: 'ACTIVE', created: '2026-11-25T12:00:00.000Z', client_secret: 'canary-in-clear' };
const mine = { ref: 'ocs1' };

it('deactivates the old secret before it deletes it, and has its place back', async () => {
  const life = await createLife({ provider: 'okta' });
  await life.rotate();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);
  expect(await life.rotate()).toMatchObject([{ code: 'too-many-retiring' }]);

  await life.retireFully();

  const ending = calledIn(life.exchanges.ofProvider).filter((call) => /deactivate|DELETE/.test(call));
  expect(ending).toEqual([expect.stringMatching(/^POST .*deactivate$/), expect.stringMatching(/^DELETE /)]);
  expect(life.live()).toEqual([life.value()]);
  expect(await life.goOn()).toEqual([]);
});

it('goes on where a deletion broke off', async () => {
  const { context, requests } = createBench(okta, given, ({ method }) =>
    method === 'GET' ? { status: 200, body: [{ ...secret, status: 'INACTIVE' }] } : { status: 204 },
  );

  await okta.revoke?.(context, mine);

  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1/apps/0oa1/credentials/secrets',
    'DELETE /api/v1/apps/0oa1/credentials/secrets/ocs1',
  ]);
});

it('says so when Okta keeps the only secret of an application', async () => {
  const { context } = createBench(okta, given, ({ method }) =>
    method === 'GET' ? { status: 200, body: [secret] } : { status: 400, body: { errorCode: 'E0000001' } },
  );

  await expect(okta.revoke?.(context, mine)).rejects.toMatchObject({ code: 'rejected', status: 400 });
});

it.each([
  ['invalid_client', { ok: false, why: 'rejected', detail: 'POST /oauth2/v1/introspect answered 401 invalid_client' }],
  ['something_else', { code: 'refused' }],
])('takes only invalid_client for the end of a secret: %s', async (error, outcome) => {
  const { context } = createBench(okta, given, () => ({ status: 401, body: { error } }));
  const credential = { value: new Secret('canary-value'), parts: {} };

  const verdict = await okta.verify(context, credential).catch((problem: unknown) => problem);

  expect(verdict).toMatchObject(outcome);
});
