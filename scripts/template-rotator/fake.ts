import type { FakeAnswer, FakeRequest, FakeToken, FakeWorld, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

/** Say here what is awkward about the service: the suite asks no more than its fake does. */
export const fake = ((world: FakeWorld) => {
  const key = 'canary-made-up-key';

  const self = {
    api: facts.api,
    scope: {},
    authority: { key },
    state: { tokens: [] as readonly FakeToken[] },

    accepts: (value: string) => live().some((token) => token.value === value && isAwake(token)),
    makeByHand: (name: string) => make(name),

    handle({ method, path }: FakeRequest): FakeAnswer {
      return { status: 404, body: { error: `${method} ${path} is not written yet` } };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);
  const isAwake = ({ createdAt }: FakeToken) => world.now() - createdAt >= facts.settleSeconds * 1000;

  function make(name: string): FakeToken {
    const token = { ref: world.random(12), value: `canary-${world.random(32)}`, name, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  return self;
}) satisfies RotatorFakeFactory;
