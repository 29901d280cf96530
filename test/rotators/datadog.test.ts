import { describe, expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { datadogApiKey } from '../../rotators/datadog-api-key/index.ts';
import { datadogApplicationKey } from '../../rotators/datadog-application-key/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const apiUrl = 'https://api.us5.datadoghq.com';
const authority = { apiKey: 'canary-authority-1', applicationKey: 'canary-authority-2' };
const known: FakeAnswer = { status: 200, body: { valid: true } };
const unknown: FakeAnswer = { status: 403, body: { errors: ['Forbidden'] } };

describe('an API key', () => {
  const credential = { value: new Secret('canary-key'), parts: {} };
  const bench = (answer: (request: FakeRequest) => FakeAnswer) =>
    createBench(datadogApiKey, { scope: { apiUrl }, authority }, answer);

  it('is shown to its own site alone, and judged by what is said of it', async () => {
    const { context, hosts, requests } = bench(() => known);

    expect(await datadogApiKey.verify(context, credential)).toEqual({ ok: true });
    expect(await datadogApiKey.verify(bench(() => unknown).context, credential)).toMatchObject({ ok: false, why: 'rejected' });
    expect(hosts).toEqual([apiUrl]);
    expect(requests[0]?.headers).toMatchObject({ 'dd-api-key': 'canary-key' });
    expect(requests[0]?.headers).not.toHaveProperty('dd-application-key');
  });

  it('is not called dead by a 403 of what stands before Datadog', async () => {
    const { context } = bench(() => ({ status: 403, body: '<h1>blocked' }));

    await expect(datadogApiKey.verify(context, credential)).rejects.toMatchObject({ code: 'malformed' });
  });

  it('is found by its value, and its last use by a list that shows no value', async () => {
    const life = await createLife({ provider: 'datadog-api-key' });
    await life.rotate();
    const [token] = life.issuer.state.tokens;
    const { rotator, withAuthority } = await life.open(life.token);

    const told = await withAuthority(async (context) =>
      rotator.inspect?.(context, { credential: { value: new Secret(String(token?.value)), parts: {} } }),
    );

    const read = life.exchanges.ofProvider.filter(({ request }) => request.method === 'GET');
    expect(told?.ref).toBe(token?.ref);
    expect(read.length).toBeGreaterThan(0);
    expect(JSON.stringify(read.map(({ answer }) => answer.body))).not.toContain(token?.value);
  });

  it('is ended when it has been quiet for long enough to be told', async () => {
    const life = await createLife({ provider: 'datadog-api-key', dependent: 'webhook' });
    await life.rotate();
    await life.rotate();
    await life.retire();
    life.clock.advance(26 * hour);
    expect(await life.retire()).toMatchObject([{ outcome: 'held', code: 'still-used' }]);
    life.clock.advance(48 * hour);
    // It works for longer than a sweep waits, and the next one finds it revoked and dead.
    expect(await life.retire()).toMatchObject([{ outcome: 'waits' }]);
    life.clock.advance(hour);

    expect(await life.retire()).toMatchObject([{ outcome: 'revoked' }]);
    expect(life.place?.holds()).toBe(life.value());
  });
});

describe('an application key', () => {
  const scope = { apiUrl, serviceAccountId: '3e9f0b7c-0d53-4a7e-9a53-0a7f1f0c1d22' };
  const credential = { value: new Secret('canary-key'), parts: { apiKey: new Secret('canary-api-key') } };
  const bench = (answer: (request: FakeRequest) => FakeAnswer) =>
    createBench(datadogApplicationKey, { scope, authority }, answer);

  it('is called dead only where the API key beside it is known', async () => {
    const { context, requests } = bench(({ path }) => (path === '/api/v1/validate' ? known : unknown));

    expect(await datadogApplicationKey.verify(context, credential)).toMatchObject({ ok: false, why: 'rejected' });
    expect(calledIn(requests.map((request) => ({ request })))).toEqual(['GET /api/v2/validate_keys', 'GET /api/v1/validate']);
    await expect(datadogApplicationKey.verify(bench(() => unknown).context, credential)).rejects.toMatchObject({
      code: 'refused',
    });
  });

  it('is stored with the API key that it needs, and is no use without', async () => {
    const life = await createLife({ provider: 'datadog-application-key', token: { expect: { scopes: ['dashboards_read'] } } });
    expect(await life.rotate()).toEqual([]);

    expect(JSON.parse(String(life.text()))).toEqual({ VALUE: life.live()[0], APIKEY: life.issuer.authority.apiKey });
    await expect(datadogApplicationKey.verify(bench(() => known).context, { ...credential, parts: {} })).rejects.toMatchObject({
      code: 'refused',
    });
  });
});
