import { createHash } from 'node:crypto';
import * as z from 'zod';
import { question } from '../../lib/ssh/question.ts';
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
import { privateKeyOf, publicKeyFrom, publicKeyIn } from '../../lib/testing/keys.ts';
import { facts } from './facts.ts';

interface Key extends FakeToken {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly readOnly: boolean;
}

const wanted = z.strictObject({ title: z.string().min(1), key: z.string(), read_only: z.boolean().default(false) });
const listed = z.strictObject({
  page: z.string().regex(/^\d+$/).default('1'),
  per_page: z.string().regex(/^\d+$/).default('30'),
});

/**
 * One repository, and the host that git asks by SSH: pages in the Link header, 422 to a key that is there already, keys that come into effect
 * and go out of it a while after they were made and deleted, and 404 for whatever one may not see.
 */
export const fake = ((world: FakeWorld) => {
  const repository = 'acme/shop';
  const administrator = 'canary-github-pat-administrator';
  const api = 'https://api.github-deploy-key.test';
  const sshAddress = 'ssh://ssh.github-deploy-key.test:443';
  const place = `/repos/${repository}/keys`;
  const notFound = refusal(404, 'Not Found');

  const self = {
    api,
    otherApis: [sshAddress],
    scope: { repository, apiUrl: api, sshAddress },
    authority: { token: administrator },
    state: { tokens: [] as readonly Key[] },

    makeByHand: (title: string) => make({ title, key: publicKeyFrom(bytesOf(world.random(32))), read_only: true }),
    accepts: (value: string) => self.state.tokens.some((token) => token.value === value && works(token)),

    handle(request: FakeRequest): FakeAnswer {
      const { method, path, headers } = request;
      if (path.endsWith('.git')) return askedBySsh(request);
      if (bearerOf(request) !== administrator) return refusal(401, 'Bad credentials');
      if (headers.accept !== 'application/vnd.github+json') return refusal(415, "Unsupported 'Accept' header");
      if (headers['x-github-api-version'] !== '2022-11-28') return refusal(400, 'Invalid API version');
      if (path === place && method === 'GET') return list(request);
      if (path === place && method === 'POST') return add(jsonOf(request));
      const [, id] = /^\/repos\/acme\/shop\/keys\/(\d+)$/.exec(path) ?? [];
      const found = live().find((token) => token.id === Number(id));
      if (found === undefined) return notFound;
      if (method === 'GET') return { status: 200, body: shown(found) };
      if (method !== 'DELETE') return notFound;
      change(found, { revokedAt: world.now() });
      return { status: 204 };
    },
  };

  const works = (token: Key) => isTaken(token, world.now(), facts);
  const live = () => self.state.tokens.filter(({ revokedAt }) => revokedAt === undefined);

  function change({ ref }: Key, changes: Partial<Key>): void {
    self.state = { tokens: self.state.tokens.map((token) => (token.ref === ref ? { ...token, ...changes } : token)) };
  }

  function make({ title, key, read_only }: z.infer<typeof wanted>): Key {
    const [, blob = ''] = key.split(' ');
    const made = {
      ref: createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64url'),
      value: privateKeyOf(key),
      id: 7000 + self.state.tokens.length * 3,
      key,
      name: title,
      readOnly: read_only,
      createdAt: world.now(),
    };
    self.state = { tokens: [...self.state.tokens, made] };
    return made;
  }

  function add(body: unknown): FakeAnswer {
    const parsed = wanted.safeParse(body);
    if (!parsed.success) return invalid(`${String(parsed.error.issues[0]?.path[0])} is invalid`);
    if (!/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}$/.test(parsed.data.key))
      return invalid('key is invalid. You must supply a key in OpenSSH public key format');
    if (live().some(({ key }) => key === parsed.data.key)) return invalid('key is already in use');
    const made = make(parsed.data);
    return { status: 201, body: shown(made), headers: { location: `${api}${place}/${made.id}` } };
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const parsed = listed.safeParse(query);
    if (!parsed.success) return refusal(422, 'Validation Failed');
    const page = Number(parsed.data.page);
    const size = Math.min(Number(parsed.data.per_page), 100);
    const isMore = page * size < live().length;
    const next = `<https://api.github.com/repositories/1/keys?per_page=${size}&page=${page + 1}>; rel="next"`;
    return {
      status: 200,
      body: live()
        .slice((page - 1) * size, page * size)
        .map(shown),
      ...(isMore ? { headers: { link: next } } : {}),
    };
  }

  /** As lib/ssh asks it: the host lets in whoever has a key of any repository, and only then looks which one is wanted. */
  function askedBySsh(request: FakeRequest): FakeAnswer {
    const parsed = question.safeParse(request.method === 'POST' ? jsonOf(request) : undefined);
    if (!parsed.success) return { status: 502, body: {} };
    const { user, privateKey, hostKeys } = parsed.data;
    if (!hostKeys.includes(facts.hostKeys[0])) return { status: 421, body: {} };
    const publicKey = publicKeyIn(privateKey);
    if (publicKey === undefined) return { status: 400, body: {} };
    const found = self.state.tokens.find((token) => token.key === publicKey && works(token));
    if (user !== 'git' || found === undefined) return { status: 401, body: {} };
    change(found, { lastUsedAt: world.now() });
    return request.path === `/${repository}.git` ? { status: 200, body: { isRepository: true } } : { status: 404, body: {} };
  }

  function shown({ id, key, name, readOnly, createdAt, lastUsedAt }: Key) {
    return {
      id,
      key,
      url: `${api}${place}/${id}`,
      title: name,
      verified: true,
      created_at: new Date(createdAt).toISOString(),
      read_only: readOnly,
      added_by: 'acme-machine',
      last_used: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
      enabled: true,
    };
  }

  return self;
}) satisfies RotatorFakeFactory;

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function refusal(status: number, message: string): FakeAnswer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } };
}

function invalid(message: string): FakeAnswer {
  const errors = [{ resource: 'PublicKey', code: 'custom', field: 'key', message }];
  return { status: 422, body: { message: 'Validation Failed', errors, documentation_url: 'https://docs.github.com/rest' } };
}
