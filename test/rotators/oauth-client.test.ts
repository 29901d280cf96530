import { expect, it } from 'vitest';
import { oauthClient } from '../../rotators/oauth-client/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const uri = 'https://login.test/reg/one';
const given = {
  scope: { registrationUrl: 'https://login.test/reg', tokenUrl: 'https://login.test/token', clientName: 'billing' },
  authority: { value: 'canary-initial' },
};

it('registers a new client each time, tells no label who may delete it, and deletes the old one with its own token', async () => {
  const life = await createLife({ provider: 'oauth-client' });
  await life.rotate();
  const [old] = life.issuer.state.tokens;
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  await life.retireFully();

  expect(life.live()).toEqual([life.value()]);
  expect(life.labels().join(' ')).not.toContain('registration');
  const [address = ''] = (old?.ref ?? '').split(' ');
  expect(calledIn(life.exchanges.ofProvider)).toContain(`DELETE ${new URL(address).pathname}`);
});

it('says of a lost registration that only a look into the server can tell, and goes on', async () => {
  const life = await createLife({ provider: 'oauth-client' });
  const { handle } = life.issuer;
  life.issuer.handle = (request) => {
    const answer = handle(request);
    return request.path === '/reg' ? { status: 502, body: '<html>' } : answer;
  };
  expect(await life.rotate()).toMatchObject([{ code: 'uncertain', fix: expect.stringContaining('look for it there by hand') }]);

  life.issuer.handle = handle;

  expect(await life.goOn()).toEqual([]);
  expect(life.live()).toHaveLength(2);
});

it.each([
  ["a stranger's token, as RFC 7592 says of a client that is gone", { status: 401, body: { error: 'invalid_token' } }, undefined],
  ['nobody there', { status: 404, body: {} }, undefined],
  ['a refusal for another reason', { status: 401, body: { error: 'temporarily_closed' } }, { code: 'refused' }],
  ['no leave to delete', { status: 403, body: {} }, { code: 'refused' }],
])('takes for done what is gone, and nothing else: %s', async (_what, answer, problem) => {
  const { context, requests } = createBench(oauthClient, given, () => answer);

  const outcome = await oauthClient.revoke?.(context, { ref: `${uri} canary-management` }).catch((error: unknown) => error);

  if (problem === undefined) expect(outcome).toBeUndefined();
  else expect(outcome).toMatchObject(problem);
  expect(requests[0]).toMatchObject({
    method: 'DELETE',
    path: '/reg/one',
    headers: { authorization: 'Bearer canary-management' },
  });
});

it('deletes at no other server than the one that the catalog names', async () => {
  const { context, requests } = createBench(oauthClient, given, () => ({ status: 204 }));

  const revoking = oauthClient.revoke?.(context, { ref: 'https://elsewhere.test/reg/one canary-management' });

  await expect(revoking).rejects.toMatchObject({ code: 'host-refused' });
  expect(requests).toEqual([]);
});
