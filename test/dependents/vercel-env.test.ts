import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/vercel-env/fake.ts';
import { verify } from '../../lib/engine/verify.ts';
import { calledIn, createLife, hour, type LifeOptions } from '../contract/life.ts';

const target = { team: 'team_9fXk2', project: 'shop', variable: 'API_TOKEN', environments: ['production'] };

it('deploys again what is live, and no commit that nobody has released', async () => {
  const life = await createVercel();

  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  expect(life.place.holds()).toBe(life.value());
  expect(life.place.state.deployments.map(({ commit }) => commit)).toEqual(['released', 'released', 'released']);
});

it('ships the newest commit where the target says so in so many words', async () => {
  const life = await createVercel({ target: { ...target, redeploys: 'latest-commit' } });

  expect(await life.rotate()).toEqual([]);

  expect(life.place.state.deployments.at(-1)?.commit).toBe('unreleased');
  expect(life.place.holds()).toBe(life.value());
});

it('waits for a deployment of somebody else, so that its own, of older code, does not go live over it', async () => {
  const life = await createVercel();
  await life.rotate();
  life.clock.advance(hour);
  const theirs = {
    ...life.place.state.deployments.at(-1),
    id: 'dpl_theirs',
    commit: 'theirs',
    env: {},
    outcome: 'READY' as const,
  };
  const now = life.clock.now();
  const underway = { ...theirs, createdAt: now, readyAt: now + 20_000 };
  life.place.state = { ...life.place.state, deployments: [...life.place.state.deployments, underway] };

  expect(await life.rotate()).toEqual([]);

  expect(life.place.state.deployments.map(({ commit }) => commit)).toEqual(['released', 'released', 'theirs', 'theirs']);
  expect(life.place.holds()).toBe(life.value());
});

it('tells of a branch that has a value of its own among the previews, and of none where previews are not ours', async () => {
  const previews = await createVercel({ target: { ...target, environments: ['preview'] } });
  Object.assign(previews.token.dependents[0] ?? {}, { onForeign: 'adopt' });
  const production = await createVercel();
  for (const life of [previews, production]) {
    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
  }

  const [found, none] = await Promise.all(
    [previews, production].map(async (life) => (await verify(await life.open(life.token), life.arn)).findings),
  );

  expect(found).toMatchObject([{ code: 'dependent-shadowed', message: expect.stringContaining('the branch feature') }]);
  expect(none).toEqual([]);
});

it('puts the variable back where its deployment fails', async () => {
  const life = await createVercel();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  const { handle } = life.place;
  let fails = true;
  life.place.handle = (request) => {
    const answer = handle(request);
    if (fails && request.method === 'POST' && request.path === '/v13/deployments') {
      fails = false;
      const started = life.place.state.deployments.map((each, index, all) =>
        index === all.length - 1 ? { ...each, outcome: 'ERROR' as const } : each,
      );
      life.place.state = { ...life.place.state, deployments: started };
    }
    return answer;
  };

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('ERROR') }]);

  life.clock.advance(hour);
  expect(life.place.holds()).toBe(current);
  expect(life.place.written()).toBe(current);
});

describe('a sensitive variable, which is never shown again', () => {
  it('is rotated on evidence, and stops the rotation where a stranger wrote', async () => {
    const life = await createVercel({ target });
    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    expect(life.place.holds()).toBe(life.value());
    expect(life.place.state.rows.at(-1)).toMatchObject({ type: 'sensitive', target: ['production'] });

    life.clock.advance(hour);
    life.place.tamper('canary-of-a-stranger');

    expect(await life.rotate()).toMatchObject([{ code: 'foreign' }]);
    expect(life.place.holds()).toBe('canary-of-a-stranger');
  });
});

describe('before anything is minted it is refused', () => {
  it.each([
    ['a variable that other environments share', { target: { ...target, variable: 'OTHER' } }, 'shared with other environments'],
    ['a project that does not go live by itself', { isPinned: true }, 'do not go live by themselves'],
  ])('for %s', async (_name, { isPinned, ...options }: { target?: unknown; isPinned?: boolean }, message) => {
    const life = await createVercel(options);
    if (isPinned) life.place.state = { ...life.place.state, autoAssignCustomDomains: false };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining(message) }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });
});

it('takes a 201 that lists a failure for none', async () => {
  const life = await createVercel();
  const { handle } = life.place;
  life.place.handle = (request) =>
    request.method === 'POST' && request.path.endsWith('/env')
      ? { status: 201, body: { created: life.place.state.rows[0], failed: [{ error: { code: 'ENV_CONFLICT', message: '' } }] } }
      : handle(request);

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed' }]);

  expect(calledIn(life.exchanges.ofPlace)).not.toContain('POST /v13/deployments');
});

async function createVercel(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'vercel-env', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
