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

const policy = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  permission_groups: z.array(z.strictObject({ id: z.string().length(32) })).min(1),
  resources: z.record(z.string(), z.union([z.literal('*'), z.record(z.string(), z.literal('*'))])),
});
const networks = z.array(z.union([z.cidrv4(), z.cidrv6()]));
const wanted = z.strictObject({
  name: z.string().min(1).max(120),
  policies: z.array(policy).min(1),
  condition: z.strictObject({ request_ip: z.strictObject({ in: networks.optional(), not_in: networks.optional() }) }).optional(),
  expires_on: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    .optional(),
});
const listed = z.strictObject({
  page: z.coerce.number().int().min(1).default(1),
  per_page: z.coerce.number().int().min(5).max(50).default(20),
  direction: z.enum(['asc', 'desc']).default('desc'),
  include_expired: z.enum(['true', 'false']).optional(),
});

interface Token extends FakeToken {
  readonly name: string;
  readonly policies: readonly z.infer<typeof policy>[];
}

/** One account: everything in envelopes, tokens of its own that only its own verify knows, the value shown once. */
export const fake = ((world: FakeWorld) => {
  const accountId = '023e105f4ecef8ad9ca31a8372d0c353';
  const dnsRead = { id: '82e64a83756745bbbb1c9c2701bf816b', name: 'DNS Read' };
  const groups = [dnsRead, { id: '4755a26eedb94da69e1066d98aa820be', name: 'DNS Write' }];
  const provisioner = 'canary-cfat_account-api-tokens-write';
  const resources = [`com.cloudflare.api.account.${accountId}`];
  const tokens = `/client/v4/accounts/${accountId}/tokens`;

  const self = {
    api: facts.api,
    scope: { kind: 'account', accountId, policies: [{ permissionGroups: [dnsRead.id], resources }] },
    authority: { value: provisioner },
    state: { tokens: [] as readonly Token[] },

    makeByHand: (name: string) =>
      make({
        name,
        policies: [{ effect: 'allow', permission_groups: [{ id: dnsRead.id }], resources: { [String(resources[0])]: '*' } }],
      }),
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && works(token)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = bearerOf(request);
      if (bearer === undefined) return problem(400, 6003, 'Invalid request headers');
      const caller = self.state.tokens.find((token) => token.value === bearer && works(token));
      if (caller === undefined && bearer !== provisioner) return problem(401, 1000, 'Invalid API Token');
      if (caller) change(caller, { lastUsedAt: world.now() });
      if (method === 'GET' && path === `${tokens}/verify`) return verify(caller);
      if (path !== tokens && !path.startsWith(`${tokens}/`)) return problem(404, 7003, 'Could not route to that path');
      if (caller) return problem(403, 9109, 'Unauthorized to access requested resource');
      const id = path === tokens ? undefined : path.slice(tokens.length + 1);
      if (id === undefined) return method === 'POST' ? mint(jsonOf(request)) : method === 'GET' ? list(request) : notAllowed;
      const found = live().find(({ ref }) => ref === id);
      if (found === undefined) return problem(404, 1003, 'Valid token ID required');
      if (method === 'GET') return answer(shown(found));
      if (method !== 'DELETE') return notAllowed;
      change(found, { revokedAt: world.now() });
      return answer({ id });
    },
  };
  const notAllowed = problem(405, 10405, 'Method not allowed');

  const works = (token: Token) => isTaken(token, world.now(), facts);
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change({ ref }: Token, changes: Partial<Token>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make({ name, policies, expires_on }: z.infer<typeof wanted>): Token {
    const ref = Buffer.from(world.random(16)).toString('hex');
    const end = expires_on === undefined ? {} : { expiresAt: Date.parse(expires_on) };
    const token = { ref, value: `canary-cfat_${world.random(40)}`, name, policies, createdAt: world.now(), ...end };
    self.state = { tokens: [...self.state.tokens, token] };
    return token;
  }

  function verify(caller: Token | undefined): FakeAnswer {
    if (caller === undefined) return answer({ id: 'ed17574386854bf78a67040be0a770b0', status: 'active' });
    return answer({ id: caller.ref, status: 'active', ...endOf(caller) }, 'This API Token is valid and active');
  }

  function mint(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return problem(400, 1001, 'Invalid request body');
    const ids = parsed.data.policies.flatMap(({ permission_groups }) => permission_groups.map(({ id }) => id));
    if (!ids.every((id) => groups.some((group) => group.id === id))) return problem(400, 1001, 'Invalid permission group');
    if (parsed.data.expires_on !== undefined && Date.parse(parsed.data.expires_on) <= world.now())
      return problem(400, 1001, 'expires_on must be in the future');
    const token = make(parsed.data);
    return answer({ ...shown(token), value: token.value });
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return problem(400, 1001, 'Invalid query');
    const { page, per_page, direction } = parsed.data;
    const all = direction === 'asc' ? live() : [...live()].reverse();
    const result = all.slice((page - 1) * per_page, page * per_page).map(shown);
    const result_info = { page, per_page, count: result.length, total_count: all.length };
    return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
  }

  function shown(token: Token) {
    const { ref, name, createdAt, lastUsedAt, policies } = token;
    const named = policies.map((each, index) => ({
      ...each,
      id: `policy-${index}`,
      permission_groups: each.permission_groups.map(({ id }) => groups.find((group) => group.id === id)),
    }));
    const at = wholeSeconds(createdAt);
    // To the hour, so that nobody takes it for exact.
    const last_used_on = lastUsedAt === undefined ? null : wholeSeconds(lastUsedAt - (lastUsedAt % 3_600_000));
    const isOver = token.expiresAt !== undefined && token.expiresAt <= world.now();
    const status = isOver ? 'expired' : 'active';
    return { id: ref, name, status, issued_on: at, modified_on: at, last_used_on, ...endOf(token), policies: named };
  }

  return self;
}) satisfies RotatorFakeFactory;

function endOf({ expiresAt }: Token): { expires_on?: string } {
  return expiresAt === undefined ? {} : { expires_on: wholeSeconds(expiresAt) };
}

function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function answer(result: object, message?: string): FakeAnswer {
  const messages = message === undefined ? [] : [{ code: 10000, message, type: null }];
  return { status: 200, body: { success: true, errors: [], messages, result } };
}

function problem(status: number, code: number, message: string): FakeAnswer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}
