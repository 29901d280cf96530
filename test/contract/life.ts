import type { Token } from '../../lib/engine/token.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { DependentFake, DependentFakeFactory, FakeRequest, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { record } from '../../lib/testing/openapi.ts';
import { createStage } from '../../lib/testing/stage.ts';
import type { WorldOptions } from '../../lib/testing/world.ts';

export { hour } from '../../lib/testing/stage.ts';

export interface LifeOptions extends Pick<WorldOptions, 'around'> {
  /** @default the one that is ready at once */
  readonly provider?: string;
  /** @default none */
  readonly dependent?: string;
  /** @default the fake's */
  readonly target?: unknown;
  readonly token?: Partial<Token>;
}

/** One token of one provider on its fake, with at most one place that keeps a copy; everything that passes the door is kept. */
export async function createLife({ provider = 'npm-registry', dependent, target, token, ...options }: LifeOptions = {}) {
  const rotator = await registry.rotator(provider);
  const plugin = dependent === undefined ? undefined : await registry.dependent(dependent);
  const { fake: rotatorFake }: { fake: RotatorFakeFactory } = await import(`../../rotators/${provider}/fake.ts`);
  const placeFake =
    dependent === undefined
      ? undefined
      : ((await import(`../../dependents/${dependent}/fake.ts`)) as { fake: DependentFakeFactory });
  if (rotator === undefined) throw new Error(`there is no rotator ${provider}`);
  const aimed: DependentFakeFactory | undefined =
    placeFake && ((world) => Object.assign(placeFake.fake(world), target === undefined ? {} : { target }));
  const check = {
    name: 'the check',
    url: 'https://check.test/',
    header: 'authorization',
    prefix: 'Bearer ',
    expectStatus: [200],
  };
  const stage = createStage(
    { rotator, rotatorFake, dependents: plugin && aimed ? [{ plugin, fake: aimed }] : [] },
    { ...options, token: { checks: rotator.facts.isMultiline ? [] : [check], ...token } },
  );
  let status = 200;
  stage.add({ api: 'https://check.test', handle: () => ({ status }) });
  const [place] = stage.places;

  return {
    ...stage,
    issuer: stage.provider,
    place,
    /** Where only a person can make the token, somebody does, and submits it. */
    submitWhereNeeded() {
      if (stage.isAssisted) stage.submit(stage.provider.makeByHand('made by a person'));
    },
    /** What passed the fakes, in their order. */
    exchanges: { ofProvider: record(stage.provider), ofPlace: place === undefined ? [] : recordPlace(place) },
    /** A rotation that fails for good when the copy is written already: the token's own check does not pass. */
    async rotateInVain() {
      status = 403;
      const failures = await stage.rotate();
      status = 200;
      return failures;
    },
    /** Goes on with what is pending, as AWS does by itself. */
    async goOn() {
      const before = stage.failures().length;
      stage.clock.advance(61_000);
      await stage.driver.tick();
      return stage.failures().slice(before);
    },
    labels: () => Object.values(stage.labels()).flat(),
  };
}

export type Life = Awaited<ReturnType<typeof createLife>>;

function recordPlace(place: DependentFake) {
  const { handle } = place;
  return handle === undefined ? [] : record(Object.assign(place, { handle }));
}

/** The paths that were called, each with its method: `PUT /repos/...`. */
export function calledIn(exchanges: readonly { request: FakeRequest }[]): readonly string[] {
  return exchanges.map(({ request }) => `${request.method} ${request.path}`);
}
