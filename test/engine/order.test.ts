import { describe, expect, it } from 'vitest';
import { fake as vercelFake } from '../../dependents/vercel-env/fake.ts';
import { vercelEnv } from '../../dependents/vercel-env/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import { wavesOf } from '../../lib/engine/waves.ts';
import { createStory, hour } from './setup.ts';

// A place whose build takes its time, and a receiver that is told; which of them comes first is the catalog's to say.
const cast = {
  dependents: [
    { plugin: vercelEnv, fake: vercelFake },
    { plugin: webhook, fake: webhookFake },
  ],
};
const site = 'place 0';
const hook = 'place 1';

describe('a dependent that comes after another', () => {
  it('gets the new token when the other has it in effect, and not before', async () => {
    const { story, held } = createOrdered({ [hook]: [site] });

    expect(await story.rotate()).toEqual([]);

    expect(held).toEqual([[story.value(), undefined]]);
  });

  it('is updated beside it where nothing is said', async () => {
    const { story, held } = createOrdered({});

    expect(await story.rotate()).toEqual([]);

    expect(held).toEqual([[undefined, undefined]]);
  });

  it('gets nothing while the other does not have it, and gets it in the next attempt', async () => {
    const { story, held } = createOrdered({ [hook]: [site] });
    await story.rotate();
    const before = story.value();
    story.clock.advance(hour);
    held.length = 0;
    const [place] = story.places;
    const holds = place?.holds;
    const { handle } = place ?? {};
    let isDown = true;
    Object.assign(place ?? {}, {
      handle: (request: never) => (isDown ? { status: 503, body: {} } : handle?.(request)),
    });

    expect(await story.rotate()).toMatchObject([{ ending: 'now' }]);
    expect(held).toEqual([]);
    expect(story.places[1]?.holds()).toBe(before);
    isDown = false;
    story.clock.advance(61_000);
    await story.driver.tick();

    expect(holds?.()).toBe(story.value());
    expect(held).toEqual([[story.value(), before]]);
  });

  it('is put back before it', async () => {
    const { story } = createOrdered({ [hook]: [site] }, true);
    const restored = () => story.logs.filter(({ event }) => event === 'dependent.restored').map(({ dependent }) => dependent);

    expect(await story.rotate()).toMatchObject([]);
    story.clock.advance(hour);
    story.refuse();
    expect(await story.rotate()).toMatchObject([{ code: 'check-failed' }]);

    expect(restored()).toEqual([hook, site]);
  });
});

it.each([
  [{}, [['a', 'b', 'c']]],
  [{ a: ['c'], b: ['a'] }, [['c'], ['a'], ['b']]],
  [{ b: ['a'], c: ['a'] }, [['a'], ['b', 'c']]],
  [{ c: ['a', 'b'], b: ['a'] }, [['a'], ['b'], ['c']]],
  [{ a: ['b'], b: ['a'] }, [['c'], ['a', 'b']]],
])('puts %o into waves', (after: Readonly<Record<string, readonly string[]>>, waves) => {
  const items = ['a', 'b', 'c'].map((name) => ({ name, after: after[name] ?? [] }));

  expect(wavesOf(items, (item) => item).map((wave) => wave.map(({ name }) => name))).toEqual(waves);
});

/** `held`: what site and receiver held each time when the receiver was told of a new token. */
function createOrdered(after: Readonly<Record<string, readonly string[]>>, hasCheck = false) {
  const url = 'https://check.test/';
  const check = { name: 'own', url, header: 'Authorization', prefix: 'Bearer ', expectStatus: [200] };
  const story = createStory({ cast, token: { checks: hasCheck ? [check] : [] } });
  let status = 200;
  story.add({ api: url, handle: () => ({ status, body: {} }) });
  for (const entry of story.token.dependents) Object.assign(entry, after[entry.name] && { after: after[entry.name] });
  const [place, receiver] = story.places;
  const { handle } = receiver ?? {};
  const held: unknown[] = [];
  Object.assign(receiver ?? {}, {
    handle(request: { body: string }) {
      if (request.body.includes('secret.rotated')) held.push([place?.holds(), receiver?.holds()]);
      return handle?.(request as never);
    },
  });
  const refuse = () => {
    status = 403;
  };
  return { story: { ...story, refuse }, held };
}
