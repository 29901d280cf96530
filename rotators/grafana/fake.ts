import * as z from 'zod';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  isTaken,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

const wanted = z.strictObject({ name: z.string().min(1).max(190), secondsToLive: z.int().min(0).optional() });

interface Token extends FakeToken {
  readonly name: string;
}

/**
 * A Grafana 10 below a path, which lets guests in: whoever it does not know may look at its organization. Names are unique, the last use is
 * noted every five minutes, and who deletes what is gone gets 500.
 */
export const fake = ((world: FakeWorld) => {
  const apiUrl = 'https://grafana.acme.test/monitoring/api';
  const serviceAccountId = 12;
  const keeper = 'canary-glsa_keeper';
  const tokens = `/monitoring/api/serviceaccounts/${serviceAccountId}/tokens`;

  const self = {
    api: apiUrl,
    scope: { apiUrl, serviceAccountId, lifetimeDays: 90 },
    authority: { value: keeper },
    state: { tokens: [] as readonly Token[] },

    makeByHand: (name: string) => make(name, 0),
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && works(token)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = bearerOf(request);
      const caller = self.state.tokens.find((token) => token.value === bearer && works(token));
      const isKnown = caller !== undefined || bearer === keeper;
      if (caller) note(caller);
      if (path === '/monitoring/api/org' && method === 'GET') return { status: 200, body: { id: 1, name: 'Main Org.' } };
      if (!isKnown) return problem(401, 'Invalid API key', 'api-key.invalid');
      if (path === '/monitoring/api/user' && method === 'GET') return problem(403, 'Endpoint only available for users');
      const [, account, ref] = /^\/monitoring\/api\/serviceaccounts\/([^/]+)\/tokens(?:\/([^/]+))?$/.exec(path) ?? [];
      if (account === undefined) return problem(404, 'Not found');
      if (bearer !== keeper) return problem(403, "You'll need additional permissions to perform this action.");
      if (path !== tokens && ref === undefined) return problem(404, 'service account not found');
      if (ref === undefined && method === 'GET') return { status: 200, body: [...live()].reverse().map(shown) };
      if (ref === undefined && method === 'POST') return mint(jsonOf(request));
      if (ref !== undefined && method === 'DELETE') return revoke(ref);
      return problem(404, 'Not found');
    },
  };

  const works = (token: Token) => isTaken(token, world.now(), facts);
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change(ref: string, changes: Partial<Token>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function note({ ref, lastUsedAt }: Token): void {
    const isNoted = lastUsedAt !== undefined && world.now() < lastUsedAt + facts.lastUsed.granularityMinutes * 60_000;
    if (!isNoted) change(ref, { lastUsedAt: world.now() });
  }

  function make(name: string, secondsToLive: number): Token {
    const ref = String(self.state.tokens.length + 1);
    const end = secondsToLive === 0 ? {} : { expiresAt: world.now() + secondsToLive * 1000 };
    const token = { ref, value: `canary-glsa_${world.random(32)}`, name, createdAt: world.now(), ...end };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return problem(400, 'bad request data');
    const { name, secondsToLive = 0 } = parsed.data;
    if (live().some((token) => token.name === name)) return problem(409, 'service account token already exists');
    const token = make(name, secondsToLive);
    return { status: 200, body: { id: Number(token.ref), name, key: token.value } };
  }

  function revoke(ref: string): FakeAnswer {
    if (!live().some((token) => token.ref === ref)) return problem(500, 'failed to delete service account token');
    change(ref, { revokedAt: world.now() });
    return { status: 200, body: { message: 'Service account token deleted' } };
  }

  function shown({ ref, name, createdAt, expiresAt, lastUsedAt }: Token) {
    const secondsLeft = expiresAt === undefined ? 0 : (expiresAt - world.now()) / 1000;
    const isSoon = secondsLeft > 0 && secondsLeft < 7 * 86_400;
    return {
      id: Number(ref),
      name,
      created: new Date(createdAt).toISOString(),
      lastUsedAt: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
      expiration: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      secondsUntilExpiration: isSoon ? secondsLeft : 0,
      hasExpired: expiresAt !== undefined && secondsLeft <= 0,
      isRevoked: false,
    };
  }

  return self;
}) satisfies RotatorFakeFactory;

function problem(statusCode: number, message: string, messageId = ''): FakeAnswer {
  return { status: statusCode, body: { message, messageId, statusCode, traceID: '' } };
}
