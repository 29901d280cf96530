import type { DependentFakeFactory, FakeAnswer, FakeRequest, FakeWorld } from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

/** Say here what is awkward about the service: the suite asks no more than its fake does. */
export const fake = ((_world: FakeWorld) => {
  const key = 'canary-made-up-key';

  const self = {
    api: facts.api,
    target: {},
    authority: { key },
    state: { value: undefined as string | undefined },

    holds: () => self.state.value,
    tamper(value: string) {
      self.state = { ...self.state, value };
    },
    neighbours: () => undefined,

    handle({ method, path }: FakeRequest): FakeAnswer {
      return { status: 404, body: { error: `${method} ${path} is not written yet` } };
    },
  };

  return self;
}) satisfies DependentFakeFactory;
