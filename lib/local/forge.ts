import { facts } from '../../rotators/gitlab/facts.ts';
import { fake as gitlab } from '../../rotators/gitlab/fake.ts';
import type { FakeAnswer, FakeRequest, FakeWorld } from '../testing/fake.ts';
import type { drillFaultIn } from './drill-faults.ts';
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

/** Whose stand-in it is. */
export const forgeProvider = facts.name;

const forbidden: FakeAnswer = { status: 403, body: { message: '403 Forbidden' } };

/** What it knows is kept in a file, so that it survives a restart as the secrets do. `faultNow`: what it does wrong, if anything. */
export async function startForge(
  world: FakeWorld,
  file: string,
  faultNow: () => ReturnType<typeof drillFaultIn>,
): Promise<Forge> {
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
        createdAt: ago(token.createdAt, facts.settleSeconds + 1),
        ...(token.revokedAt === undefined ? {} : { revokedAt: ago(token.revokedAt, facts.deathSeconds + 1) }),
      })),
    };
  };
  /** The fault under which tokens are made, and which were there before it. */
  let known: { readonly since: number; readonly refs: readonly string[] } | undefined;
  const answerTo = (request: FakeRequest): FakeAnswer => {
    const now = faultNow();
    if (now === undefined) return fake.handle(request);
    if (known?.since !== now.since) known = { since: now.since, refs: fake.state.tokens.map(({ ref }) => ref) };
    const { refs } = known;
    const { fault } = now;
    if (fault === 'making-refused' && request.method === 'POST') return forbidden;
    if (fault === 'ending-refused' && request.method === 'DELETE') return forbidden;
    const bearer = request.headers.authorization?.replace('Bearer ', '');
    const isNew = fake.state.tokens.some(({ ref, value }) => value === bearer && !refs.includes(ref));
    if (fault === 'new-one-refused' && isNew) return { status: 401, body: { message: '401 Unauthorized' } };
    const answer = fake.handle(request);
    return fault === 'answer-lost' && request.method === 'POST' ? { status: 502, body: '<html>Bad Gateway</html>' } : answer;
  };
  const { url, close } = await serveOnLoopback({
    handle(request) {
      const answer = answerTo(request);
      if (request.method !== 'GET') {
        writes += 1;
        hurry();
      }
      save();
      return answer;
    },
  });
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
