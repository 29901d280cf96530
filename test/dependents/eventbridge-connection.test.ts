import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/eventbridge-connection/fake.ts';
import { createLife, hour, type LifeOptions } from '../contract/life.ts';
import { goesOnAfter, speakOverTheWire } from './wire.ts';

const services = { AWSEvents: 'EventBridgeClient' };
const basic = {
  AuthorizationType: 'BASIC',
  AuthParameters: { BasicAuthParameters: { Username: 'orders', Password: 'canary-eventbridge-none' } },
} as const;

describe.each([
  ['an API key behind its prefix', undefined, undefined],
  ['a password', basic, { connection: 'billing' }],
])('%s', (_name, connection, target) => {
  it('is written and put back by the real SDK, and nothing beside it changes', async () => {
    const life = await createConnection(target === undefined ? {} : { target });
    if (connection !== undefined) life.place.state = { ...life.place.state, connection };
    const before = life.place.neighbours();
    const wire = await speakOverTheWire(life, services);
    try {
      expect(await life.rotate()).toEqual([]);
      life.clock.advance(hour);
      expect(await life.rotate()).toEqual([]);
      const current = life.value();
      expect(life.place.holds()).toBe(current);
      life.clock.advance(hour);
      expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

      life.clock.advance(hour);
      expect(life.place.holds()).toBe(current);
      expect(life.place.neighbours()).toEqual(before);
    } finally {
      await wire.close();
    }
  });
});

describe('before anything is minted it is refused', () => {
  const secretParameter = { HeaderParameters: [{ Key: 'X-Key', Value: 'canary-neighbour', IsValueSecret: true }] };
  it.each([
    ['parameters that are never shown', { InvocationHttpParameters: secretParameter }, 'API_KEY', 'secret parameters'],
    ['an authorization that it does not know', {}, 'OAUTH_CLIENT_CREDENTIALS', 'OAUTH_CLIENT_CREDENTIALS'],
  ])('for %s', async (_name, parameters, type, message) => {
    const life = await createConnection();
    const { connection } = life.place.state;
    const AuthParameters = { ...connection.AuthParameters, ...parameters };
    life.place.state = { ...life.place.state, connection: { ...connection, AuthorizationType: type as never, AuthParameters } };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining(message) }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });
});

it('puts the old value back where the connection is not authorized', async () => {
  const life = await createConnection();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  let isFirst = true;
  life.interfere(async ({ what }, effect) => {
    if (what === 'UpdateConnection') {
      life.place.state = { ...life.place.state, outcome: isFirst ? 'DEAUTHORIZED' : 'AUTHORIZED' };
      isFirst = false;
    }
    return effect();
  });

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('DEAUTHORIZED') }]);

  life.clock.advance(hour);
  expect(life.place.written()).toBe(current);
});

it.each([
  ['ConcurrentModificationException', 400, 'conflict'],
  ['ThrottlingException', 400, 'limited'],
  ['InternalException', 500, 'uncertain'],
])('goes on with the same token after %s', async (code, status, ours) => {
  const life = await createConnection();
  const disturbed = { client: 'EventBridgeClient', operation: 'UpdateConnection', code, status };

  const errors = await goesOnAfter(life, disturbed, () => speakOverTheWire(life, services));

  expect(errors).toMatchObject([{ code: ours }]);
});

async function createConnection(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ provider: 'sendgrid', dependent: 'eventbridge-connection', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
