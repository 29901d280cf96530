import { facts } from '../../rotators/gitlab/facts.ts';
import { fake as gitlab } from '../../rotators/gitlab/fake.ts';
import type { FakeRequest, FakeWorld } from '../testing/fake.ts';
import { answerWithFaults } from './faults.ts';
import { readJson, writeJson } from './files.ts';
import { serveOnLoopback } from './loopback.ts';

/** GitLab as far as its fake knows it, on loopback: the second provider of the story, which tells of last uses, scopes and expiries. */
export interface Forge {
  readonly url: string;
  readonly authority: Readonly<Record<string, string>>;
  /** Requests that change something. */
  writes(): number;
  /** What it says to a token: 200 or 401. Asking is a use. */
  ask(token: string): number;
  /** A person makes one on the page of the project; it ends after a month. */
  makeByHand(): string;
  /** A person gives a token more than it is meant to have. */
  widen(token: string, scope: string): void;
  /** A person revokes a token, at once. */
  revokeByHand(token: string): void;
  close(): void;
}

const agedSeconds = facts.settleSeconds + 1;

/** What it knows is kept in a file, so that it survives a restart as the secrets do. */
export async function startForge(world: FakeWorld, file: string): Promise<Forge> {
  const fake = gitlab(world);
  fake.state = (readJson(file) as typeof fake.state | undefined) ?? fake.state;
  const save = () => writeJson(file, fake.state);
  let writes = 0;
  /** The real one takes a new token after half a minute, and refuses a revoked one after a minute: so long nobody watches a story. */
  const hurry = () => {
    const ago = (at: number, seconds: number) => Math.min(at, world.now() - seconds * 1000);
    fake.state = {
      tokens: fake.state.tokens.map((token) => ({
        ...token,
        createdAt: ago(token.createdAt, agedSeconds),
        ...(token.revokedAt === undefined ? {} : { revokedAt: ago(token.revokedAt, facts.deathSeconds + 1) }),
      })),
    };
  };
  let origin = ''; // nobody asks before it is known
  const { url, close } = await serveOnLoopback({
    handle(request) {
      const answer = answerWithFaults(fake, { origin, file, now: world.now(), agedSeconds }, request);
      if (request.method !== 'GET') {
        writes += 1;
        hurry();
      }
      save();
      return answer;
    },
  });
  origin = url;
  const change = (value: string, changes: (token: (typeof fake.state.tokens)[number]) => object) => {
    fake.state = {
      tokens: fake.state.tokens.map((token) => (token.value === value ? { ...token, ...changes(token) } : token)),
    };
    save();
  };
  const self = (token: string): FakeRequest => ({
    method: 'GET',
    path: '/api/v4/personal_access_tokens/self',
    query: {},
    headers: { authorization: `Bearer ${token}` },
    body: '',
  });
  return {
    url,
    authority: fake.authority,
    writes: () => writes,
    ask: (token) => fake.handle(self(token)).status,
    makeByHand() {
      const { value } = fake.makeByHand('made by a person');
      hurry();
      save();
      return value;
    },
    widen: (value, scope) => change(value, ({ scopes }) => ({ scopes: [...scopes, scope] })),
    revokeByHand(value) {
      change(value, () => ({ revokedAt: world.now() }));
      hurry();
      save();
    },
    close,
  };
}
