import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { fake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import type { Copy } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoors } from '../../lib/http/door.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { type FakeRequest, fetchOf } from '../../lib/testing/fake.ts';
import { legibleKeys } from '../../lib/testing/keys.ts';
import { createWorld } from '../../lib/testing/world.ts';

const first = `whsec_${Buffer.from('canary-first-signing-secret-00').toString('base64')}`;
const second = `whsec_${Buffer.from('canary-second-signing-secret-0').toString('base64')}`;

/** A receiver that keeps what it gets; judged by the standard's own library, which knows nothing of us. */
function createReceiver(options: { sends?: 'reference' | 'value'; previous?: string; now?: number } = {}) {
  const got: FakeRequest[] = [];
  const handle = (request: FakeRequest) => {
    got.push(request);
    return { status: 204 };
  };
  const http = createDoors({
    fetch: fetchOf([{ api: 'https://hooks.test', handle }]),
    clock: { now: () => 0, sleep: async () => {} },
    random: (bytes) => new Uint8Array(bytes),
    remaining: () => 60_000,
    resolve: async () => [],
  })('webhook', { api: 'https://hooks.test/in', hosts: ['https://hooks.test'] });
  const context = {
    http,
    aws: () => {
      throw new Error('a webhook needs no AWS');
    },
    crypto: {
      seal: () => {
        throw new Error('a webhook seals nothing');
      },
      ...legibleKeys((bytes) => new Uint8Array(bytes)),
    },
    target: { url: 'https://hooks.test/in', sends: options.sends ?? ('reference' as const), answers: 'acknowledgement' as const },
    authority: {
      secret: new Secret(first),
      ...(options.previous === undefined ? {} : { previous: new Secret(options.previous) }),
    },
    now: options.now ?? Date.now(),
  };
  return { got, context };
}

const copy: Copy = {
  value: new Secret('canary-the-token'),
  versionId: 'version-1',
  secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf',
  token: 'app-token',
};

it('is signed so that the library of Standard Webhooks takes it', async () => {
  const { got, context } = createReceiver();

  await webhook.apply(context, copy, { readClass: 'none', exists: undefined });

  const message = new Webhook(first).verify(got[0]?.body ?? '', got[0]?.headers ?? {});
  expect(message).toMatchObject({ type: 'secret.rotated', data: { token: 'app-token', version_id: 'version-1' } });
});

it('holds the token only where the catalog says so', async () => {
  const thin = createReceiver();
  const full = createReceiver({ sends: 'value' });

  await webhook.apply(thin.context, copy, { readClass: 'none', exists: undefined });
  await webhook.apply(full.context, copy, { readClass: 'none', exists: undefined });

  expect(thin.got[0]?.body).not.toContain('canary-the-token');
  expect(full.got[0]?.body).toContain('canary-the-token');
});

it('carries the signature of the previous signing secret too, while there is one', async () => {
  const { got, context } = createReceiver({ previous: second });

  await webhook.apply(context, copy, { readClass: 'none', exists: undefined });

  for (const secret of [first, second])
    expect(() => new Webhook(secret).verify(got[0]?.body ?? '', got[0]?.headers ?? {})).not.toThrow();
});

it('has another id each time, because receivers drop ids that they have seen', async () => {
  const now = Date.now();
  const earlier = createReceiver({ now });
  const later = createReceiver({ now: now + 1000 });

  await webhook.apply(earlier.context, copy, { readClass: 'none', exists: undefined });
  await webhook.apply(later.context, copy, { readClass: 'none', exists: undefined });

  expect(earlier.got[0]?.headers['webhook-id']).not.toBe(later.got[0]?.headers['webhook-id']);
  expect(earlier.got[0]?.headers['webhook-id']).toMatch(/^msg_[A-Za-z0-9_-]{27}$/);
});

it('refuses a signing secret that is none, and does not show it', async () => {
  const { context } = createReceiver();
  const bad = { ...context, authority: { secret: new Secret('canary-no-signing-secret') } };

  const failing = webhook.apply(bad, copy, { readClass: 'none', exists: undefined });

  await expect(failing).rejects.toMatchObject({ code: 'authority' });
  await expect(failing).rejects.not.toThrow(/canary/);
});

it('has a fake that the library and the fake agree about', async () => {
  const { got, context } = createReceiver({ sends: 'value' });
  const receiver = fake({ ...createWorld({ registry }).fakeWorld, now: () => context.now });
  const authority = { secret: new Secret(receiver.authority?.secret ?? '') };

  await webhook.apply({ ...context, authority }, copy, { readClass: 'none', exists: undefined });
  const [request] = got;
  const answer = receiver.handle({ ...(request as FakeRequest), path: '/token' });

  expect(answer.status).toBe(200);
  expect(receiver.holds()).toBe('canary-the-token');
  expect(() => new Webhook(receiver.authority?.secret ?? '').verify(request?.body ?? '', request?.headers ?? {})).not.toThrow();
});
