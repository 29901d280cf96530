import { randomUUID } from 'node:crypto';
import type { AnyDependent, AnyRotator } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { parseEvent } from '../engine/event.ts';
import { submitted } from '../engine/labels.ts';
import { type Retirement, retire } from '../engine/retire.ts';
import { rotate } from '../engine/rotate.ts';
import { Secret } from '../engine/secret.ts';
import { dependentFor, rotatorFor } from '../engine/specific.ts';
import { encodeStored } from '../engine/stored-value.ts';
import { sweepStrays } from '../engine/sweep-strays.ts';
import type { DependentEntry, Probe, Token } from '../engine/token.ts';
import type { Step } from '../local/secrets-manager/events.ts';
import { createRotationDriver } from '../local/secrets-manager/rotation.ts';
import type { DependentFake, DependentFakeFactory, RotatorFake, RotatorFakeFactory } from './fake.ts';
import { createWorld, functionArn, type World, type WorldOptions } from './world.ts';

export const secretName = 'app/token';
export const hour = 3_600_000;

/** Who plays: plug-ins with the fakes they are held against. */
export interface Cast<Provider extends RotatorFakeFactory = RotatorFakeFactory> {
  readonly rotator: AnyRotator;
  readonly rotatorFake: Provider;
  readonly dependents?: readonly CastDependent[];
}

export interface CastDependent {
  readonly plugin: AnyDependent;
  readonly fake: DependentFakeFactory;
  readonly onForeign?: 'stop' | 'adopt';
  /** How whoever uses it is asked. */
  readonly probe?: Probe;
  /** The places that come before it, by their index. */
  readonly after?: readonly number[];
}

/** A world with one token in it, and everything that can happen to a token. */
export interface Stage<Provider extends RotatorFake = RotatorFake> extends World {
  readonly provider: Provider;
  /** In the order of the cast. */
  readonly places: readonly DependentFake[];
  readonly strategy: 'overlap' | 'byo' | 'replace';
  /** Whether only a person can make a token. */
  readonly isAssisted: boolean;
  /** Whether the provider has a list in which a lost token can be found. */
  readonly canList: boolean;
  readonly token: Token;
  readonly arn: string;
  readonly driver: ReturnType<typeof createRotationDriver>;
  /** What the function is asked, as it is asked. */
  run(event: unknown): Promise<string>;
  step(step: Step, versionId: string): Promise<string>;
  /** Begins a rotation and leaves the steps to whoever runs them. */
  begin(versionId?: string): string;
  /** Presses Rotate and lets Secrets Manager do its work once; the errors of the attempt. */
  rotate(versionId?: string): Promise<readonly RotationError[]>;
  /** The errors of all attempts since Rotate was pressed. */
  failures(): readonly RotationError[];
  retire(): Promise<readonly Retirement[]>;
  /** Sweeps often enough for stamp, overlap, a last use that is told late, drain and second thoughts; what became of it each time. */
  retireFully(): Promise<readonly Retirement[]>;
  sweepStrays(): ReturnType<typeof sweepStrays>;
  labels(): Readonly<Record<string, readonly string[]>>;
  /** The whole text under a label. */
  text(label?: string): string | undefined;
  /** The token's value under a label, whatever the layout. */
  value(label?: string): string | undefined;
  /** Values that the provider has not ended. */
  live(): readonly string[];
  putByHand(text: string): void;
  /** What a person submits for a token that no API mints: in the token's own layout, under a label of ours. */
  submit(credential: { readonly value: string; readonly parts?: Readonly<Record<string, string>> }, id?: string): void;
}

/** A rotator as it is for what its fake stands for. */
export function specificRotator(rotator: AnyRotator, { scope }: Pick<RotatorFake, 'scope'>): AnyRotator {
  return rotator.forScope === undefined ? rotator : rotatorFor(rotator, rotator.scope.parse(scope));
}

/** The same for a place. */
export function specificDependent(plugin: AnyDependent, place: Pick<DependentFake, 'target'> | undefined): AnyDependent {
  return plugin.forTarget === undefined ? plugin : dependentFor(plugin, plugin.target.parse(place?.target));
}

export function createStage<Provider extends RotatorFakeFactory>(
  cast: Cast<Provider>,
  options: Partial<Omit<WorldOptions, 'registry'>> & { readonly token?: Partial<Token> } = {},
): Stage<ReturnType<Provider>> {
  const { rotatorFake } = cast;
  const world = createWorld({
    ...options,
    registry: {
      rotator: async (name) => (name === cast.rotator.facts.name ? cast.rotator : undefined),
      dependent: async (kind) => cast.dependents?.find(({ plugin }) => plugin.facts.name === kind)?.plugin,
    },
  });
  const { secretsManager, clock } = world;
  const provider = rotatorFake(world.fakeWorld) as ReturnType<Provider>;
  const places = (cast.dependents ?? []).map(({ fake }) => fake(world.fakeWorld));
  const rotator = specificRotator(cast.rotator, provider);
  const dependents = (cast.dependents ?? []).map((each, index) => ({
    ...each,
    plugin: specificDependent(each.plugin, places[index]),
  }));
  for (const fake of [provider, ...places]) world.add(fake);

  const create = (Name: string, value?: object) => {
    const text = value === undefined ? {} : { SecretString: JSON.stringify(value) };
    return secretsManager.call('CreateSecret', { Name, ClientRequestToken: randomUUID(), ...text }).ARN;
  };
  const arn = create(secretName);
  create('keyturn/authorities/provider', provider.authority);
  for (const [index, { authority }] of places.entries()) if (authority) create(`keyturn/authorities/${index}`, authority);
  const token: Token = { ...tokenOf({ rotator, dependents }, provider, places), ...options.token };

  let errors: RotationError[] = [];
  const run = async (event: unknown) => {
    const request = parseEvent(event, functionArn);
    if (request.kind !== 'step') throw new Error('jobs are asked for by their own names here');
    return rotate(await world.open(token), request.step, request.job);
  };
  const driver = createRotationDriver(secretsManager, {
    async invoke(_arn, event) {
      try {
        await run(event);
        return { ok: true };
      } catch (error) {
        if (error instanceof RotationError) errors.push(error);
        return { ok: false, errorMessage: 'failed' };
      }
    },
  });
  const begin = (versionId: string = randomUUID()) => {
    secretsManager.call('RotateSecret', { SecretId: arn, ClientRequestToken: versionId, RotationLambdaARN: functionArn });
    return versionId;
  };
  const text = (label = 'AWSCURRENT') => {
    try {
      return secretsManager.call('GetSecretValue', { SecretId: arn, VersionStage: label }).SecretString;
    } catch {
      return undefined; // no version has it
    }
  };
  const sweep = async () => retire(await world.open(token), arn);

  return {
    ...world,
    provider,
    places,
    strategy: rotator.facts.strategy,
    isAssisted: rotator.facts.kind === 'assisted',
    canList: rotator.facts.list.can,
    token,
    arn,
    driver,
    run,
    begin,
    step: (step, versionId) => run({ Step: step, SecretId: arn, ClientRequestToken: versionId }),
    async rotate(versionId) {
      errors = [];
      begin(versionId);
      await driver.tick();
      return [...errors];
    },
    failures: () => [...errors],
    retire: sweep,
    async retireFully() {
      const results = [...(await sweep())];
      for (const hours of [token.overlapHours + 2, blurHours({ rotator }), drainHours({ dependents }), 1]) {
        clock.advance(hours * hour);
        results.push(...(await sweep()));
      }
      return results;
    },
    sweepStrays: async () => sweepStrays(await world.open(token), arn),
    labels: () => secretsManager.call('DescribeSecret', { SecretId: arn }).VersionIdsToStages ?? {},
    text,
    value(label) {
      const stored = text(label);
      if (stored === undefined || token.value.format === 'text') return stored;
      return (JSON.parse(stored) as Record<string, string>)[token.value.fields.value ?? 'value'];
    },
    live: () => provider.state.tokens.filter(({ revokedAt }) => revokedAt === undefined).map(({ value }) => value),
    putByHand: (SecretString) => {
      secretsManager.call('PutSecretValue', { SecretId: arn, ClientRequestToken: randomUUID(), SecretString });
    },
    submit({ value, parts = {} }, ClientRequestToken = randomUUID()) {
      const secretParts = Object.entries(parts).map(([part, text]) => [part, new Secret(text)]);
      const credential = { value: new Secret(value), parts: Object.fromEntries(secretParts) };
      const SecretString = encodeStored(token.value, credential, undefined).reveal();
      secretsManager.call('PutSecretValue', { SecretId: arn, ClientRequestToken, SecretString, VersionStages: [submitted] });
    },
  };
}

function tokenOf(
  { rotator, dependents = [] }: Pick<Cast<never>, 'rotator' | 'dependents'>,
  provider: RotatorFake,
  places: readonly DependentFake[],
): Token {
  const parts = Object.keys(rotator.facts.parts);
  const fields = Object.fromEntries(['value', ...parts].map((part) => [part, part.toUpperCase()]));
  return {
    name: 'the-token',
    secret: secretName,
    provider: rotator.facts.name,
    scope: provider.scope,
    authority: 'keyturn/authorities/provider',
    value: parts.length === 0 ? { format: 'text' } : { format: 'json', fields },
    mode: 'retire',
    exclusive: !rotator.facts.mark.can,
    overlapHours: 24,
    quietHours: 24,
    expect: {},
    dependents: places.map(({ target, authority }, index) => ({
      name: `place ${index}`,
      kind: dependents[index]?.plugin.facts.name ?? '',
      target,
      ...(authority === undefined ? {} : { authority: `keyturn/authorities/${index}` }),
      copies: 'value',
      onForeign: dependents[index]?.onForeign ?? 'stop',
      ...orderOf(dependents[index]),
    })),
    checks: [],
  };
}

function orderOf({ probe, after }: Partial<CastDependent> = {}): Pick<DependentEntry, 'probe' | 'after'> {
  return {
    ...(probe === undefined ? {} : { probe }),
    ...(after === undefined ? {} : { after: after.map((index) => `place ${index}`) }),
  };
}

/** How much older than it is a last use may look. */
function blurHours({ rotator }: Pick<Cast<never>, 'rotator'>): number {
  const { lastUsed } = rotator.facts;
  return lastUsed.can ? (lastUsed.granularityMinutes + lastUsed.lagMinutes) / 60 : 0;
}

/** How long the slowest place may still run with an old copy. */
function drainHours({ dependents = [] }: Pick<Cast<never>, 'dependents'>): number {
  return Math.max(0, ...dependents.map(({ plugin }) => plugin.facts.drainSeconds)) / 3600;
}
