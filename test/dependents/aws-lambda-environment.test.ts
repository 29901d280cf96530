import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/aws-lambda-environment/fake.ts';
import type { RestRoute } from '../../lib/local/aws-endpoint.ts';
import { createLife, hour, type LifeOptions } from '../contract/life.ts';
import { goesOnAfter, speakOverTheWire } from './wire.ts';

const home = '/2015-03-31/functions/([^/]+)';
const alias = { function: 'api', variable: 'API_TOKEN', alias: 'live' };
const latest = { function: 'api', variable: 'API_TOKEN' };

it('is written, published and put back by the real SDK, in whole maps and over known revisions', async () => {
  const life = await createFunction();
  const wire = await speakOverTheWire(life, {}, routesTo(life));
  try {
    expect(await life.rotate()).toEqual([]);
    expect(life.place.holds()).toBe(life.value());
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    const current = life.value();
    life.clock.advance(hour);
    expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

    expect(life.place.holds()).toBe(current);
    expect(life.place.written()).toBe(current);
    expect(life.place.state.versions.map(({ code }) => code)).toEqual(Array(5).fill('released'));
    expect(life.place.state.latest.variables).toMatchObject({ LOG_LEVEL: 'info', OTHER: 'canary-neighbour' });
  } finally {
    await wire.close();
  }
});

it('publishes nothing where its users call $LATEST', async () => {
  const life = await createFunction({ target: latest });

  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  expect(life.place.written()).toBe(life.value());
  expect(life.place.state.versions).toHaveLength(1);
});

describe('before anything is minted it is refused', () => {
  it.each([
    ['where a version would ship code that is not released', { code: 'unreleased' }, 'CodeSha256'],
    ['where a version would ship another setting', { memory: 512 }, 'MemorySize'],
    ['where a version would ship another variable', { variables: { LOG_LEVEL: 'debug' } }, 'variables'],
  ])('%s', async (_name, unreleased, said) => {
    const life = await createFunction();
    life.place.state = { ...life.place.state, latest: { ...life.place.state.latest, ...unreleased } };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining(`(${said})`) }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });

  it.each([alias, latest])('where the map is only shown masked (%o)', async (target) => {
    const life = await createFunction({ target });
    life.place.state = { ...life.place.state, mayDecrypt: false };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'refused' }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });
});

it('writes no masked map where the key is taken away between looking and writing', async () => {
  const life = await createFunction({ target: latest });
  await life.rotate();
  const before = life.place.state.latest.variables;
  life.clock.advance(hour);
  let reads = 0;
  life.interfere(async ({ what }, effect) => {
    if (what === 'GetFunctionConfiguration') reads += 1;
    if (reads === 3) life.place.state = { ...life.place.state, mayDecrypt: false };
    return effect();
  });

  await life.rotate();

  expect(reads).toBeGreaterThanOrEqual(3);
  expect(life.place.state.latest.variables).toEqual(before);
});

it('waits for a deployment that leads the alias to two versions', async () => {
  const life = await createFunction();
  await life.rotate();
  life.clock.advance(hour);
  life.place.state = { ...life.place.state, alias: { ...life.place.state.alias, weights: { 1: 0.1 } } };

  expect(await life.rotate()).toMatchObject([{ code: 'not-yet' }]);
  expect(life.live()).toHaveLength(1);
  life.place.state = { ...life.place.state, alias: { ...life.place.state.alias, weights: {} } };
  expect(await life.goOn()).toEqual([]);

  expect(life.place.holds()).toBe(life.value());
});

it.each([
  ['ResourceConflictException', 409, 'conflict'],
  ['TooManyRequestsException', 429, 'limited'],
  ['ServiceException', 500, 'uncertain'],
])('goes on with the same token after %s', async (code, status, ours) => {
  const life = await createFunction();
  const disturbed = { client: 'LambdaClient', operation: 'UpdateFunctionConfiguration', code, status };

  const errors = await goesOnAfter(life, disturbed, () => speakOverTheWire(life, {}, routesTo(life)));

  expect(errors).toMatchObject([{ code: ours }]);
});

async function createFunction(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'aws-lambda-environment', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

/** The paths of Lambda's API, each as the operation that it is. */
function routesTo({ place }: Awaited<ReturnType<typeof createFunction>>): readonly RestRoute[] {
  const route = (method: string, path: string, operation: string, members: readonly string[], status = 200): RestRoute => ({
    service: 'lambda',
    operation,
    method,
    path: new RegExp(`^${home}${path}$`),
    async handle({ parts, query, body }) {
      const named = Object.fromEntries(members.map((member, index) => [member, decodeURIComponent(parts[index] ?? '')]));
      const Qualifier = query.get('Qualifier');
      const input = {
        ...named,
        ...(Qualifier === null ? {} : { Qualifier }),
        ...(body.length === 0 ? {} : JSON.parse(String(body))),
      };
      return {
        status,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(place.aws.LambdaClient(operation, input)),
      };
    },
  });
  return [
    route('GET', '/configuration', 'GetFunctionConfiguration', ['FunctionName']),
    route('PUT', '/configuration', 'UpdateFunctionConfiguration', ['FunctionName']),
    route('POST', '/versions', 'PublishVersion', ['FunctionName'], 201),
    route('GET', '/aliases/([^/]+)', 'GetAlias', ['FunctionName', 'Name']),
    route('PUT', '/aliases/([^/]+)', 'UpdateAlias', ['FunctionName', 'Name']),
  ];
}
