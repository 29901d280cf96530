import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAwsEndpoint } from '../../../lib/local/aws-endpoint.ts';
import { createRotationDriver } from '../../../lib/local/secrets-manager/rotation.ts';
import { secretsManagerService } from '../../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../../lib/local/secrets-manager/service.ts';
import { openStore, type Store } from '../../../lib/local/secrets-manager/store.ts';
import { day, functionArn, movableClock, token } from './bench.ts';
import { seeded } from './seeded.ts';

const value = 'canary-8c21f70e';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-store-'));
});
afterEach(async () => {
  await Promise.allSettled(stores.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});
const stores: Store[] = [];

async function open(clock = movableClock()) {
  const secretsManager = createSecretsManager({ clock, random: seeded(), functionExists: () => true });
  const store = await openStore(folder, secretsManager.setting);
  stores.push(store);
  const create = (Name: string) =>
    secretsManager.call('CreateSecret', { Name, SecretString: value, ClientRequestToken: token('a') }).ARN;
  return { secretsManager, store, create, clock };
}

describe('the store', () => {
  it('brings everything back: values, labels, tags, dates, rotation, replicas, deletions', async () => {
    const { secretsManager, store, create } = await open();
    const { call } = secretsManager;
    const ARN = create('one');
    call('TagResource', { SecretId: ARN, Tags: [{ Key: 'k', Value: 'v' }] });
    call('PutSecretValue', {
      SecretId: ARN,
      SecretBinary: 'AAEC/w==',
      ClientRequestToken: token('b'),
      VersionStages: ['AWSPENDING', 'mine'],
    });
    call('GetSecretValue', { SecretId: ARN });
    call('ReplicateSecretToRegions', { SecretId: ARN, AddReplicaRegions: [{ Region: 'eu-west-1' }] });
    call('RotateSecret', {
      SecretId: create('two'),
      ClientRequestToken: token('r'),
      RotationLambdaARN: functionArn,
      RotationRules: { ScheduleExpression: 'rate(4 hours)', Duration: '2h' },
    });
    call('DeleteSecret', { SecretId: create('three') });
    call('DeleteSecret', { SecretId: create('four'), ForceDeleteWithoutRecovery: true });
    await store.close();

    const again = await open();

    expect(again.secretsManager.fingerprint()).toBe(secretsManager.fingerprint());
    expect(again.secretsManager.call('GetSecretValue', { SecretId: 'one', VersionStage: 'mine' })).toMatchObject({
      SecretBinary: 'AAEC/w==',
    });
    expect(again.secretsManager.resolve('four')).toBeUndefined();
  });

  it('keeps one file for each secret, for its owner alone, under a name that tells nothing', async () => {
    await chmod(folder, 0o755);
    const { store, create } = await open();
    create('first');
    create('second');
    await store.durable();

    const files = await readdir(folder);

    expect(files).toHaveLength(2);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of files) {
      expect(file).toMatch(/^[0-9a-f]{64}\.json$/);
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    }
  });

  it('deletes the file of a deleted secret', async () => {
    const { secretsManager, store, create } = await open();
    create('n');
    await store.durable();
    secretsManager.call('DeleteSecret', { SecretId: 'n', ForceDeleteWithoutRecovery: true });
    await store.durable();

    expect(await readdir(folder)).toEqual([]);
  });

  it('ignores and removes what was being written when the process was killed', async () => {
    const { store, create } = await open();
    create('n');
    await store.close();
    const [file = ''] = await readdir(folder);
    const whole = await readFile(join(folder, file), 'utf8');
    for (const length of [0, 1, 20, whole.length - 1, whole.length])
      await writeFile(join(folder, `${file}.tmp`), whole.slice(0, length));
    await writeFile(join(folder, 'README'), 'not ours');

    const again = await open();

    expect(again.secretsManager.call('GetSecretValue', { SecretId: 'n' }).SecretString).toBe(value);
    expect((await readdir(folder)).sort()).toEqual([file, 'README'].sort());
  });

  it('shows a reader the old or the new file, and never a part of one', async () => {
    const { secretsManager, store, create } = await open();
    const SecretId = create('n');
    await store.durable();
    const [file = ''] = await readdir(folder);
    let isOver = false;
    const writing = (async () => {
      for (let index = 0; index < 60; index += 1) {
        const SecretString = String(index).repeat(30_000);
        secretsManager.call('UpdateSecret', { SecretId, SecretString, ClientRequestToken: `${token('u')}${index}` });
        await store.durable();
      }
      isOver = true;
    })();

    while (!isOver) expect(JSON.parse(await readFile(join(folder, file), 'utf8')).format).toBe(1);

    await writing;
  });

  it('goes on with a rotation that was interrupted', async () => {
    const { secretsManager, store, create, clock } = await open();
    const SecretId = create('n');
    secretsManager.call('RotateSecret', { SecretId, ClientRequestToken: token('r'), RotationLambdaARN: functionArn });
    const driver = createRotationDriver(secretsManager, { invoke: () => new Promise(() => {}) });
    driver.tick();
    await store.close();

    const again = await open(clock);
    const steps: string[] = [];
    const second = createRotationDriver(again.secretsManager, {
      async invoke(_, { Step }) {
        steps.push(Step);
        return { ok: true };
      },
    });
    await second.tick();

    expect(steps).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
  });

  it('mends a secret and its replica when one of their files is lost', async () => {
    for (const lost of ['primary', 'replica']) {
      const { secretsManager, store, create } = await open();
      const ARN = create(lost);
      secretsManager.call('ReplicateSecretToRegions', { SecretId: ARN, AddReplicaRegions: [{ Region: 'eu-west-1' }] });
      await store.close();
      const region = lost === 'primary' ? 'us-east-1' : 'eu-west-1';
      for (const file of await readdir(folder)) {
        const { secret } = JSON.parse(await readFile(join(folder, file), 'utf8'));
        if (secret.region === region && secret.name === lost) await rm(join(folder, file));
      }

      const again = await open();

      expect(again.secretsManager.resolve(lost, { region: 'eu-west-1' })).toBeUndefined();
      if (lost === 'replica') {
        expect(again.secretsManager.call('DescribeSecret', { SecretId: lost })).not.toHaveProperty('ReplicationStatus');
      }
      await again.store.close();
    }
  });

  it('says in one sentence that a folder cannot be used, or a file not be read', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const { setting } = createSecretsManager({ clock: movableClock(), random: seeded() });
    await expect(openStore(file, setting)).rejects.toThrow(
      /^The folder .*a-file cannot hold the secrets \(\w+\): choose another, or make this one writable\.$/,
    );

    await writeFile(join(folder, `${'0'.repeat(64)}.json`), `{"format":1,"secret":{"arn":"${value}"`);
    const damaged = openStore(folder, setting).catch((error: Error) => error);
    expect(String(await damaged)).toMatch(
      /The file .*0\.json cannot be read \(it is damaged\): move it away to start without that secret\.$/,
    );
    expect(String(await damaged)).not.toContain(value);
  });

  it('writes what happens at once together, and acknowledges each call after its writing', async () => {
    const { secretsManager, store, create } = await open();
    const ARN = create('n');
    await store.durable();
    let isWritten = false;
    const spied: Store = {
      ...store,
      async durable() {
        await store.durable();
        isWritten = true;
      },
    };
    const service = secretsManagerService(secretsManager, spied);
    const info = { requestId: '', headers: {} };

    await service.handle('PutSecretValue', { SecretId: ARN, SecretString: 'two', ClientRequestToken: token('b') }, info);

    expect(isWritten).toBe(true);
    const [file = ''] = await readdir(folder);
    expect(await readFile(join(folder, file), 'utf8')).toContain('"two"');
    const puts = Array.from({ length: 100 }, (_, index) =>
      service.handle(
        'PutSecretValue',
        { SecretId: ARN, SecretString: String(index), ClientRequestToken: `${token('c')}${index}` },
        info,
      ),
    );
    await Promise.all(puts);
    expect(await readFile(join(folder, file), 'utf8')).toContain('"99"');
  });

  it('answers an internal error, not success, when the folder is lost, and writes all of it once the folder is back', async () => {
    const { secretsManager, store } = await open();
    const endpoint = await openAwsEndpoint({ services: { secretsmanager: secretsManagerService(secretsManager, store) } });
    const put = async (Name: string) => {
      const headers = { 'x-amz-target': 'secretsmanager.CreateSecret' };
      const body = JSON.stringify({ Name, SecretString: value, ClientRequestToken: token('a') });
      const answer = await fetch(endpoint.url, { method: 'POST', headers, body });
      return { status: answer.status, text: await answer.text() };
    };
    await rm(folder, { recursive: true });
    await writeFile(folder, '');

    const lost = await put('one');
    await rm(folder);
    await open();
    const back = await put('two');

    expect(lost).toMatchObject({ status: 500, text: expect.stringContaining('InternalServiceError') });
    expect(lost.text).not.toContain(value);
    expect(back.status).toBe(200);
    expect(await readdir(folder)).toHaveLength(2);
    await endpoint.close();
  });

  it('loses nothing acknowledged and damages nothing when its process is killed, again and again', async () => {
    const acknowledged = new Map<string, number>();
    for (const lines of [1, 37, 300]) {
      const counts = await killedAfter(lines);
      for (const [worker, count] of counts) acknowledged.set(worker, count);

      const { secretsManager, store } = await open();
      for (const [worker, count] of acknowledged) {
        const { SecretString = '' } = secretsManager.call('GetSecretValue', { SecretId: `worker-${worker}` });
        expect(Number(SecretString.slice(0, 8))).toBeGreaterThanOrEqual(count);
        expect(SecretString).toHaveLength(5008);
      }
      await store.close();
      expect((await readdir(folder)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    }
    expect(acknowledged.size).toBeGreaterThan(0);
  });
});

/** What the process had acknowledged, by worker, when it was killed. */
async function killedAfter(lines: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./keeper.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      output += text;
      if (output.split('\n').length > lines) child.kill('SIGKILL');
    });
    child.on('close', () => resolve());
  });
  // The last line may be cut in the middle.
  const whole = output.split('\n').slice(0, -1);
  return new Map(whole.map((line) => line.split(' ')).map(([worker = '', count]) => [worker, Number(count)]));
}

describe('a window of a day', () => {
  it('is not passed by the time that the process was away', async () => {
    const { secretsManager, store, create, clock } = await open();
    const RotationRules = { AutomaticallyAfterDays: 1 };
    const SecretId = create('n');
    secretsManager.call('RotateSecret', {
      SecretId,
      ClientRequestToken: token('r'),
      RotationLambdaARN: functionArn,
      RotationRules,
      RotateImmediately: false,
    });
    await createRotationDriver(secretsManager, { invoke: async () => ({ ok: true }) }).tick();
    await store.close();
    clock.move(3 * day);

    const again = await open(clock);
    const begun = await createRotationDriver(again.secretsManager, { invoke: async () => ({ ok: true }) }).tick();

    expect(begun).toBe(1);
  });
});
