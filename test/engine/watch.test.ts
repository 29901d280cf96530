import { describe, expect, it } from 'vitest';
import { type CauseContext, causesOf, type WatchedToken } from '../../lib/engine/causes.ts';
import { pausesOfFreezes, withFreezes } from '../../lib/engine/pauses.ts';
import { planSweep } from '../../lib/engine/plan.ts';
import type { SecretState, Store } from '../../lib/engine/ports.ts';
import { reconcile, type SweptToken } from '../../lib/engine/reconcile.ts';
import type { Health, Pause } from '../../lib/engine/records.ts';
import { watch, watchDueAt } from '../../lib/engine/watch.ts';
import { createStory, hour } from './setup.ts';

const day = 24 * hour;
const now = Date.UTC(2026, 10, 25);

describe('a look at a token', () => {
  it('replaces a current token that the provider refuses, at once', async () => {
    const story = createStory();
    await story.rotate();
    const dead = story.value();
    story.provider.state = {
      tokens: story.provider.state.tokens.map((token) =>
        token.value === dead ? { ...token, revokedAt: story.clock.now() } : token,
      ),
    };

    const health = await watch(await story.open(story.token), story.arn);
    await story.driver.tick();
    await story.driver.idle();

    expect(health.verdict).toBe('invalid');
    expect(story.value()).not.toBe(dead);
    expect(story.live()).toEqual([story.value()]);
    expect((await watch(await story.open(story.token), story.arn)).verdict).toBe('valid');
  });

  it('gives a place that lost the current token the token again, and says so no more', async () => {
    const story = createStory();
    await story.rotate();
    const old = story.value();
    story.clock.advance(hour);
    await story.rotate();
    story.receiver.tamper(old ?? '');

    const health = await watch(await story.open(story.token), story.arn);

    expect(health.findings).toEqual([]);
    expect(story.receiver.holds()).toBe(story.value());
  });

  it.each(['observe', 'paused'] as const)('only looks where it may do no more: %s', async (how) => {
    const story = createStory();
    await story.rotate();
    const old = story.value();
    story.clock.advance(hour);
    await story.rotate();
    story.receiver.tamper(old ?? '');
    const pause: Pause = { of: 'everything', by: 'ada', why: 'a holiday', since: 0 };
    const open = await story.open(how === 'observe' ? { ...story.token, mode: 'observe' } : story.token);
    const records = how === 'paused' ? { ...open.ports.records, pauses: async () => [pause] } : open.ports.records;

    const health = await watch({ ...open, ports: { ...open.ports, records } }, story.arn);

    expect(health.findings).toMatchObject([{ code: 'dependent-drifted' }]);
    expect(story.receiver.holds()).toBe(old);
  });

  it('says of a value that is no token what is wrong with it, and comes back in an hour', async () => {
    const story = createStory({ token: { value: { format: 'json', fields: { value: 'NPM_TOKEN' } } } });
    story.putByHand('{"SOMETHING":"canary-else"}');

    const health = await watch(await story.open(story.token), story.arn);

    expect(health).toMatchObject({ verdict: 'unclear', findings: [{ code: 'unreadable', about: 'value-shape' }] });
    expect(JSON.stringify(health)).not.toContain('canary');
    expect(watchDueAt(health, health.versionId)).toBe(health.checkedAt + hour);
  });

  it('brings the places along when something else has rotated the token, and mints nothing', async () => {
    const story = createStory();
    await story.rotate();
    const { value } = story.provider.makeByHand();
    story.putByHand(value);
    const minted = story.provider.state.tokens.length;
    const open = await story.open({ ...story.token, rotation: 'external' });

    await watch(open, story.arn);

    expect(story.receiver.holds()).toBe(value);
    expect(story.copied()).toBe(value);
    expect(story.provider.state.tokens).toHaveLength(minted);
  });
});

describe('a pause', () => {
  it('lets nothing begin, and nothing be asked for', async () => {
    const story = createStory();
    await story.rotate();
    const before = story.provider.state.tokens.length;
    const pause: Pause = { of: `provider:${story.token.provider}`, by: 'ada', why: 'their API is down', since: 0 };
    Object.assign(story.ports.records, { pauses: async () => [pause] });

    const errors = await story.rotate();

    expect(errors).toMatchObject([{ code: 'paused', message: expect.stringContaining('their API is down') }]);
    expect(story.provider.state.tokens).toHaveLength(before);
    expect(Object.values(story.labels()).flat().join()).not.toMatch(/AWSPENDING|keyturn-parked/);
  });

  it('is planned around: only looks, and what was minted before', () => {
    const state = stateOf({ one: ['AWSCURRENT'], two: ['AWSPENDING', 'keyturn/lantern/two'] });

    const jobs = planSweep({ overlapHours: 24 }, state, now, { isPaused: true }).map(({ job }) => job);

    expect(jobs).toEqual(['continue', 'watch']);
  });

  it('of the catalog holds although the written ones cannot be read', async () => {
    const frozen = pausesOfFreezes([{ from: now - hour, until: now + hour, why: 'Christmas', providers: ['lantern'] }]);
    const lost = async () => Promise.reject(new Error('the table is gone'));

    expect(await withFreezes(frozen, { now: () => now }, lost)()).toMatchObject([{ of: 'provider:lantern', why: 'Christmas' }]);
    await expect(withFreezes(frozen, { now: () => now + 2 * hour }, lost)()).rejects.toThrow('gone');
  });
});

it('knows from the entry of an authority that every token it makes loses it', async () => {
  const secretOf = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-a1b2c3`;
  const token = (name: string, authority?: string): SweptToken => ({
    name,
    provider: 'lantern',
    secret: name,
    authority,
    mode: 'observe',
    overlapHours: 24,
    isAssisted: false,
    longestHours: 720,
    owner: 'ada',
    backup: 'bob',
  });
  const health = (name: string, expiresAt?: number): Health => ({
    ...{ token: name, secretArn: secretOf(name), versionId: 'one', checkedAt: now, verdict: 'valid', findings: [] },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  const state = (name: string) => ({ ...stateOf({ one: ['AWSCURRENT'] }), arn: secretOf(name) });
  const ports = {
    store: { describe: async (name: string) => state(name) } as unknown as Store,
    clock: { now: () => now, sleep: async () => {} },
    log: () => {},
    remaining: () => 300_000,
    ledger: { healths: async () => [health('key', now + 5 * day), health('lamp')], pauses: async () => [] },
  };
  const tokens = [token('key'), token('lamp', 'key'), token('other', 'another')];

  const { causes } = await reconcile(ports, tokens, { gone: new Set(), warnDays: [30, 7] }, async () => {});

  expect(causes.map(({ id }) => id)).toEqual(['expires/key/7', 'authority-expires/lamp/7']);
});

describe('the causes of trouble', () => {
  it.each<[string, Partial<Case>, readonly string[]]>([
    ['nothing is wrong', {}, []],
    ['a rotation failed', { labels: ['AWSCURRENT', 'keyturn-parked/foreign/1795000000'] }, ['parked/lamp/foreign']],
    ['a rotation is late', { state: { nextRotationAt: now - 3 * hour } }, ['overdue/lamp']],
    ['rotation was turned off', { state: { rotationEnabled: false } }, ['off/lamp']],
    ['it is only observed', { token: { mode: 'observe' }, state: { rotationEnabled: false } }, []],
    ['it is dead', { health: { verdict: 'invalid' } }, ['dead/lamp']],
    ['another version was looked at', { health: { verdict: 'invalid', versionId: 'before' } }, []],
    ['it expires, but is rotated before', { health: { expiresAt: now + 6 * day }, state: { nextRotationAt: now + day } }, []],
    ['it expires before it is rotated', { health: { expiresAt: now + 6 * day } }, ['expires/lamp/7']],
    [
      'it expires and nobody rotates it',
      { token: { mode: 'observe' }, health: { expiresAt: now + day / 2 }, state: { nextRotationAt: now + hour } },
      ['expires/lamp/1'],
    ],
    ['it has expired', { token: { mode: 'observe' }, health: { expiresAt: now - hour } }, ['expires/lamp/over']],
    ['its authority expires', { health: { authorityExpiresAt: now + 20 * day } }, ['authority-expires/lamp/30']],
    ['a person has to renew it', { token: { isAssisted: true }, health: { createdAt: now - 88 * day } }, ['due/lamp/3']],
    ['its owner left', { gone: ['ada'] }, ['nobody/lamp/owner']],
    ['nobody is left', { gone: ['ada', 'bob'] }, ['nobody/lamp/owner-backup']],
    [
      'an old token is still there',
      { others: { old: ['keyturn/lantern/1', `keyturn-since/${now / 1000 - 90 * 3600}`] } },
      ['debt/lamp'],
    ],
    ['an old token waits for its overlap', { others: { old: ['keyturn/lantern/1', `keyturn-since/${now / 1000 - 3600}`] } }, []],
  ])('%s', (_, changes, expected) => {
    expect(causesIn(changes).map(({ id }) => id)).toEqual(expected);
  });

  it('are the same for the same look, and name what to do', () => {
    const changes = { health: { verdict: 'invalid', expiresAt: now - hour } as const, gone: ['ada'] };

    expect(causesIn(changes)).toEqual(causesIn(changes));
    for (const { message, next, fix } of causesIn(changes)) {
      expect(message).toContain('lamp');
      expect(next.length * fix.length).toBeGreaterThan(0);
    }
  });
});

interface Case {
  readonly token: Partial<WatchedToken>;
  readonly labels: readonly string[];
  readonly others: Readonly<Record<string, readonly string[]>>;
  readonly state: Partial<SecretState>;
  readonly health: Partial<Health>;
  readonly gone: readonly string[];
}

function causesIn({ token, labels = ['AWSCURRENT'], others = {}, state, health, gone = [] }: Partial<Case>) {
  const lamp: WatchedToken = {
    name: 'lamp',
    mode: 'retire',
    overlapHours: 24,
    isAssisted: false,
    longestHours: 90 * 24,
    owner: 'ada',
    backup: 'bob',
    ...token,
  };
  const seen: Health = {
    token: 'lamp',
    secretArn: 'arn',
    versionId: 'one',
    checkedAt: now,
    verdict: 'valid',
    findings: [],
    ...health,
  };
  const context: CauseContext = { gone: new Set(gone), warnDays: [30, 14, 7, 3, 1], now };
  return causesOf(lamp, { ...stateOf({ one: labels, ...others }), ...state }, seen, context);
}

function stateOf(versions: Readonly<Record<string, readonly string[]>>): SecretState {
  const rotationFunctionArn = undefined;
  return { arn: 'arn', versions: new Map(Object.entries(versions)), rotationEnabled: true, rotationFunctionArn };
}
