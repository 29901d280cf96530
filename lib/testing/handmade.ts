import type { RotatorFacts } from '../engine/facts.ts';
import { type FakeToken, type FakeWorld, isTaken } from './fake.ts';

/** What every fake has whose tokens only people make: they come about by hand, and by no call. A fake adds its address and its answers. */
export function handmadeTokens(
  world: FakeWorld,
  facts: Pick<RotatorFacts, 'settleSeconds' | 'deathSeconds'>,
  make: () => Omit<FakeToken, 'name' | 'createdAt'>,
) {
  const self = {
    state: { tokens: [] as readonly FakeToken[] },

    makeByHand(name: string): FakeToken {
      const token = { ...make(), name, createdAt: world.now() };
      self.state = { tokens: [...self.state.tokens, token] };
      return token;
    },

    accepts: (value: string) => self.taken(value) !== undefined,

    /** The token that is taken under this value now. */
    taken: (value: string | undefined) =>
      self.state.tokens.find((token) => token.value === value && isTaken(token, world.now(), facts)),

    /** Those that nobody has ended. */
    live: () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined),

    change(token: FakeToken, to: Partial<FakeToken>): void {
      self.state = { tokens: self.state.tokens.map((each) => (each.ref === token.ref ? { ...each, ...to } : each)) };
    },

    /** Nothing happens to what has ended before. */
    end(token: FakeToken | undefined): void {
      if (token !== undefined && token.revokedAt === undefined) self.change(token, { revokedAt: world.now() });
    },
  };
  return self;
}

/** A token that its provider names by nothing but its value. */
export function namedByValue(value: string): Pick<FakeToken, 'ref' | 'value'> {
  return { ref: value, value };
}
