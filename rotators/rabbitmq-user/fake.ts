import * as z from 'zod';
import {
  basicOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';

interface User extends FakeToken {
  readonly parts: { readonly user: string };
  readonly tags: string;
  readonly permissions?: unknown;
}

const wanted = z.strictObject({ password: z.string().min(1), tags: z.string() });
const rights = z.strictObject({ configure: z.string(), write: z.string(), read: z.string() });

/** RabbitMQ 3.10 as it was seen: names are all there is, whoami is closed to those who may only connect, and PUT of who is there is 204. */
export const fake = ((world: FakeWorld) => {
  const admin = { user: 'keyturn', password: 'canary-rabbit-administrator' };
  const failed = refusal(401, 'not_authorized', 'Login failed');
  const notFound = refusal(404, 'Object Not Found', 'Not Found');

  const self = {
    api: 'https://rabbit.rabbitmq-user.test',
    scope: {
      managementUrl: 'https://rabbit.rabbitmq-user.test',
      user: 'billing',
      permissions: { configure: '', write: '^invoices$', read: '' },
    },
    authority: admin,
    state: { tokens: [] as readonly User[] },

    makeByHand: (name: string) => make({ ref: `billing-${name}`, value: `canary-${world.random(36)}`, tags: '' }),
    accepts: (value: string) => live().some((user) => user.value === value),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const { user = '', password } = basicOf(request) ?? {};
      const isAdmin = user === admin.user && password === admin.password;
      const caller = live().find(({ ref, value }) => ref === user && value === password);
      if (!isAdmin && caller === undefined) return failed;
      if (caller !== undefined && caller.tags === '') return refusal(401, 'not_authorised', 'Not management user');
      if (method === 'GET' && path === '/api/whoami') {
        return { status: 200, body: { name: user, tags: caller?.tags.split(',') ?? ['administrator'] } };
      }
      if (!isAdmin) return refusal(401, 'not_authorised', 'Not administrator user');
      if (method === 'GET' && path === '/api/users') return { status: 200, body: [shownAdmin, ...live().map(shown)] };
      const [, name = ''] = /^\/api\/users\/([^/]+)$/.exec(path) ?? [];
      const [, subject = ''] = /^\/api\/permissions\/%2F\/([^/]+)$/.exec(path) ?? [];
      if (method === 'PUT' && name !== '') return putUser(decodeURIComponent(name), jsonOf(request));
      if (method === 'PUT' && subject !== '') return putPermissions(decodeURIComponent(subject), jsonOf(request));
      const found = live().find(({ ref }) => ref === decodeURIComponent(name));
      if (method !== 'DELETE' || found === undefined) return notFound;
      change(found, { revokedAt: world.now() });
      return { status: 204 };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);
  const shownAdmin = { name: admin.user, tags: ['administrator'], limits: {} };

  function change({ ref }: User, changes: Partial<User>): void {
    const isIt = (user: User) => user.ref === ref && user.revokedAt === undefined;
    self.state = { tokens: self.state.tokens.map((user) => (isIt(user) ? { ...user, ...changes } : user)) };
  }

  function make({ ref, value, tags }: Pick<User, 'ref' | 'value' | 'tags'>): User {
    const made = { ref, value, tags, name: ref.slice('billing-'.length), parts: { user: ref }, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function putUser(ref: string, body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return refusal(400, 'bad_request', 'tags_not_present');
    const { password: value, tags } = parsed.data;
    const there = live().find((user) => user.ref === ref);
    if (there === undefined) make({ ref, value, tags });
    else change(there, { value, tags });
    return { status: there === undefined ? 201 : 204 };
  }

  function putPermissions(name: string, body: unknown): FakeAnswer {
    const found = live().find(({ ref }) => ref === name);
    const parsed = rights.safeParse(body);
    if (found === undefined || !parsed.success) return refusal(400, 'bad_request', 'vhost_or_user_not_found');
    const isNew = found.permissions === undefined;
    change(found, { permissions: parsed.data });
    return { status: isNew ? 201 : 204 };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, tags }: User) {
  return {
    name: ref,
    password_hash: 'a hash',
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: tags.split(','),
    limits: {},
  };
}

function refusal(status: number, error: string, reason: string): FakeAnswer {
  return { status, body: { error, reason } };
}
