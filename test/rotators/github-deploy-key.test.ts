import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { privateKeyOf, publicKeyFrom } from '../../lib/testing/keys.ts';
import { githubDeployKey } from '../../rotators/github-deploy-key/index.ts';
import { createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const given = { scope: { repository: 'acme/shop' }, authority: { token: 'canary-administrator' } };
const publicKey = publicKeyFrom(new Uint8Array(32).fill(3));
const credential = { value: new Secret(privateKeyOf(publicKey)), parts: {} };
const ref = fingerprintOf(publicKey);
const shown = {
  id: 7001,
  key: publicKey,
  title: 'kt.mark',
  read_only: true,
  created_at: '2026-11-26T12:00:00Z',
  url: 'https://api.github.com/repos/acme/shop/keys/7001',
  verified: true,
};

function fingerprintOf(key: string): string {
  return createHash('sha256')
    .update(Buffer.from(key.split(' ')[1] ?? '', 'base64'))
    .digest('base64url');
}

it('makes a new pair each time, of which GitHub gets one half, and ends the old one', async () => {
  const life = await createLife({ provider: 'github-deploy-key' });
  await life.rotate();
  const first = life.value();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  expect(life.value()).not.toBe(first);
  expect(life.issuer.state.tokens).toMatchObject([
    { readOnly: true, value: first },
    { readOnly: true, value: life.value() },
  ]);
  const added = life.exchanges.ofProvider.filter(({ request }) => request.method === 'POST' && request.path.endsWith('/keys'));
  expect(added).toHaveLength(2);
  for (const { request } of added) expect(request.body).not.toContain('PRIVATE');
  await life.retireFully();
  expect(life.live()).toEqual([life.value()]);
});

it('goes on where the answer to a new key was lost, and makes no second one', async () => {
  const life = await createLife({ provider: 'github-deploy-key' });
  const { handle } = life.issuer;
  life.issuer.handle = (request) => {
    const answer = handle(request);
    return request.path.endsWith('/keys') && request.method === 'POST' ? { status: 502, body: '<html>' } : answer;
  };
  expect(await life.rotate()).toMatchObject([{ code: 'unavailable' }]);
  life.issuer.handle = handle;

  expect(await life.goOn()).toEqual([]);

  expect(life.issuer.state.tokens.map(({ value }) => value)).toEqual([life.value()]);
});

describe('a key that GitHub refuses', () => {
  const install = async (listed: readonly object[]) => {
    const { context, requests } = createBench(githubDeployKey, given, ({ method }) =>
      method === 'POST' ? { status: 422, body: { message: 'Validation Failed' } } : { status: 200, body: listed },
    );
    const installed = githubDeployKey.install?.(context, { credential, ref }, 'kt.mark');
    return { requests, outcome: await installed?.catch((problem: unknown) => problem) };
  };

  it('is fine where it is there already', async () => {
    const { outcome, requests } = await install([shown]);

    expect(outcome).toBeUndefined();
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ title: 'kt.mark', key: publicKey, read_only: true });
  });

  it('is refused for good where it is not', async () => {
    const { outcome } = await install([{ ...shown, key: publicKeyFrom(new Uint8Array(32)) }]);

    expect(outcome).toMatchObject({ code: 'rejected', definite: true });
  });
});

it('may push only where the catalog says so', async () => {
  const scope = { ...given.scope, access: 'write' };
  const { context, requests } = createBench(githubDeployKey, { ...given, scope }, () => ({ status: 201, body: shown }));

  await githubDeployKey.install?.(context, { credential, ref }, 'kt.mark');

  expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ read_only: false });
});

it('reads the list to its end, by the header Link', async () => {
  const keys = [1, 2, 3].map((byte) => ({ ...shown, id: byte, key: publicKeyFrom(new Uint8Array(32).fill(byte)) }));
  const { context, requests } = createBench(githubDeployKey, given, ({ query }) => ({
    status: 200,
    body: [keys[Number(query.page) - 1]],
    ...(query.page === '3' ? {} : { headers: { link: '<https://api.github.com/repositories/1/keys?page=2>; rel="next"' } }),
  }));

  const found = await githubDeployKey.find?.(context);

  expect(found?.map((each) => each.ref)).toEqual(keys.map(({ key }) => fingerprintOf(key)));
  expect(requests.map(({ query }) => query)).toEqual([1, 2, 3].map((page) => ({ per_page: '100', page: String(page) })));
});

it('finds a key that was made by hand by what is stored of it, whatever comment GitHub keeps', async () => {
  const { context } = createBench(githubDeployKey, given, () => ({
    status: 200,
    body: [{ ...shown, key: `${publicKey} ada@laptop`, read_only: false }],
  }));

  expect(await githubDeployKey.inspect?.(context, { credential })).toEqual({
    ref,
    scopes: ['write'],
    createdAt: Date.parse(shown.created_at),
  });
});

it('has a key that is gone already for deleted', async () => {
  const { context, requests } = createBench(githubDeployKey, given, ({ method }) =>
    method === 'GET' ? { status: 200, body: [shown] } : { status: 404, body: { message: 'Not Found' } },
  );

  await githubDeployKey.revoke?.(context, { ref });
  await githubDeployKey.revoke?.(context, { ref: 'another' });

  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /repos/acme/shop/keys',
    'DELETE /repos/acme/shop/keys/7001',
    'GET /repos/acme/shop/keys',
  ]);
});

it('says of a stored value that is no key what to store, and asks nobody', async () => {
  const { context, requests } = createBench(githubDeployKey, given, () => ({ status: 200, body: [] }));
  const none = { value: new Secret('canary-no-key'), parts: {} };

  expect(await githubDeployKey.inspect?.(context, { credential: none }).catch((problem: unknown) => problem)).toMatchObject({
    code: 'value-shape',
    fix: expect.stringContaining('first and last line'),
  });
  expect(requests).toEqual([]);
});

it('asks GitHub.com on the port that is open where 22 is not, and knows it by the keys that GitHub publishes', async () => {
  const { context, requests, hosts } = createBench(githubDeployKey, given, () => ({ status: 200, body: { isRepository: true } }));

  expect(await githubDeployKey.verify(context, credential)).toEqual({ ok: true });

  expect(hosts).toEqual(['ssh://ssh.github.com:443']);
  expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
    user: 'git',
    hostKeys: [expect.stringMatching(/^SHA256:/), expect.anything(), expect.anything()],
  });
});
