// Goal: the console as it is deployed lets in whom it should, acts on real secrets through its own ports, and holds no value.
// Method: the bundled handler in a process of its own, asked as an HTTP API asks, over the embedded AWS and a real issuer of OpenID Connect.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { compileWhole, parseWhole } from '../../lib/catalog/whole.ts';
import { createLedger } from '../../lib/history/history.ts';
import { createMovableClock } from '../../lib/local/clock.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/functions.ts';
import { type LoopbackServer, serveOnLoopback } from '../../lib/local/loopback.ts';
import { secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { type Local, startLocal } from '../../lib/local/start.ts';
import { isQuiet, until } from '../../lib/local/story.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { createChance } from '../../lib/testing/world.ts';
import { fake as registryFake } from '../../rotators/npm-registry/fake.ts';
import { tokenFile } from '../constructs/fleet.ts';
import { createBrowser } from '../issuer/browser.ts';
import { type Issuer, startIssuer } from '../issuer/issuer.ts';

const state = mkdtempSync(join(tmpdir(), 'keyturn-console-'));
const origin = 'https://abc123.execute-api.us-east-1.amazonaws.com';
const clock = createMovableClock(state);
const world = {
  now: () => clock.now(),
  random: createChance(3).text,
  secretsManager: createSecretsManager({ clock, random: secureRandom }),
};
const provider = registryFake(world);
const said: string[] = [];
let server: LoopbackServer;
let local: Local;
let issuer: Issuer;
let host: FunctionHost;

beforeAll(async () => {
  server = await serveOnLoopback(provider);
  const folder = join(state, 'catalog');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'keyturn.yaml'),
    `version: 1
people:
  ada-lovelace: { name: Ada Lovelace, email: ada@example.com }
  grace-hopper: { name: Grace Hopper, email: grace@example.com }
teams:
  platform: { name: Platform, email: platform@example.com, members: [ada-lovelace] }
`,
  );
  const scope = JSON.stringify({ ...provider.scope, registryUrl: server.url });
  const file = tokenFile('npm-registry', 'shop/publish', 'exclusive: true\n').replace(
    'scope: { project: shop }',
    `scope: ${scope}`,
  );
  writeFileSync(join(folder, 'publish.yaml'), file);
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  local = await startLocal({ stateFolder: state, catalog });
  const authority = { Name: 'keyturn/authorities/npm-registry', SecretString: JSON.stringify(provider.authority) };
  await local.client.send(new CreateSecretCommand(authority));
  await local.client.send(new CreateSecretCommand({ Name: 'shop/publish' }));
  await local.client.send(
    new RotateSecretCommand({
      SecretId: 'shop/publish',
      RotationLambdaARN: local.functionArn('npm-registry'),
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
    }),
  );
  await rotated(undefined);

  issuer = await startIssuer(origin);
  await issuer.put({ sub: 'ada', email: 'ada@example.com', email_verified: true });
  await issuer.put({ sub: 'eve', email: 'eve@example.com', email_verified: true, groups: ['keyturn-viewer'] });
  const whole = compileWhole(catalog);
  expect(parseWhole(JSON.stringify(whole))).toEqual(catalog);
  writeFileSync(join(state, 'whole.json'), JSON.stringify(whole));
  const deployment = {
    origin,
    issuer: issuer.url,
    clientId: 'console',
    groups: { claim: 'groups', of: { admin: 'keyturn-admin', operator: 'keyturn-operator', viewer: 'keyturn-viewer' } },
    admitted: ['203.0.113.0/24'],
    installation: 'keyturn',
  };
  host = createFunctionHost({
    region: 'us-east-1',
    accountId: '000000000000',
    functions: [
      {
        name: 'keyturn-console',
        file: join(state, 'functions', 'console.mjs'),
        environment: { KEYTURN_WHOLE_FILE: join(state, 'whole.json'), KEYTURN_CONSOLE: JSON.stringify(deployment) },
        timeoutSeconds: 29,
      },
    ],
    onLog: (_, line) => said.push(line),
  });
}, 60_000);
afterAll(async () => {
  host?.close();
  issuer?.close();
  await local?.close();
  server?.close();
  rmSync(state, { recursive: true, force: true });
});

const current = async () => {
  const { VersionIdsToStages = {} } = await local.client.send(new DescribeSecretCommand({ SecretId: 'shop/publish' }));
  return Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
};
async function rotated(from: string | undefined): Promise<void> {
  await until(async () => (await current()) !== from && (await isQuiet(local, 'shop/publish')), 'the rotation ended', 60);
}

/** Asks the function as an HTTP API does, and everybody else over the network. */
async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: RequestInit,
  sourceIp = '203.0.113.7',
): Promise<Response> {
  if (!url.startsWith(origin))
    return fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
  const { pathname, search, host: name } = new URL(url);
  const { cookie = '', ...others } = headers as Record<string, string>;
  const isForm = body instanceof URLSearchParams;
  const result = await host.invoke('keyturn-console', {
    version: '2.0',
    routeKey: 'ANY /{proxy+}',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    cookies: cookie === '' ? [] : cookie.split('; '),
    headers: { ...others, host: name, ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    requestContext: {
      domainName: name,
      stage: '$default',
      http: { method, path: pathname, sourceIp, protocol: 'HTTP/1.1', userAgent: 'x' },
    },
    ...(isForm ? { body: Buffer.from(body.toString()).toString('base64') } : {}),
    isBase64Encoded: isForm,
  });
  if (!result.ok) throw new Error(result.errorMessage);
  const answer = result.payload as { statusCode: number; headers: Record<string, string>; cookies?: string[]; body: string };
  said.push(answer.body);
  const response = new Response(answer.statusCode === 303 ? null : answer.body, {
    status: answer.statusCode,
    headers: answer.headers,
  });
  for (const each of answer.cookies ?? []) response.headers.append('set-cookie', each);
  return response;
}

async function signIn(sub: string) {
  await issuer.signsIn(sub);
  const browser = createBrowser(origin, ask);
  return { ...browser, ...(await browser.follow(`${origin}/tokens/publish`)) };
}

it.each(['198.51.100.7', '', 'canary'])('turns away whoever comes from %j, before anything else', async (sourceIp) => {
  const answer = await ask(`${origin}/sign-in`, {}, sourceIp);

  expect(answer.status).toBe(403);
  expect(answer.headers.get('location')).toBeNull();
});

it('lets an owner sign in and renew their token, which the function of its provider does', async () => {
  const before = await current();
  const owner = await signIn('ada');
  expect([owner.answer.status, owner.url]).toEqual([200, `${origin}/tokens/publish`]);
  expect(owner.answer.headers.get('strict-transport-security')).toContain('max-age=');

  const answer = await owner.post('/tokens/publish/rotate');

  expect(answer.headers.get('location')).toBe('/tokens/publish?done=rotate');
  await rotated(before);
  const ledger = createLedger(async () => openFolderShelf(join(state, 'history')), clock, ['npm-registry']);
  const acted = (await ledger.happened('publish', 20)).filter(({ what }) => what === 'person.acted');
  expect(acted).toMatchObject([{ by: 'ada@example.com', token: 'publish' }]);
});

it('goes back to the old one by asking whether it still works', async () => {
  const owner = await signIn('ada');
  const before = await current();

  const answer = await owner.post('/tokens/publish/rollback');

  expect(answer.headers.get('location')).toBe('/tokens/publish?done=rollback');
  expect(await current()).not.toBe(before);
});

it('shows a viewer everything, and does nothing for them', async () => {
  const viewer = await signIn('eve');
  const before = await current();

  expect(await viewer.text('/tokens/publish')).toContain('The shop is silent.');
  expect((await viewer.get('/tokens/publish/rotate')).status).toBe(403);
  expect(await current()).toBe(before);
});

it('has neither shown nor logged a value', async () => {
  const values = [JSON.stringify(provider.authority)];
  for (const VersionStage of ['AWSCURRENT', 'AWSPREVIOUS']) {
    const { SecretString = '' } = await local.client.send(new GetSecretValueCommand({ SecretId: 'shop/publish', VersionStage }));
    values.push(SecretString);
  }

  expect(values.every((value) => value.length > 12)).toBe(true);
  expect(said.length).toBeGreaterThan(10);
  for (const text of said) expect(findLeaks(text, values, { wholeOnly: true })).toEqual([]);
  expect(said.join()).not.toContain('canary-');
});
