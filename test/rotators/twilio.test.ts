import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeRequest } from '../../lib/testing/fake.ts';
import { twilio } from '../../rotators/twilio/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const credential = { value: new Secret('canary-secret'), parts: { keySid: new Secret(`SK${'0'.repeat(32)}`) } };

it('gives a Restricted key its permissions, stores SID and secret, and ends the old one on evidence', async () => {
  const life = await createLife({ provider: 'twilio', token: { expect: { scopes: ['/twilio/messaging/messages/create'] } } });
  expect(await life.rotate()).toEqual([]);
  const old = String(life.value());
  life.clock.advance(hour);

  expect(await life.rotate()).toEqual([]);

  expect(JSON.parse(life.text() ?? '')).toEqual({ VALUE: life.value(), KEYSID: expect.stringMatching(/^SK[0-9a-f]{32}$/) });
  await life.retireFully();
  expect(life.live()).toEqual([life.value()]);
  expect(life.issuer.accepts(old)).toBe(false);
  expect(calledIn(life.exchanges.ofProvider)).toContain('POST /v1/Keys');
});

it.each([
  ['a key that works', 200, { messages: [] }, { ok: true }],
  ['one that may not see messages', 403, { code: 70051 }, { ok: true }],
  [
    'one that is not known',
    401,
    { code: 20003 },
    { ok: false, why: 'rejected', detail: 'GET Messages answered with error 20003' },
  ],
])('judges by the error code and not by the status: %s', async (_what, status, body, verdict) => {
  const { context } = bench({ status, body });

  expect(await twilio.verify(context, credential)).toEqual(verdict);
});

it('takes no other refusal for the end of a key', async () => {
  const { context } = bench({ status: 401, body: { code: 20005 } });

  await expect(twilio.verify(context, credential)).rejects.toMatchObject({ code: 'refused', definite: true });
});

it('asks for a Standard key where the catalog names no permissions', async () => {
  const { context, requests } = bench({ status: 201, body: { sid: 'SK1', secret: 'canary-new' } });

  await twilio.mint(context, { mark: 'the mark', now: 0, random: (bytes) => new Uint8Array(bytes) });

  expect(fields(requests[0])).toEqual({ AccountSid: accountSid, FriendlyName: 'the mark' });
});

function fields(request: FakeRequest | undefined) {
  return Object.fromEntries(new URLSearchParams(request?.body));
}

function bench(answer: { status: number; body: object }) {
  return createBench(twilio, { scope: { accountSid }, authority: { sid: 'SK2', secret: 'canary-main' } }, () => answer);
}
