import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleHandlers } from '../../lib/bundle.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-bundle-'));
const deployed = join(folder, 'deployed');
const local = join(folder, 'local');
const localSwitches = ['clock.json', 'offsetMilliseconds', 'history', 'http://127.0.0.1:1'];

beforeAll(async () => {
  await bundleHandlers(deployed);
  await bundleHandlers(local, { local: { awsEndpoint: 'http://127.0.0.1:1', stateFolder: folder, loopback: {} } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('holds the local clock and loopback only in the build for a laptop', () => {
  const inLocal = textOf(local);
  const inDeployed = textOf(deployed);

  for (const word of localSwitches) {
    expect(inLocal).toContain(word);
    if (word !== 'history') expect(inDeployed).not.toContain(word);
  }
  expect(inDeployed).not.toContain('KEYTURN_LOCAL');
  expect(inDeployed).toContain('ignoreConfiguredEndpointUrls:!0');
});

it('loads at most 650 KB for a rotation, and is at most 3 MB in all', () => {
  const loaded = new Set<string>();
  const follow = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(join(deployed, file), 'utf8');
    for (const [, next] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) if (next !== undefined) follow(next);
  };
  follow('rotate.mjs');

  expect(sizeOf([...loaded])).toBeLessThanOrEqual(650_000);
  expect(sizeOf(readdirSync(deployed))).toBeLessThanOrEqual(3_000_000);
});

/** The deployed handler in a process with the environment of Lambda, and an AWS that counts who calls it. */
async function createDeployedHost(): Promise<{ host: FunctionHost; calls: () => number; close: () => void }> {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const catalog = join(folder, 'catalog.json');
  writeFileSync(catalog, JSON.stringify({ version: 1, provider: 'npm-registry', hosts: [], teams: {}, freezes: [], tokens: [] }));
  const host = createFunctionHost({
    region: 'us-east-1',
    accountId: '000000000000',
    functions: [
      {
        name: 'keyturn-rotate-npm-registry',
        file: join(deployed, 'rotate.mjs'),
        environment: { KEYTURN_CATALOG_FILE: catalog, AWS_ENDPOINT_URL: url, HTTPS_PROXY: url },
        timeoutSeconds: 20,
      },
    ],
    onLog: () => {},
  });
  return {
    host,
    calls: () => calls,
    close() {
      host.close();
      server.close();
    },
  };
}

it('refuses a malformed event and a secret that is in no catalog entry, and calls nobody', async () => {
  const { host, calls, close } = await createDeployedHost();
  const step = { Step: 'createSecret', ClientRequestToken: '1'.repeat(36) };
  const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;

  const malformed = await host.invoke('keyturn-rotate-npm-registry', { ...step, SecretId: 'canary\u001b[2J' });
  const strangers = await host.invoke('keyturn-rotate-npm-registry', { ...step, SecretId: arn('somebody/elses') });
  close();

  expect(malformed).toMatchObject({ ok: false, errorType: 'event' });
  expect(JSON.stringify(malformed)).not.toContain('canary');
  expect(strangers).toMatchObject({ ok: false, errorType: 'not-ours' });
  expect(calls()).toBe(0);
});

function textOf(path: string): string {
  return readdirSync(path)
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .join('\n');
}

function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(deployed, file)).size, 0);
}
