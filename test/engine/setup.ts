import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { parseEvent } from '../../lib/engine/event.ts';
import { type Retirement, retire } from '../../lib/engine/retire.ts';
import { rotate } from '../../lib/engine/rotate.ts';
import type { DependentEntry, Token } from '../../lib/engine/token.ts';
import { createRotationDriver, type RotationEvent } from '../../lib/local/secrets-manager/rotation.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createWorld, functionArn, type World, type WorldOptions } from '../../lib/testing/world.ts';
import { fake as npmFake } from '../../rotators/npm-registry/fake.ts';

export const secretName = 'app/npm-token';
export const hour = 3_600_000;

/** One npm token with two dependents: a field of another secret, and a webhook. */
export function createStory(options: Partial<WorldOptions> & { token?: Partial<Token> } = {}) {
  const world = createWorld({ registry, ...options });
  const provider = npmFake(world.fakeWorld);
  const receiver = webhookFake(world.fakeWorld);
  world.add(provider);
  world.add(receiver);

  const { secretsManager } = world;
  const create = (name: string, value?: string) =>
    secretsManager.call('CreateSecret', {
      Name: name,
      ClientRequestToken: crypto.randomUUID(),
      ...(value === undefined ? {} : { SecretString: value }),
    }).ARN;
  const arn = create(secretName);
  create('keyturn/authorities/npm', JSON.stringify(provider.authority));
  create('keyturn/authorities/webhook', JSON.stringify(receiver.authority));
  create('build/tokens', '{"OTHER":12345678901234567890,"NPM_TOKEN":"canary-put-there-before"}');
  const token: Token = { ...baseToken(provider.scope, receiver.target), ...options.token };

  let errors: RotationError[] = [];
  const run = async (event: unknown) => {
    const request = parseEvent(event, functionArn);
    if (request.kind !== 'step') throw new Error('not a step');
    return rotate(await world.open(token), request.step, request.job);
  };
  const driver = createRotationDriver(secretsManager, {
    async invoke(_arn, event) {
      try {
        await run(event);
        return { ok: true };
      } catch (error) {
        if (error instanceof RotationError) errors.push(error);
        return { ok: false, errorMessage: String(error) };
      }
    },
  });

  return {
    ...world,
    provider,
    receiver,
    token,
    arn,
    driver,
    run,
    /** Presses Rotate, and answers the errors of the attempt. */
    async rotate(versionId: string = crypto.randomUUID()): Promise<readonly RotationError[]> {
      errors = [];
      secretsManager.call('RotateSecret', { SecretId: arn, ClientRequestToken: versionId, RotationLambdaARN: functionArn });
      await driver.tick();
      return errors;
    },
    async retire(): Promise<readonly Retirement[]> {
      return retire(await world.open(token), arn);
    },
    /** Sweeps often enough for stamp, overlap and second thoughts. */
    async retireFully(): Promise<readonly Retirement[]> {
      await retire(await world.open(token), arn);
      world.clock.advance((token.overlapHours + 2) * hour);
      await retire(await world.open(token), arn);
      return retire(await world.open(token), arn);
    },
    labels: (): Record<string, readonly string[]> =>
      secretsManager.call('DescribeSecret', { SecretId: arn }).VersionIdsToStages ?? {},
    value: (stage = 'AWSCURRENT', name = secretName): string | undefined => readValue(world, name, stage),
    live: () => provider.state.tokens.filter((each) => each.revokedAt === undefined).map(({ value }) => value),
    putByHand: (value: string, name = secretName) =>
      secretsManager.call('PutSecretValue', { SecretId: name, ClientRequestToken: crypto.randomUUID(), SecretString: value }),
  };
}

export type Story = ReturnType<typeof createStory>;

function readValue({ secretsManager }: World, name: string, stage: string): string | undefined {
  try {
    return secretsManager.call('GetSecretValue', { SecretId: name, VersionStage: stage }).SecretString;
  } catch {
    return undefined;
  }
}

function baseToken(scope: unknown, target: unknown): Token {
  const dependents: readonly DependentEntry[] = [
    {
      name: 'build copy',
      kind: 'aws-secrets-manager-secret',
      target: { secret: 'build/tokens', field: 'NPM_TOKEN' },
      copies: 'value',
      onForeign: 'adopt',
    },
    { name: 'ci hook', kind: 'webhook', target, authority: 'keyturn/authorities/webhook', copies: 'value', onForeign: 'stop' },
  ];
  return {
    name: 'npm-publish',
    secret: secretName,
    provider: 'npm-registry',
    scope,
    authority: 'keyturn/authorities/npm',
    value: { format: 'text' },
    mode: 'retire',
    exclusive: true,
    overlapHours: 24,
    quietHours: 24,
    expect: {},
    dependents,
    checks: [],
  };
}

export function stepEvent(story: Story, step: string, versionId: string): RotationEvent {
  return { Step: step, SecretId: story.arn, ClientRequestToken: versionId } as RotationEvent;
}
