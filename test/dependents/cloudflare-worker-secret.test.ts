import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/cloudflare-worker-secret/fake.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';

const upload = { id: 'v-upload', code: 'unreleased', secrets: {} };

describe('a Worker whose newest version is not what all get', () => {
  it.each([
    ['because it was only uploaded', [['v-first']]],
    ['because it is deployed by and by', [['v-first'], ['v-first', 'v-upload']]],
  ])('%s, is refused before anything is minted, and nothing is released', async (_name, deployments) => {
    const life = await createWorker();
    life.place.state = { versions: [...life.place.state.versions, upload], deployments };
    const before = life.place.state;

    expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining('newest version') }]);

    expect(life.live()).toEqual([]);
    expect(life.place.state).toEqual(before);
  });

  it('after the look, fails by the code that Cloudflare gives, and the current token stays', async () => {
    const life = await createWorker();
    await life.rotate();
    const current = life.value();
    life.clock.advance(hour);
    const { handle } = life.place;
    life.place.handle = (request) => {
      if (request.method === 'PUT') life.place.state = { ...life.place.state, versions: [...life.place.state.versions, upload] };
      return handle(request);
    };

    expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('newest version') }]);

    expect(life.place.holds()).toBe(current);
    expect(life.value()).toBe(current);
  });
});

it('takes a success that says it is none for a failure, whatever its status', async () => {
  const life = await createWorker();
  const { handle } = life.place;
  life.place.handle = (request) =>
    request.method === 'PUT'
      ? { status: 200, body: { success: false, errors: [{ code: 10_013, message: '' }], messages: [], result: null } }
      : handle(request);

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('(10013)') }]);
});

it('writes again, before anything is revoked, where an upload has taken the secret away', async () => {
  const life = await createWorker();
  await life.rotate();
  life.clock.advance(hour);
  await life.rotate();
  life.place.state = { versions: [upload], deployments: [['v-upload']] };
  const writes = () => calledIn(life.exchanges.ofPlace).filter((call) => call.startsWith('PUT')).length;
  const before = writes();

  await life.retireFully();

  expect(writes()).toBe(before + 1);
  expect(life.place.holds()).toBe(life.value());
});

async function createWorker() {
  const life = await createLife({ dependent: 'cloudflare-worker-secret' });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
