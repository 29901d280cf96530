// The function that answers calendars, as it is bundled, in a process of its own, against Secrets Manager on loopback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feedAddress } from '../../lib/alerts/feed.ts';
import { bundleHandlers } from '../../lib/bundle.ts';
import { compileIndex } from '../../lib/catalog/compile.ts';
import type { CompiledIndex } from '../../lib/catalog/compiled.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createTokenHistory } from '../../lib/history/history.ts';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/functions.ts';
import { secretsManagerService, secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { root } from '../checkout.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-feed-'));
const key = new Secret('canary-key-of-the-calendars');
const secretsManager = createSecretsManager({ clock: Date, random: secureRandom, functionExists: () => true });
const logged: string[] = [];
let index: CompiledIndex;
let endpoint: AwsEndpoint;
let host: FunctionHost;

beforeAll(async () => {
  const { catalog } = await loadCatalog(join(root, 'catalog'), registry);
  if (catalog === undefined) throw new Error('the catalog has faults');
  index = compileIndex(catalog);
  endpoint = await openAwsEndpoint({ services: { secretsmanager: secretsManagerService(secretsManager) } });
  secretsManager.call('CreateSecret', {
    ClientRequestToken: '1'.repeat(36),
    Name: 'keyturn/calendar-key',
    SecretString: key.reveal(),
  });
  secretsManager.call('CreateSecret', {
    ClientRequestToken: '2'.repeat(36),
    Name: 'build/npm-publish',
    SecretString: 'canary-of-a-calendar',
  });
  await bundleHandlers(folder, { local: { awsEndpoint: endpoint.url, stateFolder: folder, loopback: {} } });
  useIndex(index);
  const environment = { KEYTURN_INDEX_FILE: join(folder, 'index.json'), KEYTURN_CALENDAR_KEY: 'keyturn/calendar-key' };
  host = createFunctionHost({
    region: 'us-east-1',
    accountId: '000000000000',
    functions: [{ name: 'keyturn-calendar', file: join(folder, 'calendar.mjs'), environment, timeoutSeconds: 30 }],
    onLog: (_, line) => logged.push(line),
  });
});
afterAll(async () => {
  host.close();
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

function useIndex(wanted: CompiledIndex): void {
  writeFileSync(join(folder, 'index.json'), JSON.stringify(wanted));
}

/** As Lambda hands over what was asked of the function's address. */
async function ask(rawPath: string, method = 'GET') {
  const event = { version: '2.0', rawPath, requestContext: { http: { method, path: rawPath } } };
  const { payload } = (await host.invoke('keyturn-calendar', event)) as { payload: { statusCode: number; body: string } };
  return payload;
}

const pathFor = (id: string, kind: 'person' | 'team' = 'person', wanted = index) =>
  new URL(feedAddress('https://calendar.example/', key, wanted, { kind, id }) ?? '').pathname;

describe('the address of a calendar', () => {
  it('answers what somebody has to do with: rotations that AWS plans, and expiries that were seen', async () => {
    secretsManager.call('RotateSecret', {
      ClientRequestToken: '3'.repeat(36),
      SecretId: 'build/npm-publish',
      RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-npm-registry',
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediately: false,
    });
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const { records } = createTokenHistory(async () => openFolderShelf(join(folder, 'history')), clock, 'npm-registry');
    await records.saveHealth({
      token: 'npm-publish',
      secretArn: secretsManager.call('DescribeSecret', { SecretId: 'build/npm-publish' }).ARN ?? '',
      versionId: '1',
      checkedAt: Date.now(),
      verdict: 'valid',
      expiresAt: Date.now() + 30 * 86_400_000,
      findings: [],
    });

    const person = await ask(pathFor('tomas-okafor'));
    const team = await ask(pathFor('web-platform', 'team'));

    for (const { statusCode, body } of [person, team]) {
      expect(statusCode).toBe(200);
      expect(body).toMatch(/^BEGIN:VCALENDAR\r\n/);
      expect(body).toContain('UID:rotation.npm-publish@keyturn');
      expect(body).toContain('UID:expiry.npm-publish@keyturn');
      expect(body + logged.join()).not.toContain('canary');
    }
  });

  const signed = (id: string) => (pathFor(id).split('/')[3] ?? '').replace('.ics', '');
  it.each([
    ['a signature of another person', () => `/person/maya-lindqvist/${signed('tomas-okafor')}.ics`],
    ['a person as a team', () => `/team/tomas-okafor/${signed('tomas-okafor')}.ics`],
    ['a signature too short', () => pathFor('tomas-okafor').replace('.ics', '').slice(0, -1)],
    ['nobody', () => `/person/__proto__/${'x'.repeat(43)}.ics`],
    ['nothing', () => '/'],
  ])('is not there for %s', async (_, path) => {
    expect(await ask(path())).toMatchObject({ statusCode: 404, body: 'There is no such calendar.\n' });
  });

  it('takes no post', async () => {
    expect(await ask(pathFor('tomas-okafor'), 'POST')).toMatchObject({ statusCode: 404 });
  });

  it('is worthless once its version counts up, or whoever it is of has left', async () => {
    const old = pathFor('tomas-okafor');
    const tomas = index.people['tomas-okafor'] ?? { name: '', email: '' };
    const changed = (person: object) => ({ ...index, people: { ...index.people, 'tomas-okafor': { ...tomas, ...person } } });

    useIndex(changed({ feedVersion: 2 }));
    expect(await ask(old)).toMatchObject({ statusCode: 404 });
    expect(await ask(pathFor('tomas-okafor', 'person', changed({ feedVersion: 2 })))).toMatchObject({ statusCode: 200 });
    useIndex(changed({ left: '2026-09-30' }));
    expect(await ask(old)).toMatchObject({ statusCode: 404 });
    useIndex(index);
  });
});
