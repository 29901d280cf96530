import { expect, it } from 'vitest';
import type { fake } from '../../dependents/netlify-env/fake.ts';
import { verify } from '../../lib/engine/verify.ts';
import { calledIn, createLife, hour, type LifeOptions } from '../contract/life.ts';

const target = { account: 'acme', site: '5b2e9c1f-7d3a-4a54-9f0e-2c7c5d1e8a40', variable: 'API_TOKEN', builds: 'latest-commit' };

it.each([
  ['a secret of production, which is never shown again', target],
  ['a value for all contexts', { ...target, context: 'all' }],
])('rotates and puts back %s, and only the site is written to', async (_name, chosen) => {
  const life = await createSite({ target: chosen });
  const shared = life.place.state.shared;

  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);
  expect(life.place.holds()).toBe(life.value());
  const current = life.value();
  life.clock.advance(hour);
  expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

  life.clock.advance(hour);
  expect(life.place.holds()).toBe(current);
  expect(life.place.state.shared).toEqual(shared);
  expect(life.place.state.variables.API_TOKEN?.isSecret).toBe(!('context' in chosen));
});

it('stops by name where a stranger changed a secret', async () => {
  const life = await createSite();
  await life.rotate();
  life.clock.advance(hour);
  life.place.tamper('canary-of-a-stranger');

  expect(await life.rotate()).toMatchObject([{ code: 'foreign' }]);

  expect(life.place.holds()).toBe('canary-of-a-stranger');
});

it('puts the variable back where its build fails', async () => {
  const life = await createSite();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  const { handle } = life.place;
  let fails = true;
  life.place.handle = (request) => {
    const answer = handle(request);
    if (fails && request.method === 'POST' && request.path.endsWith('/builds')) {
      fails = false;
      const { deploys } = life.place.state;
      const failed = deploys.map((each, index) => (index === deploys.length - 1 ? { ...each, outcome: 'error' as const } : each));
      life.place.state = { ...life.place.state, deploys: failed };
    }
    return answer;
  };

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('error') }]);

  life.clock.advance(hour);
  expect(life.place.holds()).toBe(current);
});

it.each([
  ['has no repository', { repository: undefined }, 'no repository'],
  ['does not publish new deploys', { isLocked: true }, 'not published'],
])('refuses, before anything is minted, a site that %s', async (_name, state, message) => {
  const life = await createSite();
  life.place.state = { ...life.place.state, ...state };

  expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining(message) }]);

  expect(life.live()).toEqual([]);
  expect(calledIn(life.exchanges.ofPlace).filter((each) => !each.startsWith('GET'))).toEqual([]);
});

it('tells of a context that has a value of its own, unless it is the current token', async () => {
  const life = await createSite({ target: { ...target, context: 'all' } });
  await life.rotate();
  life.clock.advance(hour);
  const look = async (preview: string | undefined) => {
    const { API_TOKEN: ours } = life.place.state.variables;
    if (ours === undefined || preview === undefined) throw new Error('the variable is not there');
    const variable = { ...ours, values: { ...ours.values, 'deploy-preview': preview } };
    life.place.state = { ...life.place.state, variables: { ...life.place.state.variables, API_TOKEN: variable } };
    return (await verify(await life.open(life.token), life.arn)).findings;
  };

  expect(await look('canary-of-previews')).toMatchObject([
    { code: 'dependent-shadowed', message: expect.stringContaining('the context deploy-preview') },
  ]);
  expect(await look(life.value())).toEqual([]);
});

it('refuses a value of another context that stands before or behind its own', async () => {
  const life = await createSite({ target: { ...target, variable: 'OTHER' } });

  expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining('the context all') }]);
});

async function createSite(options: Pick<LifeOptions, 'target'> = { target }) {
  const life = await createLife({ dependent: 'netlify-env', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
