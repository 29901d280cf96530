// The suite holds every kind of provider, and not only those whose old and new tokens live side by side. Each of these is Lantern with the
// one difference that its strategy is.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AnyRotator } from '../../lib/engine/contract.ts';
import { can, cannot } from '../../lib/engine/facts.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { rotatorConformance } from '../../lib/testing/conformance/rotator.ts';
import type { FakeAnswer, FakeRequest, FakeWorld, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { bearerOf, jsonOf } from '../../lib/testing/fake.ts';
import { lantern as lanternAsItIs, lanternFake } from '../../lib/testing/lantern.ts';

const lantern: AnyRotator = lanternAsItIs;
const keys = '/projects/lighthouse/keys';
const issued = z.object({ id: z.string().min(1), secret: z.string().min(1) });
const accepted = z.object({ id: z.string().min(1) });

/** Keyturn chooses the value; Lantern is told of it under an id of our own. */
const chosen: AnyRotator = {
  ...lantern,
  facts: { ...lantern.facts, strategy: 'byo' },
  async mint(_context, { random }) {
    const value = new Secret(`canary-chosen-${Buffer.from(random(24)).toString('hex')}`);
    return { credential: { value, parts: {} }, ref: Buffer.from(random(9)).toString('hex') };
  },
  async install({ http, authority: { key } }, { credential, ref }, mark) {
    const json = { name: mark, secret: credential.value };
    const answer = await http('PUT', `${keys}/${ref}`, { bearer: key, json, idempotent: true });
    answer.json(accepted);
  },
};

/** There is one key, and whoever asks for a new one ends it. */
const replaced: AnyRotator = {
  facts: {
    ...lantern.facts,
    strategy: 'replace',
    mark: cannot('there is only one key, and it has no name'),
    list: cannot('there is only one key'),
    revoke: cannot('making the next one ends it'),
    slots: cannot('there is only one key'),
  },
  scope: lantern.scope,
  authority: lantern.authority,
  async mint({ http, authority: { key } }) {
    const { id, secret } = (await http('POST', `${keys}/renew`, { bearer: key })).json(issued);
    return { credential: { value: new Secret(secret), parts: {} }, ref: id };
  },
  verify: lantern.verify,
};

/** Keys are made in a browser; which one was submitted is told by the key itself. */
const assisted: AnyRotator = {
  ...lantern,
  facts: { ...lantern.facts, kind: 'assisted', mark: cannot('a person names it') },
  async mint() {
    throw new Error('the engine takes up what was submitted instead');
  },
  async inspect({ http }, { credential }) {
    const answer = await http('GET', '/me', { bearer: credential.value, accept: [401] });
    return answer.status === 401 ? {} : { ref: answer.json(z.object({ key: z.string() })).key };
  },
};

/** Each use is written down over there, by the hour, and can be looked up. */
const watched: AnyRotator = {
  ...lantern,
  facts: { ...lantern.facts, lastUsed: can({ granularityMinutes: 60, lagMinutes: 0 }) },
  async inspect({ http, authority: { key } }, { ref }) {
    const answer = await http('GET', `${keys}/${ref}`, { bearer: key, accept: [404] });
    if (answer.status === 404) return {};
    return { ref, lastUsedAt: answer.json(z.object({ usedAt: z.number().nullable() })).usedAt };
  },
};

/** Lantern, with an answer of its own to some requests. */
function lanternWith(
  answer: (fake: ReturnType<typeof lanternFake>, world: FakeWorld, request: FakeRequest) => FakeAnswer | undefined,
) {
  return ((world) => {
    const fake = lanternFake(world);
    const { handle } = fake;
    return Object.assign(fake, { handle: (request: FakeRequest) => answer(fake, world, request) ?? handle(request) });
  }) satisfies RotatorFakeFactory;
}

const chosenFake = lanternWith((fake, world, request) => {
  const [, ref] = /^\/projects\/lighthouse\/keys\/([0-9a-f]{18})$/.exec(request.path) ?? [];
  if (request.method !== 'PUT' || ref === undefined) return undefined;
  const { name, secret } = z.strictObject({ name: z.string(), secret: z.string() }).parse(jsonOf(request));
  const there = fake.state.tokens.find((token) => token.ref === ref);
  if (there !== undefined) return there.value === secret ? { status: 200, body: { id: ref } } : { status: 409, body: {} };
  fake.state = { tokens: [...fake.state.tokens, { ref, name, value: secret, createdAt: world.now() }] };
  return { status: 201, body: { id: ref } };
});

const replacedFake = lanternWith((fake, world, { method, path }) => {
  if (method !== 'POST' || path !== `${keys}/renew`) return undefined;
  const ended = fake.state.tokens.map((token) => ({ ...token, revokedAt: token.revokedAt ?? world.now() }));
  fake.state = { tokens: ended };
  const { ref, value } = fake.makeByHand('the only one');
  return { status: 200, body: { id: ref, secret: value } };
});

const watchedFake = lanternWith((fake, world, request) => {
  const bearer = bearerOf(request);
  if (request.method === 'GET' && request.path === '/me' && bearer !== undefined && fake.accepts(bearer)) {
    const used = fake.state.tokens.map((token) => (token.value === bearer ? { ...token, lastUsedAt: world.now() } : token));
    fake.state = { tokens: used };
  }
  const [, ref] = /^\/projects\/lighthouse\/keys\/([^/]+)$/.exec(request.path) ?? [];
  if (request.method !== 'GET' || ref === undefined) return undefined;
  if (bearer !== fake.authority.key) return { status: 401, body: {} };
  const token = fake.state.tokens.find((each) => each.ref === ref && each.revokedAt === undefined);
  if (token === undefined) return { status: 404, body: {} };
  const { lastUsedAt } = token;
  return { status: 200, body: { usedAt: lastUsedAt === undefined ? null : lastUsedAt - (lastUsedAt % 3_600_000) } };
});

describe.each([
  ['whose provider writes every use down', watched, watchedFake],
  ['whose value we choose', chosen, chosenFake],
  ['whose new token ends the old one', replaced, replacedFake],
  ['whose tokens only a person can make', assisted, lanternFake],
] as const)('a rotator %s', (_kind, rotator, fake) => {
  for (const { name, skip, run } of rotatorConformance(rotator, fake)) {
    if (skip === undefined) it(name, run);
    else it.skip(`${name} (${skip})`, run);
  }
});

it.each<[string, AnyRotator['inspect']]>([
  ['tells nothing of a token that was never used', async (_context, { ref }) => ({ ref })],
  [
    'calls a token used because it is there',
    async (context, { ref }) => {
      const found = await lantern.find?.(context);
      return { ref, lastUsedAt: found?.find((each) => each.ref === ref)?.createdAt ?? null };
    },
  ],
  ['never hears of a use', async (_context, { ref }) => ({ ref, lastUsedAt: null })],
])('refuses a rotator that %s', async (_fault, inspect) => {
  const refused: string[] = [];
  const checks = rotatorConformance({ ...watched, inspect }, watchedFake);
  for (const { name, run } of checks.filter(({ name }) => name.startsWith('tells when a token was last used'))) {
    await run().catch(() => refused.push(name));
  }

  expect(refused).toHaveLength(1);
});

it('refuses a rotator that installs what it chose without reading the answer', async () => {
  const deaf: AnyRotator = {
    ...chosen,
    async install({ http, authority: { key } }, { credential, ref }, mark) {
      const json = { name: mark, secret: credential.value };
      await http('PUT', `${keys}/${ref}`, { bearer: key, json, idempotent: true });
    },
  };
  const refused: string[] = [];
  for (const { name, run } of rotatorConformance(deaf, chosenFake).filter(({ skip }) => skip === undefined)) {
    await run().catch(() => refused.push(name));
  }

  expect(refused.join('\n')).toMatch(/login page with 200 in answer to a mint/);
});
