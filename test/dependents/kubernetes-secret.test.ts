import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/kubernetes-secret/fake.ts';
import { calledIn, createLife, hour, type LifeOptions } from '../contract/life.ts';

describe('before anything is minted it is refused', () => {
  it.each([
    ['what Helm makes', { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } }, {}, 'Helm'],
    ['what Argo CD makes', { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } } }, {}, 'Argo CD'],
    ['what is made of something else', { metadata: { ownerReferences: [{ kind: 'ExternalSecret' }] } }, {}, 'ExternalSecret'],
    ['what cannot be changed', { immutable: true }, {}, 'immutable'],
    ['what would not restart', {}, { paused: true }, 'paused'],
  ])('for %s', async (_name, secret, deployment, said) => {
    const life = await createCluster();
    const { state } = life.place;
    life.place.state = { secret: { ...state.secret, ...secret }, deployment: { ...state.deployment, ...deployment } };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining(said) }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });
});

it('restarts pods that started with what a stranger had put there in between', async () => {
  const life = await createCluster();
  Object.assign(life.token.dependents[0] ?? {}, { onForeign: 'adopt' });
  await life.rotate();
  life.clock.advance(hour);
  await life.rotate();
  life.clock.advance(hour);
  life.place.tamper('canary-of-a-stranger');

  await life.retireFully();

  expect(life.place.written()).toBe(life.value());
  expect(life.place.holds()).toBe(life.value());
});

it('puts the value back where the restart does not come to its end', async () => {
  const life = await createCluster();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  const { handle } = life.place;
  life.place.handle = (request) => {
    const answer = handle(request);
    const { deployment } = life.place.state;
    const isRestart = request.method === 'PATCH' && request.path.includes('/deployments/');
    // The first is stuck; the one that follows, with the old value, is not.
    if (isRestart)
      life.place.state = { ...life.place.state, deployment: { ...deployment, isStuck: deployment.generation === 3 } };
    return answer;
  };

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('web') }]);

  life.clock.advance(hour);
  expect(life.place.holds()).toBe(current);
});

it('restarts nothing where no Deployment is named', async () => {
  const target = { server: 'https://cluster.kubernetes.test', namespace: 'shop', secret: 'app', key: 'API_TOKEN' };
  const life = await createCluster({ target });

  expect(await life.rotate()).toEqual([]);

  expect(life.place.written()).toBe(life.value());
  expect(calledIn(life.exchanges.ofPlace).join()).not.toContain('deployments');
});

async function createCluster(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'kubernetes-secret', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
