import { expect, it } from 'vitest';
import type { fake } from '../../dependents/cloudflare-pages-secret/fake.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';

const retries = (life: Pages) => calledIn(life.exchanges.ofPlace).filter((call) => call.endsWith('/retry')).length;

it('gives production the new token by building once more what is live, and releases nothing', async () => {
  const life = await createPages();
  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);

  expect(life.place.holds()).toBe(life.value());
  expect(retries(life)).toBe(2);
  expect(life.place.state.production.API_TOKEN?.type).toBe('secret_text');
  const [, , ...ours] = life.place.state.deployments;
  expect(ours.map(({ commit }) => commit)).toEqual(['released', 'released']);
  expect(life.place.state.preview.API_TOKEN?.value).toBe('canary-of-previews');
});

it('waits for a deployment that somebody else began, and then deploys what that one released', async () => {
  const life = await createPages();
  const [first] = life.place.state.deployments;
  if (first === undefined) throw new Error('nothing is live');
  const now = life.clock.now();
  const theirs = { ...first, id: 'd-theirs', commit: 'newer', createdAt: now, readyAt: now + 30_000 };
  life.place.state = { ...life.place.state, deployments: [...life.place.state.deployments, theirs] };

  expect(await life.rotate()).toEqual([]);

  expect(life.place.state.deployments.at(-1)).toMatchObject({ commit: 'newer' });
  expect(life.place.holds()).toBe(life.value());
  expect(retries(life)).toBe(1);
});

it('takes what somebody deployed after the write for its own, and deploys nothing more', async () => {
  const life = await createPages();
  const { handle } = life.place;
  life.place.handle = (request) => {
    const answer = handle(request);
    const written = life.place.state.production.API_TOKEN;
    if (request.method === 'PATCH' && written !== undefined) life.place.tamper(written.value);
    return answer;
  };

  expect(await life.rotate()).toEqual([]);

  expect(retries(life)).toBe(0);
  expect(life.place.holds()).toBe(life.value());
});

it('is taken apart where the build fails, and the current token goes back', async () => {
  const life = await createPages();
  await life.rotate();
  const current = life.value();
  life.clock.advance(hour);
  const { handle } = life.place;
  let isFailing = true;
  life.place.handle = (request) => {
    const answer = handle(request);
    const { deployments } = life.place.state;
    if (request.path.endsWith('/retry') && isFailing)
      life.place.state = {
        ...life.place.state,
        deployments: deployments.with(-1, { ...deployments.at(-1), outcome: 'failure' } as never),
      };
    return answer;
  };
  const failures = await life.rotate();
  isFailing = false;
  await life.goOn();

  expect(failures).toMatchObject([{ code: 'dependent-failed' }]);
  expect(life.value()).toBe(current);
  expect(life.place.written?.()).toBe(current);
});

it('is refused before anything is minted where files are uploaded, because no call deploys them again', async () => {
  const life = await createPages();
  life.place.state = { ...life.place.state, isConnected: false };

  expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining('uploaded by hand') }]);

  expect(life.live()).toEqual([]);
});

it('keeps the type of a variable that is there', async () => {
  const life = await createPages();
  const before = { API_TOKEN: { type: 'plain_text' as const, value: 'canary-by-hand' } };
  life.place.state = { ...life.place.state, production: { ...life.place.state.production, ...before } };
  Object.assign(life.token.dependents[0] ?? {}, { onForeign: 'adopt' });
  expect(await life.rotate()).toEqual([]);

  expect(life.place.state.production.API_TOKEN).toEqual({ type: 'plain_text', value: life.value() });
});

it('takes a success that says it is none for a failure, whatever its status', async () => {
  const life = await createPages();
  const { handle } = life.place;
  life.place.handle = (request) =>
    request.method === 'PATCH'
      ? { status: 200, body: { success: false, errors: [{ code: 8_000_022, message: 'no' }], messages: [], result: null } }
      : handle(request);

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('8000022') }]);
});

async function createPages() {
  const account = '0123456789abcdef0123456789abcdef';
  const life = await createLife({
    dependent: 'cloudflare-pages-secret',
    target: { account, project: 'shop', secret: 'API_TOKEN' },
  });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

type Pages = Awaited<ReturnType<typeof createPages>>;
