import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { secretsManagerService, secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager, type SecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { openStore } from '../../lib/local/secrets-manager/store.ts';
import { shared, tokenFile } from '../constructs/fleet.ts';
import { keyturn } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-uninstall-'));
const catalog = join(folder, 'catalog');
let endpoint: AwsEndpoint;
let secretsManager: SecretsManager;
let close = async () => {};

beforeAll(async () => {
  secretsManager = createSecretsManager({
    clock: { now: () => Date.now() },
    random: secureRandom,
    functionExists: () => true,
  });
  const store = await openStore(join(folder, 'state'), secretsManager.setting);
  endpoint = await openAwsEndpoint({ services: { secretsmanager: secretsManagerService(secretsManager, store) } });
  close = async () => {
    await endpoint.close();
    await store.close();
  };
  mkdirSync(catalog);
  writeFileSync(join(catalog, 'keyturn.yaml'), shared);
  for (const name of ['mine', 'theirs', 'nowhere'])
    writeFileSync(
      join(catalog, `${name}.yaml`),
      tokenFile('sendgrid', `shop/${name}`).replace('scope: { project: shop }', 'scope: { scopes: [mail.send] }'),
    );
});
afterAll(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const ids = { old: randomUUID(), now: randomUUID(), next: randomUUID() };
beforeEach(() => {
  for (const name of ['shop/mine', 'shop/theirs']) {
    secretsManager.call('DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true });
  }
});

function create(name: string, functionName: string): void {
  const put = (id: string, stages: readonly string[]) =>
    secretsManager.call('PutSecretValue', {
      SecretId: name,
      ClientRequestToken: id,
      SecretString: `canary-${id}`,
      VersionStages: stages,
    });
  secretsManager.call('CreateSecret', { Name: name, ClientRequestToken: ids.old, SecretString: 'canary-old' });
  secretsManager.call('RotateSecret', {
    SecretId: name,
    ClientRequestToken: randomUUID(),
    RotationLambdaARN: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediately: false,
  });
  put(ids.now, ['AWSCURRENT']);
  put(ids.next, ['AWSPENDING', 'keyturn/sendgrid/next-ref']);
  for (const [id, label] of [
    [ids.now, 'keyturn/sendgrid/now-ref'],
    [ids.old, 'keyturn/sendgrid/old-ref'],
    [ids.old, 'keyturn-since/1800000000'],
    [ids.old, 'somebody-elses'],
  ])
    secretsManager.call('UpdateSecretVersionStage', { SecretId: name, VersionStage: label, MoveToVersionId: id });
}

const described = (name: string) =>
  secretsManager.call('DescribeSecret', { SecretId: name }) as {
    RotationEnabled?: boolean;
    VersionIdsToStages: Record<string, string[]>;
  };
const labelsOf = (name: string) => Object.values(described(name).VersionIdsToStages).flat().sort();
const run = (...more: readonly string[]) =>
  keyturn(['uninstall', catalog, ...more], {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIAVISITOR',
    AWS_SECRET_ACCESS_KEY: 'local',
  });

it('first only tells, and then leaves secrets readable, without rotation, without our labels and without a pending version', async () => {
  create('shop/mine', 'keyturn-rotate-sendgrid');
  const before = labelsOf('shop/mine');

  const rehearsal = await run();
  const untouched = labelsOf('shop/mine');
  const done = await run('--yes', '--json');

  expect(rehearsal.code, rehearsal.err).toBe(0);
  expect(rehearsal.out).toContain('would be cancelled');
  expect(rehearsal.out).toContain('Nothing was changed');
  expect(untouched).toEqual(before);
  expect(done.code, done.err).toBe(0);
  expect(described('shop/mine').RotationEnabled).toBe(false);
  expect(labelsOf('shop/mine')).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'somebody-elses']);
  expect(secretsManager.call('GetSecretValue', { SecretId: 'shop/mine' })).toMatchObject({ SecretString: `canary-${ids.now}` });
  const [mine, nowhere] = (JSON.parse(done.out) as { tokens: { token: string; found?: { live: object[] } }[] }).tokens;
  expect(mine?.found?.live).toEqual(
    expect.arrayContaining([
      { versionId: ids.now, provider: 'sendgrid', ref: 'now-ref', use: 'current' },
      { versionId: ids.next, provider: 'sendgrid', ref: 'next-ref', use: 'being rotated in' },
      { versionId: ids.old, provider: 'sendgrid', ref: 'old-ref', use: 'replaced, or never in use' },
    ]),
  );
  expect(nowhere).toEqual({ token: 'nowhere', secret: 'shop/nowhere' });
  expect(`${rehearsal.out}${done.out}`).not.toContain('canary');
});

it('finds nothing left to do the second time', async () => {
  create('shop/mine', 'keyturn-rotate-sendgrid');
  await run('--yes');

  const again = await run();

  expect(again.out).toMatch(/mine \(shop\/mine\)\n {2}nothing of Keyturn is on it/);
});

it('leaves the rotation of somebody else’s function alone', async () => {
  create('shop/theirs', 'their-own');

  await run('--yes');

  expect(described('shop/theirs').RotationEnabled).toBe(true);
  expect(labelsOf('shop/theirs')).toEqual(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'somebody-elses']);
});

it('takes what is named alone off its secret, and nothing at all where a name is unknown', async () => {
  create('shop/mine', 'keyturn-rotate-sendgrid');
  create('shop/theirs', 'keyturn-rotate-sendgrid');
  const before = labelsOf('shop/mine');

  const wrong = await run('--token', 'mine', '--token', 'mien', '--yes');
  const untouched = labelsOf('shop/mine');
  const done = await run('--token', 'mine', '--yes');

  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('The catalog has no token called mien');
  expect(untouched).toEqual(before);
  expect(done.code, done.err).toBe(0);
  expect(done.out).not.toContain('theirs');
  expect(labelsOf('shop/mine')).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'somebody-elses']);
  expect(labelsOf('shop/theirs')).toEqual(before);
});
