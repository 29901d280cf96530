import * as z from 'zod';
import {
  basicOf,
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';

interface Token extends FakeToken {
  readonly readOnly: boolean;
}

const wanted = z.strictObject({ password: z.string(), readonly: z.boolean(), cidr_whitelist: z.array(z.string()) });

/** Verdaccio 6.8 as it was seen: no names, guests welcome to whoami, deleting what is not there is fine. */
export const fake = ((world: FakeWorld) => {
  const user = 'ci-bot';
  const password = 'canary-npm-password';
  const denied: FakeAnswer = { status: 401, body: { error: 'bad username/password, access denied' } };

  const self = {
    api: 'https://registry.npm-registry.test',
    scope: { registryUrl: 'https://registry.npm-registry.test', user },
    authority: { user, password },
    state: { tokens: [] as readonly Token[] },

    makeByHand: () => make(false), // it keeps no name
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && token.revokedAt === undefined),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method === 'GET' && path === '/-/whoami') return whoami(bearerOf(request));
      const isAdmin = basicOf(request)?.user === user && basicOf(request)?.password === password;
      if (path === '/-/npm/v1/tokens') {
        if (!isAdmin) return denied;
        if (method === 'GET') return { status: 200, body: { objects: live().map(shown), urls: { next: '' } } };
        if (method === 'POST') return mint(jsonOf(request));
      }
      const [, key] = /^\/-\/npm\/v1\/tokens\/token\/([^/]+)$/.exec(path) ?? [];
      if (method === 'DELETE' && key !== undefined) return isAdmin ? revoke(decodeURIComponent(key)) : denied;
      return { status: 404, body: `<pre>Cannot ${method} ${path}</pre>` };
    },
  };

  function make(readOnly: boolean): Token {
    const token = { ref: world.random(32), value: `canary-npm-${world.random(40)}`, createdAt: world.now(), readOnly };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function live() {
    return self.state.tokens.filter((token) => token.revokedAt === undefined);
  }

  function whoami(value: string | undefined): FakeAnswer {
    const token = self.state.tokens.find((each) => each.value === value);
    if (token === undefined) return { status: 200, body: {} };
    if (token.revokedAt !== undefined) return { status: 403, body: { error: 'unauthorized access' } };
    return { status: 200, body: { username: user } };
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return { status: 422, body: { error: 'the parameters are not valid' } };
    if (parsed.data.password !== password) return denied;
    const token = make(parsed.data.readonly);
    return { status: 200, body: { ...shown(token), token: token.value, user } };
  }

  function revoke(key: string): FakeAnswer {
    const end = (token: Token) =>
      token.ref === key && token.revokedAt === undefined ? { ...token, revokedAt: world.now() } : token;
    self.state = { tokens: self.state.tokens.map(end) };
    return { status: 200, body: {} };
  }

  function shown({ ref, value, createdAt, readOnly }: Token) {
    const token = `${value.slice(0, 5)}...${value.slice(-5)}`;
    return { user, token, key: ref, cidr: [], readonly: readOnly, created: new Date(createdAt).toISOString() };
  }

  return self;
}) satisfies RotatorFakeFactory;
