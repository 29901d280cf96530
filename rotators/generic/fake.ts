import type { FakeAnswer, FakeRequest, FakeWorld, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** A provider of which nobody knows anything: a header of its own, and 403 to a token that it does not know. */
export const fake = ((world: FakeWorld) => {
  const url = 'https://api.orchard.test/v2/who';
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-orchard-${world.random(40)}`));

  return Object.assign(tokens, {
    api: url,
    scope: {
      url,
      header: 'X-Orchard-Key',
      prefix: 'Key ',
      expectStatus: [200],
      rejectStatus: [403],
      field: 'data.gardener',
      equals: 'acme',
    },
    authority: {},

    handle({ method, path, headers }: FakeRequest): FakeAnswer {
      const [, value] = /^Key (\S+)$/.exec(headers['x-orchard-key'] ?? '') ?? [];
      if (tokens.taken(value) === undefined) return { status: 403, body: { errors: ['no such key'] } };
      if (method !== 'GET' || path !== '/v2/who') return { status: 404, body: { errors: ['no such thing'] } };
      return { status: 200, body: { data: { gardener: 'acme', trees: 3 } } };
    },
  });
}) satisfies RotatorFakeFactory;
