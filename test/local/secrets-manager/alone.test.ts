import * as sdk from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serveSecretsManagerAlone } from '../../../lib/local/secrets-manager/serve.ts';
import { functionArn, openBench } from './bench.ts';

const RotationLambdaARN = 'arn:aws:lambda:us-east-1:000000000000:function:random-value';

describe('Secrets Manager alone', () => {
  let served: Awaited<ReturnType<typeof serveSecretsManagerAlone>>;
  let client: sdk.SecretsManagerClient;
  beforeAll(async () => {
    served = await serveSecretsManagerAlone();
    client = new sdk.SecretsManagerClient({
      endpoint: served.url,
      region: 'ap-southeast-2',
      credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'nothing' },
    });
  });
  afterAll(() => served.close());

  it('is empty, and rotates with its one function to a random value, by itself', async () => {
    expect((await client.send(new sdk.ListSecretsCommand({}))).SecretList).toEqual([]);
    await client.send(new sdk.CreateSecretCommand({ Name: 'n', SecretString: 'one' }));
    const { VersionId } = await client.send(
      new sdk.RotateSecretCommand({ SecretId: 'n', RotationLambdaARN, RotationRules: { ScheduleExpression: 'rate(4 hours)' } }),
    );

    await vi.waitFor(async () => {
      const { VersionIdsToStages } = await client.send(new sdk.DescribeSecretCommand({ SecretId: 'n' }));
      expect(VersionIdsToStages?.[VersionId ?? '']).toEqual(['AWSCURRENT']);
    });

    const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId: 'n' }));
    expect(SecretString).toMatch(/^[^/@"'\\]{32}$/);
    const previous = await client.send(new sdk.GetSecretValueCommand({ SecretId: 'n', VersionStage: 'AWSPREVIOUS' }));
    expect(previous.SecretString).toBe('one');
  });

  it('passes the test run of RotateImmediately=false without touching the value', async () => {
    await client.send(new sdk.CreateSecretCommand({ Name: 'tested', SecretString: 'one' }));
    const rules = { RotationRules: { AutomaticallyAfterDays: 1 }, RotateImmediately: false };
    await client.send(new sdk.RotateSecretCommand({ SecretId: 'tested', RotationLambdaARN, ...rules }));

    await vi.waitFor(async () => {
      const { VersionIdsToStages } = await client.send(new sdk.DescribeSecretCommand({ SecretId: 'tested' }));
      expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSCURRENT']]);
    });

    expect((await client.send(new sdk.GetSecretValueCommand({ SecretId: 'tested' }))).SecretString).toBe('one');
  });

  it('knows no other function', async () => {
    await client.send(new sdk.CreateSecretCommand({ Name: 'other', SecretString: 'one' }));
    const rotate = new sdk.RotateSecretCommand({ SecretId: 'other', RotationLambdaARN: `${RotationLambdaARN}-2` });

    await expect(client.send(rotate)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

it('answers as the switches say: a list that is five minutes behind', async () => {
  const served = await serveSecretsManagerAlone({ switches: { listLagSeconds: 300 } });
  const client = new sdk.SecretsManagerClient({
    endpoint: served.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'nothing' },
  });

  await client.send(new sdk.CreateSecretCommand({ Name: 'n', SecretString: 'one' }));

  expect((await client.send(new sdk.ListSecretsCommand({}))).SecretList).toEqual([]);
  expect((await client.send(new sdk.DescribeSecretCommand({ SecretId: 'n' }))).Name).toBe('n');
  await served.close();
});

describe('the driver in real time', () => {
  it('starts what is asked for and what is due, and nothing after it was stopped', async () => {
    const bench = await openBench();
    await bench.create('n');
    bench.driver.start(5);

    await bench.ask('RotateSecret', {
      SecretId: 'n',
      RotationLambdaARN: functionArn,
      RotationRules: { AutomaticallyAfterDays: 1 },
    });
    await vi.waitFor(() => expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']));
    bench.clock.move(2 * 86_400_000);
    await vi.waitFor(() => expect(bench.trail()).toHaveLength(4));

    bench.driver.stop();
    await bench.ask('RotateSecret', { SecretId: 'n' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(bench.trail()).toHaveLength(4);
  });

  it('can be waited for until nothing is going on, whoever began it', async () => {
    const bench = await openBench();
    await bench.create('n');
    await bench.ask('RotateSecret', { SecretId: 'n', RotationLambdaARN: functionArn });
    await bench.driver.idle();
    expect(bench.trail()).toEqual([]);

    const begun = bench.driver.tick();
    expect(await bench.driver.tick()).toBe(0);
    await bench.driver.idle();

    expect(bench.trail()).toEqual(['RotationStarted', 'RotationSucceeded']);
    expect(await begun).toBe(1);
  });

  it('survives a function that throws at once', async () => {
    const bench = await openBench();
    await bench.create('n');
    bench.rotate = () => {
      throw new Error('at once');
    };
    await bench.ask('RotateSecret', {
      SecretId: 'n',
      RotationLambdaARN: functionArn,
    });

    await bench.driver.tick();

    expect(bench.trail()).toEqual(['RotationStarted', 'RotationFailed']);
  });
});
