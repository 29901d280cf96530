// What people ask of a provider's function by the commands: verify, heal, try, whose; and the labels by which they hold a token.
import { expect, it } from 'vitest';
import { heal } from '../../lib/engine/heal.ts';
import { holdLabel, readHold } from '../../lib/engine/labels.ts';
import { planSweep } from '../../lib/engine/plan.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { tryVersion } from '../../lib/engine/try-version.ts';
import { verify } from '../../lib/engine/verify.ts';
import { whose } from '../../lib/engine/whose.ts';
import { createStory, hour } from './setup.ts';

type Story = ReturnType<typeof createStory>;
const opened = (story: Story, token: Partial<Story['token']> = {}) => story.open({ ...story.token, ...token });
const holder = (story: Story, label: string) =>
  Object.entries(story.labels()).find(([, labels]) => labels.includes(label))?.[0] ?? '';
const move = (story: Story, VersionStage: string, to?: string, from?: string) =>
  story.secretsManager.call('UpdateSecretVersionStage', {
    SecretId: story.arn,
    VersionStage,
    ...(to === undefined ? {} : { MoveToVersionId: to }),
    ...(from === undefined ? {} : { RemoveFromVersionId: from }),
  });
const rollBack = (story: Story) => move(story, 'AWSCURRENT', holder(story, 'AWSPREVIOUS'), holder(story, 'AWSCURRENT'));
const writes = (story: Story) =>
  story.calls
    .map(({ what }) => what)
    .filter((what) => /^(PutSecretValue|UpdateSecretVersionStage|saveReceipt|PUT|DELETE)/.test(what));

it('revokes nothing while a token is on hold, through further rotations, and goes on when the hold is taken off', async () => {
  const story = createStory();
  await story.rotate();
  const first = story.value() ?? '';
  const label = holdLabel(1_800_000_000, 'the audit: until Friday') ?? '';
  move(story, label, holder(story, 'AWSCURRENT'));
  story.clock.advance(hour);
  await story.rotate();
  story.clock.advance(hour);
  await story.rotate();

  await story.retire(); // both were superseded; in one second only one of them can be stamped
  story.clock.advance(1000);
  const held = await story.retireFully();

  expect(held.map(({ outcome }) => outcome)).toEqual(held.map(() => 'waits'));
  expect(held.at(-1)).toMatchObject({
    why: expect.stringMatching(/on hold since .*the audit: until Friday.*keyturn release the-token/),
  });
  expect(story.live()).toContain(first);
  const state = await story.ports.store.describe(story.arn);
  expect(planSweep(story.token, state, story.clock.now()).map(({ job }) => job)).not.toContain('retire');
  const hold = readHold(state);
  expect(hold).toMatchObject({ label, why: 'the audit: until Friday' });

  move(story, label, undefined, hold?.versionId);

  const done = await story.retire();
  expect(done.map(({ outcome }) => outcome)).toEqual(['revoked', 'revoked']);
  expect(story.live()).toEqual([story.value()]);
});

it('does not revoke what is put on hold while the evidence is gathered', async () => {
  const story = createStory();
  await story.rotate();
  story.clock.advance(hour);
  await story.rotate();
  const live = story.live();
  await story.retire();
  story.clock.advance(26 * hour);
  story.interfere(async ({ what }, effect) => {
    if (what.startsWith('GET') && readHold(await story.ports.store.describe(story.arn)) === undefined)
      move(story, holdLabel(1_800_000_000, '') ?? '', holder(story, 'AWSCURRENT'));
    return effect();
  });

  const [result] = await story.retire();

  expect(result).toMatchObject({ outcome: 'waits', why: expect.stringContaining('on hold') });
  expect(story.live()).toEqual(live);
});

it('has no label for a reason that is too long', () => {
  expect(holdLabel(1_800_000_000, 'x'.repeat(232))).toHaveLength(256);
  expect(holdLabel(1_800_000_000, 'x'.repeat(233))).toBeUndefined();
});

it('brings every place back to what is current after a roll-back, and finds nothing to do the second time', async () => {
  const story = createStory();
  await story.rotate();
  const old = story.value();
  story.clock.advance(hour);
  await story.rotate();
  rollBack(story);
  expect(story.receiver.holds()).not.toBe(old);

  const healed = await heal(await opened(story), story.arn);
  const again = await heal(await opened(story), story.arn);

  expect(healed).toMatchObject([{ outcome: 'written' }, { outcome: 'written' }]);
  expect([story.copied(), story.receiver.holds()]).toEqual([old, old]);
  expect(again).toMatchObject([{ outcome: 'has it' }, { outcome: 'has it' }]);
});

it('heals nothing that is foreign, observed, being rotated, or dead', async () => {
  const story = createStory();
  await story.rotate();
  story.clock.advance(hour);
  await story.rotate();
  rollBack(story);
  const held = [story.copied(), story.receiver.holds()];

  expect(await heal(await opened(story, { mode: 'observe' }), story.arn)).toMatchObject([
    { outcome: 'would-write' },
    { outcome: 'would-write' },
  ]);
  const underway = story.begin();
  expect(await heal(await opened(story), story.arn)).toBe('rotating');
  move(story, 'AWSPENDING', undefined, underway);
  story.revokeAllByHand();
  await expect(heal(await opened(story), story.arn)).rejects.toMatchObject({ code: 'current-refused' });

  expect([story.copied(), story.receiver.holds()]).toEqual(held);
});

it('leaves a place alone that holds what is foreign, and heals the others', async () => {
  const story = createStory();
  await story.rotate();
  const [copy] = story.places;
  copy?.tamper('canary-foreign');
  const token = { dependents: story.token.dependents.map((each) => ({ ...each, onForeign: 'stop' as const })) };

  const healed = await heal(await opened(story, token), story.arn);

  expect(healed).toMatchObject([{ outcome: 'foreign', fix: expect.any(String) }, { outcome: 'has it' }]);
  expect(copy?.holds()).toBe('canary-foreign');
  expect(JSON.stringify(healed)).not.toContain('canary');
});

it('finds nothing wrong with a token that is as the catalog says, and writes nothing', async () => {
  const story = createStory({ token: { expect: { scopes: ['read', 'publish'] } } });
  await story.rotate();
  story.calls.length = 0;

  const health = await verify(await opened(story), story.arn);

  expect(health).toMatchObject({
    token: 'the-token',
    verdict: 'valid',
    versionId: holder(story, 'AWSCURRENT'),
    scopes: ['read', 'publish'],
    findings: [],
  });
  expect(writes(story)).toEqual([]);
});

it('names each thing that is otherwise than declared', async () => {
  const story = createStory();
  await story.rotate();
  story.clock.advance(hour);
  await story.rotate();
  rollBack(story);
  const expected = { scopes: ['publish', 'admin'], expiresWithinDays: 1, expiresAfterDays: 4000 };

  const health = await verify(await opened(story, { expect: expected }), story.arn);

  expect(health.verdict).toBe('valid');
  expect(health.findings.map(({ code, about }) => `${code} ${about}`)).toEqual([
    'scope-missing admin',
    'scope-too-wide read',
    ...(health.expiresAt === undefined ? [] : ['expiry-differs expiry', 'expiry-differs expiry']),
    'dependent-drifted place 0',
    'dependent-drifted place 1',
  ]);
  for (const { message, fix } of health.findings) expect([message, fix]).toEqual([expect.any(String), expect.any(String)]);
});

it('tells a dead token, a silent provider, and places that are foreign or out of reach', async () => {
  const story = createStory();
  await story.rotate();
  const [copy] = story.places;
  copy?.tamper('canary-foreign');
  const token = { dependents: story.token.dependents.map((each) => ({ ...each, onForeign: 'stop' as const })) };
  const calm = story.interfere(async ({ what }, effect) => {
    if (what.startsWith('GET')) throw new TypeError('fetch failed');
    return effect();
  });
  const silent = await verify(await opened(story, token), story.arn);
  calm();
  story.revokeAllByHand();

  const dead = await verify(await opened(story, token), story.arn);

  expect(silent.verdict).toBe('unclear');
  expect(dead.verdict).toBe('invalid');
  expect(dead.findings).toMatchObject([{ code: 'dependent-foreign', about: 'place 0' }]);
  expect(JSON.stringify([silent, dead])).not.toContain('canary');
});

it('says that there is nothing to verify yet', async () => {
  const story = createStory();

  await expect(verify(await opened(story), story.arn)).rejects.toMatchObject({ code: 'value-shape' });
});

it('tries one version, and says why it does not work', async () => {
  const story = createStory();
  await story.rotate();
  const versionId = holder(story, 'AWSCURRENT');

  const alive = await tryVersion(await opened(story), story.arn, versionId);
  story.revokeAllByHand();
  const dead = await tryVersion(await opened(story), story.arn, versionId);
  const none = await tryVersion(await opened(story), story.arn, '0'.repeat(32));

  expect([alive.works, dead.works, none.works]).toEqual([true, false, false]);
  expect(dead.detail).toContain('answered');
});

it('tells whose a string is by its digest alone: current, old, dead, or nobody’s', async () => {
  const story = createStory();
  await story.rotate();
  const old = story.value() ?? '';
  story.clock.advance(hour);
  await story.rotate();
  const now = story.value() ?? '';
  const ask = async (text: string) => whose(await opened(story), story.arn, new Secret(text).digest(story.arn));

  expect(await ask(now)).toEqual({ isFound: true, versionId: holder(story, 'AWSCURRENT'), use: 'current', part: 'value' });
  expect(await ask(old)).toMatchObject({ isFound: true, use: 'old', part: 'value' });
  expect(await ask(`${now} `)).toEqual({ isFound: false });
  await story.retireFully();
  expect(await ask(old)).toMatchObject({ isFound: true, use: 'dead' });
  const { receipts } = story;
  const kept = new Map(receipts);
  receipts.clear();
  expect(await ask(old)).toMatchObject({ isFound: true, use: 'dead' });
  move(story, 'AWSPREVIOUS', undefined, holder(story, 'AWSPREVIOUS'));
  expect(await ask(old)).toEqual({ isFound: false });
  for (const [key, receipt] of kept) receipts.set(key, receipt);
  expect(await ask(old)).toMatchObject({ isFound: true, use: 'dead' });
});
