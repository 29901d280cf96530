import { describe, expect, it } from 'vitest';
import { type fake, fakeOfCopy } from '../../dependents/aws-ecs-service/fake.ts';
import { awsEcsService } from '../../dependents/aws-ecs-service/index.ts';
import { fake as copyFake } from '../../dependents/aws-secrets-manager-secret/fake.ts';
import { awsSecretsManagerSecret } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { heal } from '../../lib/engine/heal.ts';
import type { Check } from '../../lib/engine/token.ts';
import { verify } from '../../lib/engine/verify.ts';
import { watch } from '../../lib/engine/watch.ts';
import { AwsError } from '../../lib/local/aws-error.ts';
import { dependentConformance } from '../../lib/testing/conformance/dependent.ts';
import { lantern, lanternFake } from '../../lib/testing/lantern.ts';
import type { CastDependent } from '../../lib/testing/stage.ts';
import { createStage } from '../../lib/testing/stage.ts';
import { createLife, hour, type LifeOptions } from '../contract/life.ts';
import { speakOverTheWire } from './wire.ts';

const services = { AmazonEC2ContainerServiceV20141113: 'ECSClient' };
const copy: CastDependent = { plugin: awsSecretsManagerSecret, fake: copyFake, onForeign: 'adopt' };

describe('whose tasks read the copy of another dependent', () => {
  for (const { name, skip, run } of dependentConformance(awsEcsService, fakeOfCopy, { readsFrom: copy })) {
    if (skip === undefined) it(name, run);
    else it.skip(`${name} (${skip})`, run);
  }

  it('are started anew before promotion, once the copy is there', async () => {
    const stage = createReaders();
    expect(await stage.rotate()).toEqual([]);
    stage.clock.advance(hour);

    const versionId = stage.begin();
    await stage.step('createSecret', versionId);
    await stage.step('setSecret', versionId);

    expect(stage.places.map((place) => place.holds())).toEqual(Array(2).fill(stage.value('AWSPENDING')));
    expect(stage.value()).not.toBe(stage.value('AWSPENDING'));
  });

  it('are started anew after the copy was put back, and not before', async () => {
    const check = { name: 'check', url: 'https://check.test/', header: 'x', prefix: '', expectStatus: [200] };
    const stage = createReaders([check]);
    let status = 200;
    stage.add({ api: 'https://check.test', handle: () => ({ status }) });
    expect(await stage.rotate()).toEqual([]);
    const current = stage.value();
    stage.clock.advance(hour);
    status = 403;

    expect(await stage.rotate()).toMatchObject([{ code: 'check-failed' }]);
    stage.clock.advance(hour);

    expect(stage.places.map((place) => place.holds())).toEqual([current, current]);
  });

  it('are started anew where a stranger had written the copy, and some of them may have read that', async () => {
    const stage = createReaders();
    await stage.rotate();
    stage.clock.advance(hour);
    const [written, service] = stage.places;
    written?.tamper('canary-of-a-stranger');
    service?.tamper('canary-of-a-stranger'); // a task was replaced in between, and read it

    const healed = await heal(await stage.open(stage.token), stage.arn);
    stage.clock.advance(hour);

    expect(healed).toMatchObject([{ outcome: 'written' }, { outcome: 'written' }]);
    expect(stage.places.map((place) => place.holds())).toEqual(Array(2).fill(stage.value()));
  });
});

describe('whose tasks read the rotated secret itself', () => {
  it('are left alone before promotion and started anew right after it, by the real SDK', async () => {
    const life = await createService();
    const wire = await speakOverTheWire(life, services);
    try {
      expect(await life.rotate()).toEqual([]);
      life.clock.advance(hour);
      const versionId = life.begin();
      for (const step of ['createSecret', 'setSecret', 'testSecret'] as const) await life.step(step, versionId);
      expect(life.place.state.started).toBe(2);

      await life.step('finishSecret', versionId);
      await life.step('finishSecret', versionId); // as AWS does when it lost the answer
      expect(life.place.state.started).toBe(3);
      expect((await verify(await life.open(life.token), life.arn)).findings).toMatchObject([{ code: 'dependent-restarting' }]);
      life.clock.advance(60_000);

      expect(life.place.holds()).toBe(life.value());
      expect((await watch(await life.open(life.token), life.arn)).findings).toEqual([]);
      expect(life.place.state.started).toBe(3);
    } finally {
      await wire.close();
    }
  });

  it('are started anew by a sweep where promotion was not ours, or the start was lost', async () => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(hour);
    let isDown = true;
    life.interfere(async ({ what }, effect) => {
      if (isDown && what === 'UpdateService')
        throw Object.assign(new Error(), { name: 'ServerException', $metadata: { httpStatusCode: 500 } });
      return effect();
    });
    expect(await life.rotate()).toEqual([]);
    expect(life.place.state.started).toBe(2);
    isDown = false;

    const { findings } = await watch(await life.open(life.token), life.arn);
    life.clock.advance(hour);

    expect(findings).toMatchObject([{ code: 'dependent-restarting' }]);
    expect(life.place.holds()).toBe(life.value());
  });

  it('keep the old token alive until none of them runs with it', async () => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(hour);
    await life.rotate();
    life.place.state = {
      ...life.place.state,
      deployments: life.place.state.deployments.map((each) => ({
        ...each,
        readyAt: each.createdAt > life.clock.now() - 60_000 ? life.clock.now() + 100 * hour : each.readyAt,
      })),
    };

    await life.retireFully();
    expect(life.live()).toHaveLength(2);
    life.clock.advance(100 * hour);
    await life.retireFully();

    expect(life.live()).toEqual([life.value()]);
  });

  it.each([
    ['by a person, once what was wrong is mended', 1, 'heal'],
    ['by the look of the next day', 24, 'watch'],
  ] as const)('are started anew %s where they could not read the secret, and not with every sweep', async (_, hours, by) => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(hour);
    life.place.state = { ...life.place.state, mayPull: false };
    await life.rotate();
    life.clock.advance(hour);

    const { findings } = await watch(await life.open(life.token), life.arn);
    expect(findings).toMatchObject([{ code: 'dependent-drifted', message: expect.stringContaining('unable to pull secrets') }]);
    expect(life.place.state.started).toBe(3);
    life.place.state = { ...life.place.state, mayPull: true };
    life.clock.advance(hours * hour);
    await { heal, watch }[by](await life.open(life.token), life.arn);
    life.clock.advance(hour);

    expect(life.place.state.started).toBe(4);
    expect(life.place.holds()).toBe(life.value());
  });

  it('are told to have failed where a circuit breaker went back to the deployment from before', async () => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(hour);
    life.place.state = { ...life.place.state, mayPull: false };
    await life.rotate();
    const { deployments } = life.place.state;
    life.place.state = { ...life.place.state, deployments: deployments.filter(({ isFailing }) => isFailing !== true) };
    const findings = async () => (await verify(await life.open(life.token), life.arn)).findings;

    expect(await findings()).toMatchObject([
      { code: 'dependent-restarting', message: expect.stringContaining('from before the change') },
    ]);
    life.place.state = {
      ...life.place.state,
      events: ['(service api) (deployment ecs-svc/3) deployment failed: tasks failed to start.'],
    };

    expect(await findings()).toMatchObject([{ code: 'dependent-drifted', message: expect.stringContaining('ecs-svc/3 failed') }]);
  });

  it('are left alone where somebody deploys, or more of them are wanted, later', async () => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(24 * hour);
    const now = life.clock.now();
    const [ours] = life.place.state.deployments.slice(-1);
    if (ours === undefined) throw new Error('nothing was started');
    const theirs = { id: 'ecs-svc/9', createdAt: now, readyAt: now + hour, value: ours.value };
    life.place.state = { ...life.place.state, started: 9, deployments: [ours, theirs], desiredCount: 5 };

    expect((await watch(await life.open(life.token), life.arn)).findings).toEqual([]);
    life.clock.advance(24 * hour);
    expect((await watch(await life.open(life.token), life.arn)).findings).toEqual([]);
    expect(life.place.state.started).toBe(9);
  });

  it('are in effect where none runs, and nothing is started', async () => {
    const life = await createService();
    life.place.state = { ...life.place.state, desiredCount: 0 };

    expect(await life.rotate()).toEqual([]);

    expect(life.place.state.started).toBe(1);
    expect((await verify(await life.open(life.token), life.arn)).findings).toEqual([]);
  });

  it('are looked at all, page by page', async () => {
    const life = await createService();
    life.place.state = { ...life.place.state, desiredCount: 251, pageLength: 100 };
    await life.rotate();
    life.clock.advance(hour);

    expect((await verify(await life.open(life.token), life.arn)).findings).toEqual([]);
    const described = life.calls.filter(({ what }) => what === 'DescribeTasks');
    expect(described.length).toBeGreaterThanOrEqual(3);
  });

  it('are found started by somebody else since, but not by what began before the change', async () => {
    const life = await createService();
    await life.rotate();
    life.clock.advance(hour);
    const [dependent] = (await life.open(life.token)).dependents;
    const { id: before } = life.place.state.deployments.at(-1) ?? {};
    const underway = { id: 'ecs-svc/9', createdAt: life.clock.now(), readyAt: life.clock.now() + hour, value: undefined };
    life.place.state = { ...life.place.state, started: 9, deployments: [...life.place.state.deployments, underway] };
    const context = (await dependent?.context()) as never;

    expect(await awsEcsService.activate?.(context, undefined as never, { version: String(before) })).toEqual({
      activation: 'ecs-svc/9',
    });
    expect(await awsEcsService.activate?.(context, undefined as never, { version: 'ecs-svc/9' })).toEqual({
      activation: 'ecs-svc/10',
    });
    expect(life.place.state.started).toBe(10);
  });
});

describe('before anything is minted it is refused', () => {
  it.each([
    [
      'where one version is pinned',
      { valueFrom: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token:::0b5c' },
      'pins',
    ],
    [
      'where another stage is read',
      { valueFrom: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token::AWSPREVIOUS:' },
      'AWSCURRENT',
    ],
    ['where a version of a parameter is pinned', { valueFrom: '/app/token:3' }, 'pins'],
    ['where the value is baked into the task definition', { environment: { API_TOKEN: 'canary-baked' } }, '`environment`'],
    ['where CodeDeploy deploys it', { controller: 'CODE_DEPLOY' as const }, 'CodeDeploy'],
    ['where others deploy it', { controller: 'EXTERNAL' as const }, 'task sets'],
  ])('%s', async (_name, state, said) => {
    const life = await createService();
    life.place.state = { ...life.place.state, ...state };

    const errors = await life.rotate();

    expect(errors).toMatchObject([{ code: 'rejected', message: expect.stringContaining(said) }]);
    expect(JSON.stringify(errors)).not.toContain('canary-baked');
    expect(life.live()).toEqual([]);
  });

  it('where the service is not there, although the answer is 200', async () => {
    const life = await createService({ target: { cluster: 'prod', service: 'other', variable: 'API_TOKEN', reads: 'secret' } });

    expect(await life.rotate()).toMatchObject([{ code: 'absent', message: expect.stringContaining('MISSING') }]);
    expect(life.live()).toEqual([]);
  });
});

it('is told where its tasks read something else than the catalog says', async () => {
  const life = await createService();
  life.place.state = { ...life.place.state, valueFrom: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:somewhere/else' };
  await life.rotate();

  expect((await verify(await life.open(life.token), life.arn)).findings).toMatchObject([
    { code: 'dependent-unreachable', message: expect.stringContaining('something else than the rotated secret') },
  ]);
  expect(life.place.state.started).toBe(1);
});

it.each([
  ['ThrottlingException', 400, 'limited'],
  ['AccessDeniedException', 400, 'refused'],
])('begins nothing after %s, over the wire', async (code, status, ours) => {
  const life = await createService();
  await life.rotate();
  life.clock.advance(hour);
  const { ECSClient } = life.place.aws;
  Object.assign(life.place.aws, {
    ECSClient(operation: string, input: object) {
      if (operation === 'ListTasks' || operation === 'DescribeTaskDefinition') throw new AwsError(code, '', status);
      return ECSClient(operation, input);
    },
  });
  const wire = await speakOverTheWire(life, services);
  try {
    expect(await life.rotate()).toMatchObject([{ code: ours }]);
    expect(life.live()).toHaveLength(1);
  } finally {
    await wire.close();
  }
});

async function createService(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'aws-ecs-service', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

function createReaders(checks: readonly Check[] = []) {
  const service: CastDependent = { plugin: awsEcsService, fake: fakeOfCopy, after: [0] };
  return createStage({ rotator: lantern, rotatorFake: lanternFake, dependents: [copy, service] }, { token: { checks } });
}
