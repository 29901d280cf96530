// Goal: what a live check says of a service is so, and it leaves nothing behind there.
// Method: every rotator goes through it on its fake; then fakes that do otherwise than the facts say are found out; then it is done for real on
// the two services that need nothing but Node.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { AnyRotator } from '../../lib/engine/contract.ts';
import { serveOnLoopback } from '../../lib/local/loopback.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { FakeAnswer, FakeRequest, FakeToken, RotatorFake, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { lantern, lanternFake } from '../../lib/testing/lantern.ts';
import { createStage, type Stage } from '../../lib/testing/stage.ts';
import { createWorld } from '../../lib/testing/world.ts';
import { examples } from '../../rotators/http/fake.ts';
import { checkLive } from '../../scripts/live/check.ts';
import { openSubject } from '../../scripts/live/open.ts';
import { services } from '../../scripts/live/services.ts';
import { eachFake } from '../fakes.ts';

const script = fileURLToPath(new URL('../../scripts/live.ts', import.meta.url));
const all = await eachFake<RotatorFakeFactory, AnyRotator>('rotators', registry.rotatorNames, registry.rotator);

describe('every rotator on its fake', () => {
  // Where only people make tokens there is nothing that a program could go through.
  const made = all.filter(({ plugin }) => plugin.facts.kind !== 'assisted');
  it.each(made)('finds nothing otherwise than the facts say, and leaves nothing behind: $name', async ({ plugin, fake }) => {
    const stage = createStage({ rotator: plugin, rotatorFake: fake });

    const report = await check(stage);

    expect(report).toMatchObject({ plugin: plugin.facts.name, ok: true, differences: [], leftBehind: [] });
    expect(stage.live()).toHaveLength(stage.strategy === 'replace' ? 1 : 0);
    expect(findLeaks(JSON.stringify(report), secretsOf(stage))).toEqual([]);
  });
});

describe('a service that does otherwise', () => {
  it('is said to take a revoked token for longer', async () => {
    const stage = stageOf((fake, handle) => ({
      handle(request) {
        const lives = (token: FakeToken) => stage.clock.now() < (token.revokedAt ?? 0) + 9000;
        const isDying = fake.state.tokens.some(
          (token) => request.headers.authorization === `Bearer ${token.value}` && lives(token),
        );
        return isDying ? { status: 200, body: { key: 'somebody' } } : handle(request);
      },
    }));

    expect(await check(stage)).toMatchObject({
      ok: true,
      differences: [{ fact: 'deathSeconds', says: '0 s at most', seen: expect.stringMatching(/^\d+ s at least$/) }],
    });
  });

  it('is said to refuse a new token for longer', async () => {
    const stage = stageOf((fake) => ({
      accepts: (value) =>
        fake.state.tokens.some(
          ({ value: each, createdAt, revokedAt }) => each === value && !revokedAt && stage.clock.now() > createdAt + 9000,
        ),
    }));

    expect(await check(stage)).toMatchObject({
      ok: true,
      differences: expect.arrayContaining([expect.objectContaining({ fact: 'settleSeconds' })]),
    });
  });

  it('is found out when it says that it revoked, and did not', async () => {
    const stage = stageOf((_fake, handle) => ({
      handle: (request) => (request.method === 'DELETE' ? { status: 204 } : handle(request)),
    }));

    expect(failedIn(await check(stage))).toEqual(['the first one is dead', 'the list has it no more']);
  });

  it('is found out when it takes any value', async () => {
    const stage = stageOf((_fake, handle) => ({
      handle: (request) => (request.path === '/me' ? { status: 200, body: { key: 'somebody' } } : handle(request)),
    }));

    expect(failedIn(await check(stage))).toContain('a wrong value is refused');
  });

  it('is found out when it shows a stranger an empty list', async () => {
    const stage = stageOf((fake, handle) => ({
      handle: (request) =>
        request.headers.authorization === `Bearer ${fake.authority.key}` || request.path === '/me'
          ? handle(request)
          : { status: 200, body: { keys: [] } },
    }));

    expect(failedIn(await check(stage))).toEqual(['a wrong authority is refused, and not shown an empty list']);
  });

  it('keeps nothing of ours when it loses an answer: the token is found by its mark', async () => {
    const stage = stageOf((_fake, handle) => ({
      handle(request) {
        const answer = handle(request);
        return request.method === 'POST' ? { status: 502, body: '<html>' } : answer;
      },
    }));
    stage.provider.makeByHand('somebody else');

    const report = await check(stage);

    expect(report).toMatchObject({ ok: false, leftBehind: [] });
    expect(stage.provider.state.tokens.filter(({ revokedAt }) => revokedAt === undefined)).toMatchObject([
      { name: 'somebody else' },
    ]);
  });

  it('is told of what stays there when it refuses to revoke', async () => {
    const stage = stageOf((_fake, handle) => ({
      handle: (request) => (request.method === 'DELETE' ? { status: 403, body: {} } : handle(request)),
    }));

    const report = await check(stage);

    expect(report.ok).toBe(false);
    expect(report.leftBehind).toEqual(stage.provider.state.tokens.map(({ ref }) => ref));
  });
});

it('ends what it made when somebody stops it', async () => {
  const stage = stageOf(() => ({}));
  const stopping = new AbortController();

  const report = await check(stage, {
    signal: stopping.signal,
    say: ({ name }: { name: string }) => name.startsWith('makes a token') && stopping.abort(),
  });

  expect(report.steps.filter(({ outcome }) => outcome === 'skipped').length).toBeGreaterThan(5);
  expect(report.leftBehind).toEqual([]);
  expect(stage.live()).toEqual([]);
});

describe('for real', () => {
  it.each(['npm-registry', 'oauth-client'])('does what is promised of it: %s', async (name) => {
    const service = await services[name]?.(new AbortController().signal);
    const rotator = await registry.rotator(name);
    if (service === undefined || rotator === undefined) throw new Error('there is no such service');

    const report = await checkLive(openSubject(rotator, service)).finally(() => service.close());

    expect(report).toMatchObject({ ok: true, differences: [], leftBehind: [] });
    expect(report.steps.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThanOrEqual(9);
  });

  it('is done with an entry of a catalog, for a service without code', async () => {
    const random = (characters: number) => randomBytes(characters).toString('hex').slice(0, characters);
    const tidewater = examples['tidewater']?.({ ...createWorld({ registry }).fakeWorld, now: () => Date.now(), random });
    if (tidewater === undefined) throw new Error('there is no such example');
    const server = await serveOnLoopback(tidewater);
    const entry = join(mkdtempSync(join(tmpdir(), 'keyturn-live-')), 'gauge-reader.yaml');
    const text = readFileSync('docs/examples/without-code/gauge-reader.yaml', 'utf8');
    writeFileSync(entry, text.replace('api: https://tidewater.example/api', `api: ${server.url}/api`));
    const env = { PATH: process.env.PATH, KEYTURN_LIVE_HTTP_AUTHORITY: JSON.stringify(tidewater.authority) };

    const run = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, 'http', '--json', '--entry', entry], {
      env,
    }).finally(() => {
      server.close();
      rmSync(dirname(entry), { recursive: true });
    });

    expect(JSON.parse(run.stdout)).toMatchObject({ plugin: 'http', ok: true, differences: [], leftBehind: [] });
    expect(tidewater.state.tokens.map(({ revokedAt }) => revokedAt !== undefined)).toEqual([true, true]);
  });
});

it.each([
  [['sendgrid'], /KEYTURN_LIVE_SENDGRID_SCOPE .* KEYTURN_LIVE_SENDGRID_AUTHORITY/],
  [['auth0'], /--may-end-current/],
  [['no-such'], /There are: .*sendgrid/],
  [['sendgrid', '--local'], /could be started here/],
])('refuses to begin without what it needs, and says what that is: %j', async (args, sentence) => {
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args], { env: { PATH: process.env.PATH } });

  await expect(run).rejects.toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
});

// ---------------------------------------------------------------------------------------------------------------- how it is done

type Lies = (
  fake: RotatorFake,
  handle: RotatorFake['handle'],
) => Partial<Pick<RotatorFake, 'accepts'>> & {
  readonly handle?: (request: FakeRequest) => FakeAnswer;
};

function stageOf(lies: Lies): Stage {
  const rotatorFake: RotatorFakeFactory = (world) => {
    const fake: RotatorFake = lanternFake(world);
    return Object.assign(fake, lies(fake, fake.handle.bind(fake)));
  };
  return createStage({ rotator: lantern, rotatorFake });
}

async function check(stage: Stage, listening: Parameters<typeof checkLive>[1] = {}) {
  const { rotator, asToken, withAuthority } = await stage.open(stage.token);
  const { clock } = stage;
  return withAuthority((asAuthority) =>
    checkLive({ rotator, asToken, asAuthority, clock, random: stage.ports.random }, listening),
  );
}

function failedIn({ steps }: Awaited<ReturnType<typeof checkLive>>) {
  return steps.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
}

function secretsOf({ provider }: Stage): readonly string[] {
  const values = provider.state.tokens.map(({ value }) => value);
  return [...values, ...Object.values(provider.authority).filter((text) => text.startsWith('canary-'))];
}
