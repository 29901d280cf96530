// Goal: a rehearsal in which something goes wrong fails, says what, proves nothing, and leaves nothing behind that no sweep ends.
// Method: the stand-in of the story's second provider, told by the command line to go wrong; the real handlers and the real SDK on loopback.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { createLedger } from '../../lib/history/history.ts';
import { createMovableClock } from '../../lib/local/clock.ts';
import { drillFaultIn } from '../../lib/local/drill-faults.ts';
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
const forgeFile = join(state, 'forge.json');
let forge: Forge;
let local: Local;

beforeAll(async () => {
  const world = {
    now: () => clock.now(),
    random: createChance(3).text,
    secretsManager: createSecretsManager({ clock, random: secureRandom }),
  };
  forge = await startForge(world, forgeFile, () => drillFaultIn(state));
  const folder = join(state, 'catalog');
  mkdirSync(folder);
  writeFileSync(join(folder, 'keyturn.yaml'), shared);
  const scope = `{ apiUrl: "${forge.url}/api/v4", level: project, id: acme/web, accessLevel: developer, scopes: [read_api] }`;
  writeFileSync(
    join(folder, 'deploy.yaml'),
    tokenFile('gitlab', 'shop/deploy', 'expect: { scopes: [read_api] }\n').replace('scope: { project: shop }', `scope: ${scope}`),
  );
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  local = await startLocal({ stateFolder: state, catalog });
  const authority = { Name: 'keyturn/authorities/gitlab', SecretString: JSON.stringify(forge.authority) };
  await local.client.send(new CreateSecretCommand(authority));
  await local.client.send(new CreateSecretCommand({ Name: 'shop/deploy' }));
  await local.client.send(
    new RotateSecretCommand({
      SecretId: 'shop/deploy',
      RotationLambdaARN: local.functionArn('gitlab'),
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
    }),
  );
  await local.catchUp();
  await until(() => isQuiet(local, 'shop/deploy'), 'the first token was made', 60);
}, 120_000);
afterAll(async () => {
  await local?.close();
  forge?.close();
  rmSync(state, { recursive: true, force: true });
});

const drill = (...more: readonly string[]) => keyturn(['drill', 'deploy', '--local', state, ...more]);
const alive = () => {
  const { tokens } = JSON.parse(readFileSync(forgeFile, 'utf8')) as { tokens: { ref: string; revokedAt?: number }[] };
  return tokens.filter(({ revokedAt }) => revokedAt === undefined).map(({ ref }) => ref);
};
/** What nobody has is looked for once in some hours, at a time of the secret's own, and left alone while it is young. */
async function sweepUntilAlive(count: number): Promise<void> {
  for (let quarters = 0; alive().length > count && quarters < 40; quarters += 1) {
    clock.move(15 * 60_000);
    await local.catchUp();
  }
}
const proven = async () => {
  const ledger = createLedger(async () => openFolderShelf(join(state, 'history')), clock, ['gitlab']);
  return (await ledger.happened('deploy', 100)).filter(({ what }) => what === 'drill.passed' || what === 'drill.failed');
};

it('passes where nothing goes wrong', async () => {
  const before = alive();

  const { code, out } = await drill('--json');

  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'passed' });
  expect(alive()).toEqual(before);
  expect((await proven()).map(({ what }) => what)).toEqual(['drill.passed']);
}, 120_000);

it.each([
  ['making-refused', 'making', 0],
  ['answer-lost', 'making', 1],
  ['new-one-refused', 'checking', 0],
  ['ending-refused', 'ending', 1],
] as const)(
  'fails with %s, says so, and does not count as proof',
  async (fault, at, left) => {
    const [before, provenBefore] = [alive(), await proven()];

    const { code, out, err } = await drill('--fault', fault);

    expect(code).toBe(1);
    expect(out).toContain(`deploy: the rehearsal failed at ${at}`);
    expect(out).toContain('On purpose: the stand-in of the provider was told');
    expect(out.includes('The rehearsal token may still be alive')).toBe(left > 0);
    expect(`${out}${err}`).not.toContain('canary');
    expect(alive().length - before.length).toBe(left);
    const [last, ...others] = await proven();
    expect(last).toMatchObject({ what: 'drill.failed' });
    expect(others).toEqual(provenBefore);
    expect(readdirSync(state)).not.toContain('drill-fault.json');
    await sweepUntilAlive(before.length);
    expect(alive()).toEqual(before);
  },
  240_000,
);

it('is refused where there is no stand-in', async () => {
  const onAws = await keyturn(['drill', 'npm-publish', '--fault', 'making-refused'], {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIANOBODY',
    AWS_SECRET_ACCESS_KEY: 'none',
  });
  const misspelt = await drill('--fault', 'making');

  expect(onAws.code).toBe(1);
  expect(onAws.err).toContain('no real provider is made to go wrong');
  expect(misspelt.err).toContain('Allowed choices are making-refused');
});
