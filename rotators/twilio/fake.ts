import * as z from 'zod';
import {
  basicOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  formOf,
  isTaken,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { facts } from './facts.ts';

interface Key extends FakeToken {
  readonly name: string;
  readonly parts: { readonly keySid: string };
  /** Undefined for a Standard key. */
  readonly permissions: readonly string[] | undefined;
}

const policy = z.strictObject({ allow: z.array(z.string().startsWith('/twilio/')).min(1).max(100) });
const wanted = z.strictObject({
  AccountSid: z.string(),
  FriendlyName: z.string().max(64).default(''),
  KeyType: z.literal('restricted').optional(),
  Policy: z.string().optional(),
});

/** One account: forms and no JSON, pages by whole addresses, and keys that may not manage keys. */
export const fake = ((world: FakeWorld) => {
  const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
  const authority = { sid: `SK${'fedcba9876543210'.repeat(2)}`, secret: 'canary-twilio-main-key' };
  const canListMessages = '/twilio/messaging/messages/list';
  const unknown = problem(404, 20404, 'The requested resource was not found');

  const self = {
    api: facts.api,
    otherApis: facts.otherHosts,
    scope: { accountSid, permissions: ['/twilio/messaging/messages/create'] },
    authority,
    state: { tokens: [] as readonly Key[] },

    makeByHand: (name: string) => make(name, undefined),
    accepts: (value: string) => self.state.tokens.some((each) => each.value === value && isTaken(each, world.now(), facts)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const { user, password } = basicOf(request) ?? {};
      const isMain = user === authority.sid && password === authority.secret;
      const caller = self.state.tokens.find((each) => each.ref === user && each.value === password && self.accepts(each.value));
      if (!isMain && caller === undefined) return problem(401, 20003, 'Authenticate');
      if (method === 'GET' && path === `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
        const isAllowed = caller?.permissions?.includes(canListMessages) ?? true;
        return isAllowed ? { status: 200, body: { messages: [] } } : problem(403, 70051, 'Authorization failed');
      }
      if (!isMain) return problem(403, 20403, 'Forbidden');
      if (path === '/v1/Keys') return method === 'POST' ? mint(formOf(request)) : list(request);
      const [, sid] = /^\/v1\/Keys\/(SK[0-9a-f]{32})$/.exec(path) ?? [];
      const found = live().find(({ ref }) => ref === sid);
      if (found === undefined) return unknown;
      if (method === 'GET') return { status: 200, body: { ...shown(found), ...policyOf(found) } };
      if (method !== 'DELETE') return problem(405, 20004, 'Method not allowed');
      const end = (each: Key) => (each === found ? { ...each, revokedAt: world.now() } : each);
      self.state = { tokens: self.state.tokens.map(end) };
      return { status: 204 };
    },
  };

  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function make(name: string, permissions: readonly string[] | undefined): Key {
    const ref = `SK${Buffer.from(world.random(16)).toString('hex')}`;
    const value = `canary-${world.random(25)}`;
    const made = { ref, value, parts: { keySid: ref }, name, permissions, createdAt: world.now() };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function mint(form: unknown): FakeAnswer {
    const parsed = wanted.safeParse(form);
    if (!parsed.success || parsed.data.AccountSid !== accountSid) return problem(400, 20001, 'Bad request');
    const { FriendlyName, KeyType, Policy } = parsed.data;
    const limits = Policy === undefined ? undefined : policy.safeParse(JSON.parse(Policy));
    if ((KeyType === undefined) !== (limits === undefined) || limits?.success === false) return problem(400, 20001, 'Bad policy');
    const made = make(FriendlyName, limits?.data?.allow);
    return { status: 201, body: { ...shown(made), ...policyOf(made), secret: made.value } };
  }

  function list({ query }: FakeRequest): FakeAnswer {
    if (query.AccountSid !== accountSid) return problem(400, 20001, 'AccountSid is required');
    const [size, number] = [Number(query.PageSize ?? 50), Number(query.Page ?? 0)];
    const sorted = [...live()].sort((a, b) => a.ref.localeCompare(b.ref)); // by their SIDs, which have no order
    const urlOf = (at: number) => `${facts.api}/v1/Keys?AccountSid=${accountSid}&PageSize=${size}&Page=${at}&PageToken=PT${at}`;
    const meta = {
      page: number,
      page_size: size,
      first_page_url: urlOf(0),
      previous_page_url: number === 0 ? null : urlOf(number - 1),
      url: urlOf(number),
      next_page_url: (number + 1) * size < sorted.length ? urlOf(number + 1) : null,
      key: 'keys',
    };
    const keys = sorted.slice(number * size, (number + 1) * size).map((each) => ({ ...shown(each), flags: ['rest_api'] }));
    return { status: 200, body: { keys, meta } };
  }

  return self;
}) satisfies RotatorFakeFactory;

function shown({ ref, name, createdAt }: Key) {
  const date = new Date(createdAt).toUTCString().replace('GMT', '+0000');
  return { sid: ref, friendly_name: name, date_created: date, date_updated: date };
}

function policyOf({ permissions }: Key) {
  return { policy: permissions === undefined ? null : { allow: permissions } };
}

function problem(status: number, code: number, message: string): FakeAnswer {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}
