import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/github-actions/fake.ts';
import { githubActions } from '../../dependents/github-actions/index.ts';
import { verify } from '../../lib/engine/verify.ts';
import type { FakeAnswer, FakeRequest } from '../../lib/testing/fake.ts';
import { awsError } from '../../lib/testing/in-process.ts';
import { createOpenApiJudge } from '../../lib/testing/openapi.ts';
import type { OutwardCall } from '../../lib/testing/world.ts';
import { documentOf } from '../contract/documents.ts';
import { calledIn, createLife, hour, type LifeOptions } from '../contract/life.ts';

const repository = { level: 'repository', repository: 'acme/web', secret: 'NPM_TOKEN' };
const environment = { level: 'environment', repository: 'acme/web', environment: 'production/eu', secret: 'NPM_TOKEN' };
const organization = { level: 'organization', organization: 'acme', secret: 'NPM_TOKEN' };

const places = [
  ['a repository', repository, '/repos/acme/web/actions/secrets'],
  ['a repository, for Dependabot', { ...repository, product: 'dependabot' }, '/repos/acme/web/dependabot/secrets'],
  ['a repository, for Codespaces', { ...repository, product: 'codespaces' }, '/repos/acme/web/codespaces/secrets'],
  ['an environment', environment, '/repos/acme/web/environments/production%2Feu/secrets'],
  ['an organization', organization, '/orgs/acme/actions/secrets'],
  ['an organization, for Dependabot', { ...organization, product: 'dependabot' }, '/orgs/acme/dependabot/secrets'],
  ['an organization, for Codespaces', { ...organization, product: 'codespaces' }, '/orgs/acme/codespaces/secrets'],
] as const;

describe('what goes before a secret under the same name', () => {
  const ofRepository = { ...repository, lookAlsoIn: ['production/eu'] };
  const ofOrganization = { ...organization, lookAlsoIn: ['acme/web'] };

  it.each([
    ['an environment', ofRepository, '/repos/acme/web/environments/production%2Feu/secrets', 'the environment production/eu'],
    ['a repository', ofOrganization, '/repos/acme/web/actions/secrets', 'the repository acme/web'],
  ])('is told of in %s that the catalog has us look into', async (_, target, place, said) => {
    const life = await createGitHub({ target });
    await life.rotate();
    const findings = async () => (await verify(await life.open(life.token), life.arn)).findings;
    expect(await findings()).toEqual([]);

    const { secrets } = life.place.state;
    const [theirs] = Object.values(secrets);
    if (theirs === undefined) throw new Error('there is no secret');
    life.place.state = { ...life.place.state, secrets: { ...secrets, [`${place} NPM_TOKEN`]: theirs } };

    expect(await findings()).toMatchObject([{ code: 'dependent-shadowed', message: expect.stringContaining(said) }]);
  });

  it('is not said to be nothing where the authority may not see it', async () => {
    const life = await createGitHub({ target: { ...repository, lookAlsoIn: ['staging'] } });
    await life.rotate();

    expect((await verify(await life.open(life.token), life.arn)).findings).toMatchObject([{ code: 'dependent-unreachable' }]);
  });

  it('is looked for nowhere else', async () => {
    const life = await createGitHub({ target: repository });
    await life.rotate();
    await verify(await life.open(life.token), life.arn);

    expect(calledIn(life.exchanges.ofPlace).filter((call) => call.includes('/environments/'))).toEqual([]);
  });

  it('is no environment of what has none', () => {
    const target = { ...repository, product: 'dependabot', lookAlsoIn: ['production'] };
    expect(githubActions.target.safeParse(target).success).toBe(false);
  });
});

describe.each(places)('a secret of %s', (_name, target, path) => {
  it('really holds the new token after each rotation, and nothing else has changed', async () => {
    const life = await createGitHub({ target });
    const before = others(life, path);

    expect(await life.rotate()).toEqual([]);
    expect(stored(life, path)?.value).toBe(life.value());
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);

    expect(stored(life, path)?.value).toBe(life.value());
    expect(others(life, path)).toEqual(before);
  });

  it('gets the current token back when the rotation fails, and lets the others go after overlap and drain', async () => {
    const life = await createGitHub({ target });
    await life.rotate();
    await life.rotate();
    const current = life.value();
    life.clock.advance(hour);

    expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

    expect(stored(life, path)?.value).toBe(current);
    expect(life.live()).toHaveLength(3);
    await life.retireFully();
    expect(life.live()).toEqual([current]);
  });

  const found = documentOf('dependents', 'github-actions');
  it.skipIf('why' in found)('is written and read as the document of GitHub says', async () => {
    if ('why' in found) return;
    const life = await createGitHub({ target });
    await life.rotate();
    life.clock.advance(hour);
    await life.rotateInVain();

    expect(life.exchanges.ofPlace.flatMap(createOpenApiJudge(found.document))).toEqual([]);
  });
});

describe('what an organization has decided', () => {
  const path = '/orgs/acme/actions/secrets';

  it('stays: all 130 repositories see the secret after three rotations', async () => {
    const life = await createGitHub({ target: organization });
    const before = stored(life, path);

    for (let rotation = 0; rotation < 3; rotation += 1) expect(await life.rotate()).toEqual([]);

    expect(stored(life, path)?.visibility).toBe('selected');
    expect([...(stored(life, path)?.repositoryIds ?? [])].sort()).toEqual([...(before?.repositoryIds ?? [])].sort());
  });

  it('stays also where the catalog would have made it otherwise', async () => {
    const life = await createGitHub({ target: { ...organization, secret: 'other', visibility: 'private' } });

    expect(await life.rotate()).toEqual([]);

    expect(life.place.state.secrets[`${path} OTHER`]).toMatchObject({ value: life.value(), visibility: 'all' });
  });

  it('is for the owner to say of a new secret: no repository sees it, unless the catalog names more', async () => {
    const silent = await createGitHub({ target: { ...organization, secret: 'FRESH' } });
    const open = await createGitHub({ target: { ...organization, secret: 'FRESH', visibility: 'private' } });

    for (const life of [silent, open]) expect(await life.rotate()).toEqual([]);

    expect(silent.place.state.secrets[`${path} FRESH`]).toMatchObject({ visibility: 'selected', repositoryIds: [] });
    expect(open.place.state.secrets[`${path} FRESH`]).toMatchObject({ visibility: 'private' });
  });

  it('is never sent from a list that came short', async () => {
    const life = await createGitHub({ target: organization });
    const before = life.place.state.secrets;
    replaceAnswers(life, ({ path: called, query }) =>
      called.endsWith('/repositories') && query.page === '3'
        ? { status: 200, body: { total_count: 130, repositories: [] } }
        : undefined,
    );

    expect(await life.rotate()).toMatchObject([{ code: 'conflict' }]);

    expect(life.place.state.secrets).toEqual(before);
    expect(calledIn(life.exchanges.ofPlace).join()).not.toContain('PUT');
  });
});

describe('a list of repositories', () => {
  const page = (...ids: readonly number[]) => ({
    status: 200,
    body: { total_count: 1_000_000, repositories: ids.map((id) => ({ id })) },
  });

  it.each([
    ['comes round to its beginning again', 2, () => page(1, 2, 3)],
    ['goes on and on', 100, (number: number) => page(number)],
  ] as const)('that %s is given up after %i pages, and nothing is written', async (_how, pages, answer) => {
    const life = await createGitHub({ target: organization });
    let asked = 0;
    replaceAnswers(life, ({ path, query }) => {
      if (!path.endsWith('/repositories')) return undefined;
      asked += 1;
      return asked > 300 ? { status: 500 } : answer(Number(query.page));
    });

    expect(await life.rotate()).toMatchObject([{ code: 'conflict' }]);

    expect(asked).toBe(pages);
    expect(calledIn(life.exchanges.ofPlace).join()).not.toContain('PUT');
  });
});

describe('a place that cannot be read back', () => {
  const path = '/repos/acme/web/actions/secrets';

  it("stops the rotation by name at a stranger's write, before anything is minted", async () => {
    const life = await createGitHub();
    await life.rotate();
    const live = life.live();
    life.clock.advance(hour);
    life.place.tamper('canary-of-a-stranger');

    expect(await life.rotate()).toMatchObject([{ code: 'foreign', message: expect.stringContaining('place 0') }]);

    expect(life.live()).toEqual(live);
    expect(life.place.holds()).toBe('canary-of-a-stranger');
  });

  it('waits where a stranger writes between writing and testing, and then says so', async () => {
    const life = await createGitHub();
    await life.rotate();
    life.clock.advance(hour);
    let isDue = true;
    replaceAnswers(life, () => {
      // The first look after the write that is not the write's own.
      const writes = calledIn(life.exchanges.ofPlace).filter((call) => call.startsWith('PUT')).length;
      const looks = calledIn(life.exchanges.ofPlace).slice(
        calledIn(life.exchanges.ofPlace).findLastIndex((call) => call.startsWith('PUT')),
      );
      if (!isDue || writes !== 2 || looks.length !== 2) return undefined;
      isDue = false;
      life.clock.advance(2000);
      life.place.tamper('canary-of-a-stranger');
      return undefined;
    });

    expect(await life.rotate()).toMatchObject([{ code: 'not-yet' }]);
    expect(await life.goOn()).toMatchObject([{ code: 'foreign' }]);

    expect(life.place.holds()).toBe('canary-of-a-stranger');
  });

  it.each([
    ['before the write is known', 'saveReceipt', 2],
    ['before it was intended', 'saveReceipt', 1],
    ['while the write is answered', 'PUT https://api.github.com/repos/acme/web/actions/secrets/NPM_TOKEN', 1],
    ['while it is looked at', 'GET https://api.github.com/repos/acme/web/actions/secrets/NPM_TOKEN', 2],
  ])('is not called foreign after a crash %s', async (_name, what, nth) => {
    const fault = { isOn: false, count: 0 };
    const life = await createGitHub({
      async around(call: OutwardCall, effect) {
        if (fault.isOn && call.what === what) fault.count += 1;
        const isHit = fault.isOn && call.what === what && fault.count >= nth;
        if (isHit && what !== 'saveReceipt') await effect(); // it has taken place, and nobody knows
        if (isHit) throw awsError('TimeoutError', undefined);
        return effect();
      },
    });
    await life.rotate();
    life.clock.advance(hour);
    fault.isOn = true;

    await life.rotate();
    fault.isOn = false;
    await life.goOn();

    expect(life.happenings.map(({ code }) => code)).not.toContain('foreign');
    expect(life.place.holds()).toBe(life.value());
    expect(life.labels()).not.toContain('AWSPENDING');
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    expect(life.place.holds()).toBe(life.value());
  });

  it('claims no version from a look that lags behind, and accuses nobody later', async () => {
    const life = await createGitHub();
    await life.rotate();
    const old = life.exchanges.ofPlace.findLast(({ request }) => request.path === `${path}/NPM_TOKEN`)?.answer;
    life.clock.advance(hour);
    let lags = 1;
    replaceAnswers(life, ({ method, path: called }) => {
      const isLookAfterWrite =
        method === 'GET' && called === `${path}/NPM_TOKEN` && calledIn(life.exchanges.ofPlace).at(-1)?.startsWith('PUT');
      return isLookAfterWrite && lags-- > 0 ? old : undefined;
    });

    expect(await life.rotate()).toEqual([]);

    expect([...life.receipts.values()].at(-1)).not.toHaveProperty('version');
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    expect([...life.receipts.values()].at(-1)).toHaveProperty('version');
  });

  it('is not called foreign after a pause that was asked for right behind the write', async () => {
    const life = await createGitHub();
    await life.rotate();
    life.clock.advance(hour);
    const until = life.clock.now() + hour;
    replaceAnswers(life, () => {
      const isBehindWrite = calledIn(life.exchanges.ofPlace).at(-1)?.startsWith('PUT');
      if (isBehindWrite) life.place.state = { ...life.place.state, pause: { kind: 'secondary', until } };
      return undefined;
    });

    await life.rotate();
    life.clock.advance(2 * hour);
    await life.goOn();

    expect(life.happenings.map(({ code }) => code)).not.toContain('foreign');
    expect(life.place.holds()).toBe(life.value());
    expect(life.labels()).not.toContain('AWSPENDING');
  });

  it('is written again where all receipts are lost, before anything is revoked', async () => {
    const life = await createGitHub();
    await life.rotate();
    await life.rotate();
    life.receipts.clear();
    await life.retire();
    life.clock.advance(26 * hour);

    expect(await life.retire()).toMatchObject([{ outcome: 'waits' }]);
    expect(life.live()).toHaveLength(2);
    await life.retireFully();
    expect(life.live()).toEqual([life.value()]);
  });
});

describe('what GitHub refuses', () => {
  it('is found out before anything is minted, where it is hidden behind a 404', async () => {
    const life = await createGitHub({ target: { ...environment, environment: 'no-such' } });

    expect(await life.rotate()).toMatchObject([{ code: 'absent', message: expect.stringContaining('public-key answered 404') }]);

    expect(life.live()).toEqual([]);
  });

  it('is the whole rotation where the key was changed between fetching and sealing', async () => {
    const life = await createGitHub();
    await life.rotate();
    const old = life.value();
    life.clock.advance(hour);
    let isDue = true;
    replaceAnswers(life, ({ method }) => {
      if (method === 'PUT' && isDue) {
        isDue = false;
        life.place.state = { ...life.place.state, keyChanges: life.place.state.keyChanges + 1 };
      }
      return undefined;
    });

    expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', status: 422 }]);

    expect(life.place.holds()).toBe(old);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    expect(life.place.holds()).toBe(life.value());
  });

  it.each(['primary', 'secondary'] as const)(
    'by a 403 that only asks for a pause (%s) is tried again, with the same token',
    async (kind) => {
      const life = await createGitHub();
      await life.rotate();
      life.clock.advance(hour);
      let isDue = true;
      replaceAnswers(life, ({ method }) => {
        if (method === 'PUT' && isDue) {
          isDue = false;
          life.place.state = { ...life.place.state, pause: { kind, until: life.clock.now() + 50_000 } };
          return life.place.handle({ method, path: '/', query: {}, headers: {}, body: '' });
        }
        return undefined;
      });

      expect(await life.rotate()).toMatchObject([{ code: 'limited', retryAfterSeconds: expect.any(Number) }]);
      expect(life.labels()).toContain('AWSPENDING');
      const live = life.live();
      expect(await life.goOn()).toEqual([]);

      expect(life.live()).toEqual(live);
      expect(life.place.holds()).toBe(life.value());
    },
  );

  it('by a 403 for good is taken apart', async () => {
    const life = await createGitHub();
    await life.rotate();
    const old = life.value();
    life.clock.advance(hour);
    replaceAnswers(life, ({ method }) =>
      method === 'PUT' ? { status: 403, body: { message: 'Resource not accessible' } } : undefined,
    );

    expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', status: 403 }]);

    expect(life.value()).toBe(old);
    expect(life.labels()).not.toContain('AWSPENDING');
  });

  it.each([
    ['a digit at the start', { ...repository, secret: '1TOKEN' }],
    ['a hyphen', { ...repository, secret: 'NPM-TOKEN' }],
    ['a name that is kept for GitHub', { ...repository, secret: 'Github_Token' }],
    ['a repository without its owner', { ...repository, repository: 'web' }],
    ['an environment for Dependabot', { ...environment, product: 'dependabot' }],
    ['an environment of an organization', { ...organization, environment: 'production' }],
    ['a level that is none', { ...repository, level: 'enterprise' }],
  ])('is refused in the catalog already: %s', (_name, target) => {
    expect(githubActions.target.safeParse(target).success).toBe(false);
  });
});

it('speaks to an Enterprise Server below its path', async () => {
  const life = await createGitHub({ target: { ...repository, api: 'https://github.acme.test/api/v3' } });
  life.add({
    api: 'https://github.acme.test',
    handle: (request) => {
      expect(request.path).toMatch(/^\/api\/v3\/repos\//);
      return life.place.handle({ ...request, path: request.path.replace('/api/v3', '') });
    },
  });

  expect(await life.rotate()).toEqual([]);

  expect(life.place.holds()).toBe(life.value());
});

it('never shows a value: neither in what it says nor in what GitHub is sent openly', async () => {
  const life = await createGitHub();
  await life.rotate();

  const sent = life.exchanges.ofPlace.map(({ request }) => `${request.path} ${JSON.stringify(request.query)} ${request.body}`);
  expect(sent.join()).not.toContain(life.value());
  expect(JSON.stringify([life.logs, life.happenings, [...life.receipts]])).not.toContain('canary');
});

/** A life whose place is the fake of GitHub, with its own state in sight. */
async function createGitHub(options: Pick<LifeOptions, 'target' | 'around'> = {}) {
  const life = await createLife({ dependent: 'github-actions', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

type GitHub = Awaited<ReturnType<typeof createGitHub>>;

function stored({ place }: GitHub, path: string) {
  return place.state.secrets[`${path} NPM_TOKEN`];
}

function others({ place }: GitHub, path: string) {
  return Object.entries(place.state.secrets).filter(([id]) => id !== `${path} NPM_TOKEN`);
}

/** Lets the answer that is given take the fake's place, where one is given. */
function replaceAnswers({ place }: GitHub, answer: (request: FakeRequest) => FakeAnswer | undefined) {
  const { handle } = place;
  place.handle = (request) => answer(request) ?? handle(request);
}
