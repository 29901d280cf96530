import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AnyRotator, Rotator } from '../../lib/engine/contract.ts';
import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';
import { releasedLabel } from '../../lib/engine/labels.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { trySubmission } from '../../lib/engine/submission.ts';
import { sweepJobs } from '../../lib/engine/sweep-jobs.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { functionArn } from '../../lib/testing/world.ts';
import { createStory, hour } from './setup.ts';

// Providers of the kinds that npm-registry is not: one that only a person can get a token from, one that takes a value of our own choice,
// one whose new token ends the old one. Each is as small as its kind allows.

const facts: RotatorFacts = {
  name: 'lantern',
  title: 'Lantern key',
  summary: 'Opens Lantern.',
  kind: 'api',
  strategy: 'overlap',
  api: 'https://api.lantern.test',
  mark: cannot('Lantern keeps no names'),
  list: cannot('Lantern does not list'),
  revoke: can(),
  expiry: cannot('Lantern keys do not expire'),
  scopes: can(),
  lastUsed: can({ granularityMinutes: 60, lagMinutes: 30 }),
  slots: cannot('no limit is known'),
  parts: { id: 'the number of the key' },
  requiredParts: [],
  valueBytes: 100,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: 'sign in and make a key.',
  sources: [],
  unconfirmed: [],
  proven: [],
};

/** The provider: a set of values that work, and when each was used last. */
function createLantern() {
  const works = new Set<string>();
  const lastUsed = new Map<string, number>();
  let count = 0;
  const handle = ({ method, path, headers, body }: FakeRequest): FakeAnswer => {
    const value = (headers.authorization ?? '').replace('Bearer ', '');
    if (method === 'GET' && path === '/me')
      return works.has(value) ? { status: 200, body: { scopes: ['read'] } } : { status: 401 };
    if (method === 'POST' && path === '/keys') {
      count += 1;
      works.add(`canary-lantern-${count}`);
      return { status: 201, body: { value: `canary-lantern-${count}` } };
    }
    if (method === 'POST' && path === '/replace') {
      count += 1;
      works.clear();
      works.add(`canary-lantern-${count}`);
      return { status: 201, body: { value: `canary-lantern-${count}` } };
    }
    if (method === 'PUT' && path === '/keys') {
      works.add((JSON.parse(body) as { value: string }).value);
      return { status: 204 };
    }
    if (method === 'DELETE') {
      works.delete(decodeURIComponent(path.slice('/keys/'.length)));
      return { status: 204 };
    }
    return { status: 404 };
  };
  return {
    api: 'https://api.lantern.test',
    scope: {},
    authority: {},
    state: { tokens: [] },
    handle,
    accepts: (value: string) => works.has(value),
    makeByHand: () => {
      throw new Error('nobody does here');
    },
    works,
    lastUsed,
  };
}

type Lantern = ReturnType<typeof createLantern>;

function rotatorOf(lantern: Lantern, over: Partial<RotatorFacts>, methods: Partial<Rotator> = {}): AnyRotator {
  const issued = z.object({ value: z.string() });
  const base: Rotator = {
    facts: { ...facts, ...over },
    scope: z.unknown(),
    authority: z.unknown(),
    async mint({ http }) {
      const { value } = (await http('POST', '/keys')).json(issued);
      return { credential: { value: new Secret(value), parts: {} }, ref: value };
    },
    async verify({ http }, { value }) {
      const answer = await http('GET', '/me', { bearer: value, accept: [401] });
      if (answer.status === 200) return { ok: true, scopes: ['read'] };
      return { ok: false, why: 'rejected', detail: 'GET /me answered 401' };
    },
    async inspect(_context, { credential }) {
      const ref = credential.value.reveal();
      return { ref, lastUsedAt: lantern.lastUsed.get(ref) ?? null };
    },
    async revoke({ http }, { ref }) {
      await http('DELETE', `/keys/${ref}`, { idempotent: true });
    },
  };
  return { ...base, ...methods };
}

function createLanternStory(over: Partial<RotatorFacts>, methods: Partial<Rotator> = {}, token: object = {}) {
  const lantern = createLantern();
  const rotator = rotatorOf(lantern, over, methods);
  const value = { format: 'text' } as const;
  const story = createStory({ cast: { rotator, rotatorFake: () => lantern }, token: { value, ...token } });
  return { ...story, lantern };
}

const assisted = { kind: 'assisted', secretRefPart: 'value' } as const;

it('leaves no AWSPENDING behind when only a person can make the token and nobody has submitted one', async () => {
  const story = createLanternStory(assisted);
  story.putByHand('canary-lantern-by-hand');

  expect(await story.rotate()).toMatchObject([{ code: 'nothing-submitted' }]);

  expect(Object.values(story.labels()).flat()).toEqual(['AWSCURRENT']);
  expect(story.happenings).toEqual([]);
});

it('takes up what was submitted, and rotates as ever', async () => {
  const story = createLanternStory(assisted);
  story.putByHand('canary-lantern-by-hand');
  story.lantern.works.add('canary-lantern-submitted');
  story.submit({ value: 'canary-lantern-submitted' });

  expect(await story.rotate()).toEqual([]);

  expect(story.value()).toBe('canary-lantern-submitted');
  expect(story.receiver.holds()).toBe('canary-lantern-submitted');
  const labels = Object.values(story.labels()).flat();
  expect(labels).not.toContain('keyturn-submitted');
  expect(labels.join()).not.toContain('canary');
});

it('refuses a submission that is the token in use, or one that does not work', async () => {
  const story = createLanternStory(assisted);
  story.lantern.works.add('canary-in-use');
  story.putByHand('canary-in-use');
  story.submit({ value: 'canary-in-use' });
  expect(await story.rotate()).toMatchObject([{ code: 'nothing-submitted' }]);

  story.submit({ value: 'canary-mistyped' });
  expect(await story.rotate()).toMatchObject([{ code: 'submission-refused' }]);

  expect(story.value()).toBe('canary-in-use');
  expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
});

describe('what a person has just submitted', () => {
  const look = async (story: ReturnType<typeof createLanternStory>) => trySubmission(await story.open(story.token), story.arn);

  it('is looked at before a rotation takes it up, and stays where it works', async () => {
    const story = createLanternStory(assisted);
    story.putByHand('canary-lantern-by-hand');
    story.lantern.works.add('canary-lantern-submitted');
    story.submit({ value: 'canary-lantern-submitted' });

    expect(await look(story)).toEqual({ works: true, scopes: ['read'] });

    expect(Object.values(story.labels()).flat()).toContain('keyturn-submitted');
    expect(story.value()).toBe('canary-lantern-by-hand');
  });

  it.each([
    ['canary-mistyped', 'submission-refused'],
    ['canary-in-use', 'nothing-submitted'],
  ])('is given up at once where it is no new token: %s', async (typed, code) => {
    const story = createLanternStory(assisted);
    story.lantern.works.add('canary-in-use');
    story.putByHand('canary-in-use');
    story.submit({ value: typed });

    const verdict = await look(story);

    expect(verdict).toMatchObject({ works: false, code });
    expect(JSON.stringify(verdict)).not.toContain('canary');
    expect(Object.values(story.labels()).flat()).toEqual(['AWSCURRENT']);
  });

  it('is not refused while the provider may not know it yet: the rotation waits for it', async () => {
    const story = createLanternStory({ ...assisted, settleSeconds: 30 });
    story.putByHand('canary-lantern-by-hand');
    story.submit({ value: 'canary-lantern-submitted' });

    expect(await look(story)).toEqual({ works: 'not yet known' });
    const submittedAt = story.clock.now();
    story.interfere(async (_call, effect) => {
      if (story.clock.now() - submittedAt > 20_000) story.lantern.works.add('canary-lantern-submitted');
      return effect();
    });
    expect(await story.rotate()).toEqual([]);

    expect(story.value()).toBe('canary-lantern-submitted');
  });

  it('is refused for good where the provider does not know it after its time either', async () => {
    const story = createLanternStory({ ...assisted, settleSeconds: 30 });
    story.putByHand('canary-lantern-by-hand');
    story.submit({ value: 'canary-mistyped' });

    expect(await story.rotate()).toMatchObject([{ code: 'submission-refused' }]);
    story.clock.advance(hour);
    expect(await look(story)).toMatchObject({ works: false, code: 'submission-refused' });
  });

  it('is given up where it is less than the catalog declares', async () => {
    const story = createLanternStory(
      assisted,
      { verify: async () => ({ ok: true, scopes: ['read'] }) },
      { expect: { scopes: ['read', 'write'] } },
    );
    story.submit({ value: 'canary-narrow' });

    expect(await look(story)).toMatchObject({ works: false, code: 'mismatch', message: 'the-token: the new token lacks write' });
  });

  it('begins the rotation of a secret that Secrets Manager was never told a function of', async () => {
    const story = createLanternStory(assisted);
    story.lantern.works.add('canary-lantern-submitted');
    story.submit({ value: 'canary-lantern-submitted' });
    const open = await story.open(story.token);

    expect(await sweepJobs.begin({ ...open, ports: { ...open.ports, functionArn } }, story.arn)).toBe('begun');
    await story.driver.tick();
    await sweepJobs.retire(open, story.arn);

    expect(story.value()).toBe('canary-lantern-submitted');
    expect(Object.values(story.labels()).flat()).not.toContain('keyturn-submitted');
  });
});

it('keeps the parts of a submission in the fields that the catalog chooses', async () => {
  const value = { format: 'json', fields: { value: 'KEY', id: 'KEY_ID' } } as const;
  const story = createLanternStory(assisted, {}, { value });
  story.lantern.works.add('canary-lantern-submitted');
  story.submit({ value: 'canary-lantern-submitted', parts: { id: 'canary-id-7' } });

  expect(await story.rotate()).toEqual([]);

  expect(JSON.parse(story.text() ?? '')).toEqual({ KEY: 'canary-lantern-submitted', KEY_ID: 'canary-id-7' });
});

it('waits for a person where only a person can end the old one, and sees when they have', async () => {
  const story = createLanternStory(
    { ...assisted, revoke: cannot('its owner does'), lastUsed: cannot('it does not tell') },
    { revoke: undefined },
  );
  const take = async (value: string) => {
    story.lantern.works.add(value);
    story.submit({ value });
    expect(await story.rotate()).toEqual([]);
  };
  await take('canary-lantern-old');
  story.clock.advance(48 * hour);
  await take('canary-lantern-new');

  const before = await story.retireFully();
  story.lantern.works.delete('canary-lantern-old');
  const after = await story.retire();

  expect(before.at(-1)).toMatchObject({ outcome: 'held', code: 'unknown-ref', fix: expect.stringContaining('by hand') });
  expect(after).toMatchObject([{ outcome: 'revoked' }]);
  expect(await story.retire()).toEqual([]);
});

it('knows a value that was pasted in by itself, where that is how the provider names it', async () => {
  const story = createLanternStory({ ...assisted, lastUsed: cannot('it does not tell') }, { inspect: undefined });
  story.lantern.works.add('canary-lantern-old');
  story.submit({ value: 'canary-lantern-old' });
  await story.rotate();
  story.lantern.works.add('canary-lantern-pasted');
  story.putByHand('canary-lantern-pasted');

  await story.retire();
  story.clock.advance(48 * hour);
  const results = await story.retireFully();

  expect(results).toContainEqual(expect.objectContaining({ outcome: 'revoked' }));
  expect([...story.lantern.works]).toEqual(['canary-lantern-pasted']);
});

it('stores a value of our own choice first, and installs it only then', async () => {
  const order: string[] = [];
  const story = createLanternStory(
    { strategy: 'byo' },
    {
      async mint(_context, { random }) {
        const value = `canary-own-${Buffer.from(random(8)).toString('hex')}`;
        order.push('chosen');
        return { credential: { value: new Secret(value), parts: {} }, ref: value };
      },
      async install({ http }, { credential }) {
        order.push('installed');
        await http('PUT', '/keys', { json: { value: credential.value }, idempotent: true });
      },
    },
  );

  expect(await story.rotate()).toEqual([]);

  expect(order).toEqual(['chosen', 'installed']);
  expect(story.lantern.works.has(story.value() ?? '')).toBe(true);
});

it('goes only forward where the new token ends the old one: nothing is put back, nothing revoked', async () => {
  const story = createLanternStory(
    { strategy: 'replace' },
    {
      async mint({ http }) {
        const { value } = (await http('POST', '/replace')).json(z.object({ value: z.string() }));
        return { credential: { value: new Secret(value), parts: {} }, ref: 'the-only-one' };
      },
    },
  );
  await story.rotate();
  const old = story.value();
  story.refuseAllBut();

  expect(await story.rotate()).toMatchObject([{ code: 'dependent-failed' }]);

  const pending = story.value('AWSPENDING');
  expect(story.lantern.works).toEqual(new Set([pending]));
  expect(story.copied()).toBe(pending);
  story.takeAll();
  story.clock.advance(61_000);
  await story.driver.tick();
  expect(story.value()).toBe(pending);
  await story.retireFully();
  expect(story.lantern.works).toEqual(new Set([pending]));
  expect(
    Object.values(story.labels())
      .flat()
      .filter((label) => label.startsWith('keyturn/')),
  ).toHaveLength(1);
  expect(pending).not.toBe(old);
});

it('revokes a token that is still used once a person has released it, and that one only', async () => {
  const story = createLanternStory({});
  await story.rotate();
  const old = story.value() ?? '';
  story.clock.advance(hour);
  await story.rotate();
  await story.retire();
  story.clock.advance(26 * hour);
  story.lantern.lastUsed.set(old, story.clock.now() - 2 * hour);
  const [held] = await story.retire();
  expect(held).toMatchObject({
    outcome: 'held',
    code: 'still-used',
    fix: expect.stringContaining('keyturn release the-token --still-used'),
  });

  story.secretsManager.call('UpdateSecretVersionStage', {
    SecretId: story.arn,
    VersionStage: releasedLabel(1_800_000_000),
    MoveToVersionId: held?.versionId,
  });

  expect(await story.retire()).toMatchObject([{ outcome: 'revoked' }]);
  expect(story.lantern.works.has(old)).toBe(false);
  expect(Object.values(story.labels()).flat().join()).not.toContain('keyturn-released');
});

it('holds the old token while the provider says that somebody uses it, and tells who knows', async () => {
  const story = createLanternStory({});
  await story.rotate();
  const old = story.value() ?? '';
  story.clock.advance(hour);
  await story.rotate();
  await story.retire();
  story.clock.advance(26 * hour);
  story.lantern.lastUsed.set(old, story.clock.now() - 2 * hour);

  expect(await story.retire()).toMatchObject([{ outcome: 'held', code: 'still-used' }]);
  expect(story.lantern.works.has(old)).toBe(true);

  story.clock.advance(24 * hour);
  expect(await story.retire()).toMatchObject([{ outcome: 'revoked' }]);
  expect(story.lantern.works.has(old)).toBe(false);
});

it('revokes a token that is still used once its longest overlap is over, where the catalog says so', async () => {
  const story = createLanternStory({}, {}, { maxOverlapHours: 72 });
  await story.rotate();
  const old = story.value() ?? '';
  story.clock.advance(hour);
  await story.rotate();
  await story.retire();
  const isUsed = () => story.lantern.lastUsed.set(old, story.clock.now() - hour);
  story.clock.advance(72 * hour);
  isUsed();

  expect(await story.retire()).toMatchObject([
    { outcome: 'held', why: expect.stringContaining('revoked all the same at 2026-11-') },
  ]);
  story.clock.advance(2 * hour);
  isUsed();
  expect(await story.retire()).toMatchObject([{ outcome: 'revoked' }]);

  expect(story.lantern.works.has(old)).toBe(false);
});

it('does not believe that nothing was made where a later call of the same mint is refused', async () => {
  const story = createLanternStory(
    {},
    {
      async mint({ http }) {
        const { value } = (await http('POST', '/keys')).json(z.object({ value: z.string() }));
        await http('GET', '/not-there');
        return { credential: { value: new Secret(value), parts: {} }, ref: value };
      },
    },
  );

  expect(await story.rotate()).toMatchObject([{ code: 'uncertain' }]);
});

it('refuses a new token that lacks what the catalog declares', async () => {
  const story = createLanternStory({}, {}, { expect: { scopes: ['read', 'write'] } });

  const errors = await story.rotate();

  expect(errors).toMatchObject([{ code: 'mismatch' }]);
  expect(errors[0]?.message).toContain('lacks write');
});

it('begins nothing for a token that is only observed, nor after the rotation was cancelled', async () => {
  const observed = createLanternStory({}, {}, { mode: 'observe' });
  expect(await observed.rotate()).toMatchObject([{ code: 'observing' }]);
  expect(observed.lantern.works.size).toBe(0);

  const cancelled = createLanternStory({});
  const versionId = cancelled.begin();
  cancelled.secretsManager.call('CancelRotateSecret', { SecretId: cancelled.arn });
  await expect(cancelled.step('createSecret', versionId)).rejects.toMatchObject({ code: 'cancelled' });
  expect(cancelled.lantern.works.size).toBe(0);
});
