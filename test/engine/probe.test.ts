import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fake as githubFake } from '../../dependents/github-actions/fake.ts';
import { githubActions } from '../../dependents/github-actions/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import { heal } from '../../lib/engine/heal.ts';
import { answerTo } from '../../lib/engine/probe.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { verify } from '../../lib/engine/verify.ts';
import { watch } from '../../lib/engine/watch.ts';
import type { DependentFakeFactory, FakeRequest } from '../../lib/testing/fake.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { type CastDependent, createStage, hour } from '../../lib/testing/stage.ts';
import { fake as npmFake } from '../../rotators/npm-registry/fake.ts';
import { npmRegistry } from '../../rotators/npm-registry/index.ts';

const route = 'https://shop.test/keyturn-probe';
const foreign = 'canary-a-value-of-somebody-else';

it('answers with the HMAC that others compute for the same value', () => {
  const nonce = '000102030405060708090a0b0c0d0e0f';
  // printf '%s' keyturn-probe-v1:000102030405060708090a0b0c0d0e0f | openssl dgst -sha256 -hmac canary-value
  const wanted = 'fe6be14fcf55188144d518ed32a1dd37f6999caa9ba0f7c94dffe60959a8f06e';

  expect(answerTo(nonce, new Secret('canary-value'))).toBe(wanted);
  expect(answerTo(nonce, new Secret('canary-value '))).not.toBe(wanted);
});

describe('a place with a route to be asked', () => {
  it('has the new token in effect when the application answers with it, and each nonce is asked once', async () => {
    const { story, app } = createApp();

    expect(await story.rotate()).toEqual([]);

    expect(app.uses()).toBe(story.value());
    expect(app.nonces.length).toBeGreaterThan(0);
    expect(new Set(app.nonces).size).toBe(app.nonces.length);
    expect([...story.receipts.values()].at(-1)?.answeredAt).toBeTypeOf('number');
  });

  it('is waited for while the application still answers with the token in use', async () => {
    const { story, app } = createApp();
    await story.rotate();
    story.clock.advance(hour);
    app.late(30_000);

    expect(await story.rotate()).toEqual([]);

    expect(app.uses()).toBe(story.value());
    expect(app.answers()).toContain('the old one');
    expect(app.nonces.length).toBeLessThan(20);
  });

  it('keeps a rotation from its end for as long as the application does not take the new one up, and loses no token', async () => {
    const { story, app } = createApp();
    await story.rotate();
    const before = story.value();
    story.clock.advance(hour);
    app.late(30 * 60_000);

    expect(await story.rotate()).toMatchObject([{ code: 'not-yet' }]);
    expect(story.value()).toBe(before);
    story.clock.advance(31 * 60_000);
    await story.driver.tick();

    expect(story.value()).not.toBe(before);
    expect(app.uses()).toBe(story.value());
  });

  it('stops a rotation and names the place where the application comes back with a value of nobody’s', async () => {
    const { story, app } = createApp();
    await story.rotate();
    const before = story.value();
    story.clock.advance(hour);
    app.spoil(foreign);

    expect(await story.rotate()).toMatchObject([{ code: 'foreign', message: expect.stringContaining('place 0') }]);

    expect(story.value()).toBe(before);
    expect(Object.values(story.labels()).flat()).not.toContain('AWSPENDING');
    expect(story.receiver.holds()).toBe(before);
  });

  it.each([
    ['answers with a value of nobody’s', foreign, 'foreign'],
    ['does not answer', 503, 'unavailable'],
    ['has no such route', 404, 'dependent-failed'],
    ['answers with a page', 'page', 'malformed'],
  ])('is looked at before anything is minted: the application %s', async (_, how, code) => {
    const { story, app } = createApp();
    await story.rotate();
    story.clock.advance(hour);
    const minted = story.provider.state.tokens.length;
    app.always(how);

    expect(await story.rotate()).toMatchObject([{ code, message: expect.stringContaining('place 0') }]);

    expect(story.provider.state.tokens).toHaveLength(minted);
  });

  it('is no evidence while it is silent: no old token is revoked, and none is given up', async () => {
    const { story, app } = createApp();
    await story.rotate();
    story.clock.advance(hour);
    await story.rotate();
    app.always(503);

    const results = await story.retireFully();

    expect(results.every(({ outcome }) => outcome === 'waits')).toBe(true);
    expect(story.live()).toHaveLength(2);
    app.always(undefined);
    await story.retireFully();
    expect(story.live()).toEqual([story.value()]);
  });

  it('keeps the old token alive while the application uses it, whatever the place said', async () => {
    const { story, app } = createApp();
    await story.rotate();
    const old = story.value() ?? '';
    story.clock.advance(hour);
    await story.rotate();
    app.always(old);

    await story.retireFully();

    expect(story.live()).toContain(old);
  });

  it('tells in a look when the application answered', async () => {
    const { story } = createApp();
    await story.rotate();

    const health = await verify(await story.open(story.token), story.arn);

    expect(health).toMatchObject({ findings: [], answeredAt: { 'place 0': expect.any(Number) } });
  });

  it.each([
    ['does not answer', 503, 'dependent-unreachable'],
    ['uses a value of nobody’s', foreign, 'dependent-foreign'],
  ])('is found in a look where the application %s, and nothing is written', async (_, how, code) => {
    const { story, app } = createApp();
    await story.rotate();
    const told = app.told();
    app.always(how);

    const health = await watch(await story.open(story.token), story.arn);

    expect(health.findings).toMatchObject([{ code, about: 'place 0' }]);
    expect(health).not.toHaveProperty('answeredAt');
    expect(app.told()).toBe(told);
  });

  it('gets its copy again by a look where the application fell back to an older one, and by heal', async () => {
    const { story, app } = createApp();
    await story.rotate();
    const old = story.value() ?? '';
    story.clock.advance(hour);
    await story.rotate();
    app.fallBackTo(old);
    const told = app.told();

    const health = await watch(await story.open(story.token), story.arn);

    expect(app.told()).toBe(told + 1);
    expect(app.uses()).toBe(story.value());
    expect(health.findings).toEqual([]);
    app.fallBackTo(old);
    expect(await heal(await story.open(story.token), story.arn)).toMatchObject([{ outcome: 'written' }]);
    expect(app.uses()).toBe(story.value());
  });

  it('is not written where the token is only observed', async () => {
    const { story, app } = createApp();
    await story.rotate();
    const old = story.value() ?? '';
    story.clock.advance(hour);
    await story.rotate();
    app.fallBackTo(old);
    const told = app.told();
    const open = await story.open({ ...story.token, mode: 'observe' });

    expect((await watch(open, story.arn)).findings).toMatchObject([{ code: 'dependent-drifted' }]);
    expect(await heal(open, story.arn)).toMatchObject([{ outcome: 'would-write' }]);

    expect(app.told()).toBe(told);
  });

  it('is written over where the catalog adopts what is there', async () => {
    const { story, app } = createApp({ onForeign: 'adopt' });
    await story.rotate();
    app.fallBackTo(foreign);

    expect((await watch(await story.open(story.token), story.arn)).findings).toEqual([]);

    expect(app.uses()).toBe(story.value());
  });

  it('lets no value and no answer into a log, an event or an error', async () => {
    const { story, app } = createApp();
    await story.rotate();
    story.clock.advance(hour);
    app.spoil(foreign);
    const failures = await story.rotate();

    const said = JSON.stringify([story.logs, story.happenings, failures.map(({ message, fix }) => [message, fix])]);

    expect(findLeaks(said, [...story.provider.state.tokens.map(({ value }) => value), foreign, ...app.told64()])).toEqual([]);
  });
});

describe('a place with a workflow to be asked', () => {
  const probe = { workflow: 'keyturn-probe.yml', ref: 'main' };

  it('has the new token in effect when the run has answered, and one run is asked for a write', async () => {
    const { story, runs } = createGitHub();

    expect(await story.rotate()).toEqual([]);

    expect(runs()).toHaveLength(1);
    story.clock.advance(hour);
    expect(await story.rotate()).toEqual([]);
    expect(runs()).toHaveLength(2);
    const receipts = [...story.receipts.values()].filter(({ dependent }) => dependent === 'place 0');
    expect(receipts.map(({ answeredAt }) => typeof answeredAt)).toEqual(['number', 'number']);
  });

  it('finds the run that an earlier attempt has asked for', async () => {
    const { story, runs } = createGitHub();
    const restore = story.interfere(async (call, effect) => {
      const answer = await effect();
      if (call.what.endsWith('/dispatches')) story.clock.advance(121_000);
      return answer;
    });
    expect(await story.rotate()).toMatchObject([{ code: 'not-yet' }]);
    restore();
    expect(runs()).toHaveLength(1);

    story.clock.advance(61_000);
    await story.driver.tick();

    expect(story.value()).toBe(story.places[0]?.holds());
    expect(runs()).toHaveLength(1);
  });

  it('stops the rotation where the secret holds what nobody wrote, though its time says that it is ours', async () => {
    const { story, github } = createGitHub();
    await story.rotate();
    const before = story.value();
    story.clock.advance(hour);
    const { handle } = github;
    // What was sealed with the key of another place is taken, and is garbage.
    github.handle = (request: FakeRequest) => {
      const answer = handle(request);
      if (request.method === 'PUT' && answer.status < 300) github.tamper(foreign);
      return answer;
    };

    expect(await story.rotate()).toMatchObject([{ code: 'foreign' }]);

    expect(story.value()).toBe(before);
  });

  it('is asked once a day, and a look does not wait for the answer', async () => {
    const { story, runs } = createGitHub();
    await story.rotate();
    const counts: number[] = [];
    for (let days = 0; days < 3; days += 1) {
      story.clock.advance(24 * hour);
      expect((await watch(await story.open(story.token), story.arn)).findings).toEqual([]);
      counts.push(runs().length);
    }

    expect(counts).toEqual([2, 3, 4]);
  });

  it('stops before the mint where the workflow is not there', async () => {
    const { story } = createGitHub({ ...probe, workflow: 'another.yml' });
    story.putByHand(story.provider.makeByHand().value);

    expect(await story.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('place 0') }]);

    expect(story.provider.state.tokens).toHaveLength(1);
  });

  it.each([
    [{ level: 'organization', organization: 'acme', secret: 'NPM_TOKEN' }, false],
    [{ level: 'repository', repository: 'acme/web', secret: 'NPM_TOKEN', product: 'dependabot' }, false],
    [{ level: 'repository', repository: 'acme/web', secret: 'NPM_TOKEN' }, true],
    [{ level: 'environment', repository: 'acme/web', environment: 'live', secret: 'NPM_TOKEN' }, true],
  ])('is there for what a workflow can read: %o %s', (target, can) => {
    expect(githubActions.forTarget?.(githubActions.target.parse(target)).workflows !== undefined).toBe(can);
  });

  function createGitHub(asked = probe) {
    const story = createStage({
      rotator: npmRegistry,
      rotatorFake: npmFake,
      dependents: [{ plugin: githubActions, fake: githubFake, probe: asked, onForeign: 'stop' }],
    });
    const github = story.places[0] as ReturnType<typeof githubFake>;
    return { story, github, runs: () => github.state.runs };
  }
});

/** A receiver that only says that it has heard, and an application that has what the receiver was sent, a while later. */
function createApp(options: Pick<CastDependent, 'onForeign'> = {}) {
  const deaf: DependentFakeFactory = (world) => {
    const receiver = webhookFake(world);
    return Object.assign(receiver, { target: { ...receiver.target, answers: 'acknowledgement' } });
  };
  const story = createStage({
    rotator: npmRegistry,
    rotatorFake: npmFake,
    dependents: [{ plugin: webhook, fake: deaf, probe: { route }, ...options }],
  });
  const [receiver] = story.places;
  const { handle } = receiver ?? {};
  if (receiver === undefined || handle === undefined) throw new Error('the cast has a place');

  let lag = 0;
  let spoilt: string | undefined;
  let forced: string | number | undefined;
  let history: readonly { readonly value: string; readonly at: number }[] = [];
  let told = 0;
  const nonces: string[] = [];
  const answered: string[] = [];
  const used: (string | undefined)[] = [];
  receiver.handle = (request) => {
    const answer = handle(request);
    if (!request.body.includes('secret.rotated')) return answer;
    told += 1;
    history = [...history, { value: spoilt ?? receiver.holds() ?? '', at: story.clock.now() + lag }];
    return answer;
  };
  const uses = () => history.findLast(({ at }) => at <= story.clock.now())?.value;
  story.add({
    api: new URL(route).origin,
    handle({ path, query: { nonce = '' }, method }) {
      expect([method, path]).toEqual(['GET', '/keyturn-probe']);
      expect(nonce).toMatch(/^[0-9a-f]{32}$/);
      nonces.push(nonce);
      if (typeof forced === 'number') return { status: forced, body: {} };
      if (forced === 'page') return { status: 200, body: '<html>Welcome</html>' };
      const value = forced ?? uses() ?? '';
      used.push(value);
      const answer = createHmac('sha256', value).update(`keyturn-probe-v1:${nonce}`).digest('hex');
      answered.push(answer);
      return { status: 200, body: { answer } };
    },
  });
  const app = {
    nonces,
    uses,
    told: () => told,
    told64: () => answered,
    answers: () => used.map((value) => (value === story.value() ? 'the new one' : 'the old one')),
    late: (milliseconds: number) => {
      lag = milliseconds;
    },
    /** What it is sent does not arrive as it was. */
    spoil: (value: string) => {
      spoilt = value;
    },
    always: (how: string | number | undefined) => {
      forced = how;
    },
    fallBackTo: (value: string) => {
      history = [...history, { value, at: story.clock.now() }];
    },
  };
  return { story: { ...story, receiver }, app };
}
