import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { type DependentFakeFactory, type FakeAnswer, type FakeRequest, type FakeWorld, jsonOf } from '../../lib/testing/fake.ts';

const message = z.strictObject({
  type: z.enum(['secret.rotated', 'secret.verify']),
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    secret: z.string().optional(),
    token: z.string().optional(),
    version_id: z.string().optional(),
    value: z.string().optional(),
  }),
});

const secret = `whsec_${Buffer.from('canary-webhook-signing-secret-32').toString('base64')}`;
const key = Buffer.from(secret.slice('whsec_'.length), 'base64');

/** A receiver that checks the signature by hand, drops ids that it has seen, and answers with a fingerprint of what it uses. */
export const fake = ((world: FakeWorld) => {
  const self = {
    api: 'https://hooks.webhook.test',
    target: { url: 'https://hooks.webhook.test/token', sends: 'value', answers: 'fingerprint' },
    authority: { secret },
    state: { value: undefined as string | undefined, seen: [] as string[] },

    handle(request: FakeRequest): FakeAnswer {
      if (request.method !== 'POST' || request.path !== '/token') return { status: 404 };
      const {
        'webhook-id': id = '',
        'webhook-timestamp': timestamp = '',
        'webhook-signature': signatures = '',
      } = request.headers;
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${request.body}`).digest('base64');
      if (!/^[A-Za-z0-9_-]+$/.test(id) || !signatures.split(' ').includes(`v1,${signature}`)) return { status: 401 };
      if (Math.abs(world.now() / 1000 - Number(timestamp)) > 300) return { status: 400 };
      const parsed = message.safeParse(jsonOf(request));
      if (!parsed.success) return { status: 422 };
      const { type, data } = parsed.data;
      if (type === 'secret.rotated' && !self.state.seen.includes(id)) {
        if (data.value === undefined) return { status: 422 };
        self.state = { value: data.value, seen: [...self.state.seen, id] };
      }
      return { status: 200, body: { status: 'applied', ...fingerprint() } };
    },

    holds: () => self.state.value,
    tamper: (value: string) => {
      self.state = { ...self.state, value };
    },
    neighbours: () => undefined,
  };

  function fingerprint() {
    if (self.state.value === undefined) return {};
    return { fingerprint: createHmac('sha256', key).update(self.state.value).digest('hex').slice(0, 16) };
  }

  return self;
}) satisfies DependentFakeFactory;
