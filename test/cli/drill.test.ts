// Goal: what a rehearsal says when a provider does wrong is seen before a provider does: it fails, says so in plain words, and names what it leaves.
// Method: GitLab's stand-in as `keyturn local` serves it, the real handlers, and each command in a process of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, DescribeSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { openInstallation } from '../../lib/cli/installation.ts';
import type { Happened } from '../../lib/engine/records.ts';
import { createLedger } from '../../lib/history/history.ts';
import { createMovableClock } from '../../lib/local/clock.ts';
import type { Fault } from '../../lib/local/faults.ts';
import { readJson } from '../../lib/local/files.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
import { type Forge, startForge } from '../../lib/local/forge.ts';
import { secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { type Local, startLocal } from '../../lib/local/start.ts';
import { isQuiet, until } from '../../lib/local/story.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createChance } from '../../lib/testing/world.ts';
import { shared, tokenFile } from '../constructs/fleet.ts';
import { keyturn } from './cli.ts';

const state = mkdtempSync(join(tmpdir(), 'keyturn-drill-'));
const clock = createMovableClock(state);
const ledger = createLedger(async () => openFolderShelf(join(state, 'history')), clock, ['gitlab']);
let forge: Forge;
let local: Local;

beforeAll(async () => {
  const chance = createChance(11);
  const world = {
    now: () => clock.now(),
    random: chance.text,
    secretsManager: createSecretsManager({ clock, random: secureRandom }),
  };
  forge = await startForge(world, join(state, 'forge.json'));
  const folder = join(state, 'catalog');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'keyturn.yaml'), shared);
  const scope = {
    apiUrl: `${forge.url}/api/v4`,
    level: 'project',
    id: 'acme/web',
    accessLevel: 'developer',
    scopes: ['read_api'],
  };
  const token = tokenFile('gitlab', 'shop/deploy', 'exclusive: true\n');
  writeFileSync(join(folder, 'deploy.yaml'), token.replace('scope: { project: shop }', `scope: ${JSON.stringify(scope)}`));
  const real = { ...scope, apiUrl: 'https://gitlab.example.com/api/v4' };
  const elsewhere = tokenFile('gitlab', 'shop/elsewhere', 'exclusive: true\n');
  writeFileSync(join(folder, 'elsewhere.yaml'), elsewhere.replace('scope: { project: shop }', `scope: ${JSON.stringify(real)}`));
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  local = await startLocal({ stateFolder: state, catalog });
  const create = (Name: string, value?: object) =>
    local.client.send(new CreateSecretCommand({ Name, ...(value === undefined ? {} : { SecretString: JSON.stringify(value) }) }));
  await create('keyturn/authorities/gitlab', forge.authority);
  await create('shop/deploy');
  await local.client.send(
    new RotateSecretCommand({
      SecretId: 'shop/deploy',
      RotationLambdaARN: local.functionArn('gitlab'),
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediately: true,
    }),
  );
  await local.catchUp();
  await until(() => isQuiet(local, 'shop/deploy'), 'nothing is under way', 60);
}, 90_000);
afterAll(async () => {
  await local?.close();
  forge?.close();
  rmSync(state, { recursive: true, force: true });
});

const drill = (...args: readonly string[]) => keyturn(['drill', 'deploy', '--local', state, ...args]);
const labels = async () =>
  (await local.client.send(new DescribeSecretCommand({ SecretId: 'shop/deploy' }))).VersionIdsToStages ?? {};
const newest = async () => (await ledger.happened('deploy', 1))[0];
const proofs = async () =>
  (await ledger.happened('deploy', 100)).filter(({ what }) => what === 'drill.passed' || what === 'token.rotated');
const live = () =>
  (readJson(join(state, 'forge.json')) as { tokens: { revokedAt?: number }[] }).tokens.filter(
    ({ revokedAt }) => revokedAt === undefined,
  ).length;
/** What the story would sit through: so many changes at the provider later, the time is past in which it may still be slow. */
async function hurry(writes: number): Promise<void> {
  const wanted = forge.writes() + writes;
  await until(async () => forge.writes() >= wanted, 'the provider was asked', 60);
  clock.move(120_000);
}

const cases: readonly [Fault, number, Partial<Happened>, RegExp, boolean][] = [
  ['refuses-revocation', 0, { code: 'authority' }, /failed at ending/, true],
  ['refuses-new-tokens', 1, { code: 'dead-pending' }, /failed at checking/, false],
  ['survives-revocation', 2, { code: 'still-alive' }, /failed at proving it dead/, true],
  ['loses-answer', 0, { code: 'uncertain' }, /failed at making/, false],
];
it.each(cases)(
  'fails where the provider has the fault %s, and proves nothing',
  async (fault, writes, record, says, isLeft) => {
    const before = { labels: await labels(), proofs: await proofs() };

    const run = drill('--fault', fault);
    if (writes > 0) await hurry(writes);
    const { code, out, err } = await run;

    expect({ code, err }).toMatchObject({ code: 1 });
    expect(out).toMatch(says);
    expect(out).toContain('The fault was put in');
    expect(out.includes('may still work')).toBe(isLeft);
    expect(await newest()).toMatchObject({ what: 'drill.failed', ...record });
    expect({ labels: await labels(), proofs: await proofs() }).toEqual(before);
    expect(`${out}${err}${JSON.stringify(await newest())}`).not.toContain('canary');
  },
  120_000,
);

it('leaves nothing for good: what still works is found and ended, and a rehearsal without a fault passes', async () => {
  const installation = await openInstallation({ local: state, installation: 'keyturn' });
  const entry = installation.entry('deploy');
  expect(live()).toBe(4); // the current one, and one of each fault after which it may still work
  clock.move(3 * 3_600_000);
  await installation.ask(entry, await installation.describe(entry), { Job: 'strays' });
  expect(live()).toBe(1);

  const { code, out } = await drill();

  expect(out).toContain('a renewal would work');
  expect(code).toBe(0);
  expect(await newest()).toMatchObject({ what: 'drill.passed' });
}, 120_000);

it.each([
  ['on AWS', ['drill', 'deploy', '--catalog', join(state, 'catalog'), '--fault', 'loses-answer'], 'never into anything on AWS'],
  [
    'into what is no stand-in',
    ['drill', 'elsewhere', '--local', state, '--fault', 'loses-answer'],
    'These have one that does: deploy',
  ],
] as const)('puts no fault %s', async (_, args, says) => {
  const writes = forge.writes();

  const { code, err } = await keyturn(args);

  expect(code).toBe(1);
  expect(err).toContain(says);
  expect(forge.writes()).toBe(writes);
});
