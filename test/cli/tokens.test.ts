// Goal: what people do with tokens by the commands comes to what they say, on the real SDK, the real handlers and the embedded Secrets Manager.
// Method: one installation on loopback with a registry and a receiver that are stand-ins; each command runs in a process of its own.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fake as receiverFake } from '../../dependents/webhook/fake.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import type { Alert, Happened } from '../../lib/engine/records.ts';
import { createLedger, createTokenHistory } from '../../lib/history/history.ts';
import { createMovableClock } from '../../lib/local/clock.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
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
import { keyturn, type Run } from './cli.ts';

const state = mkdtempSync(join(tmpdir(), 'keyturn-tokens-'));
const servers: LoopbackServer[] = [];
const printed: Run[] = [];
let local: Local;
let isBroken = false;

const chance = createChance(7);
// The stand-ins have the time that the functions have, because signed messages are dated.
const clock = createMovableClock(state);
const world = {
  now: () => clock.now(),
  random: chance.text,
  secretsManager: createSecretsManager({ clock, random: secureRandom }),
};
const provider = registryFake(world);
const receiver = receiverFake(world);

beforeAll(async () => {
  const { handle = () => ({ status: 404 }) } = receiver;
  servers.push(
    await serveOnLoopback(provider),
    await serveOnLoopback({
      handle: (request) => (isBroken && request.body.includes('secret.rotated') ? { status: 422 } : handle(request)),
    }),
  );
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
  const token = (secret: string, more: string) =>
    tokenFile('npm-registry', secret, `exclusive: true\n${more}`).replace(
      'scope: { project: shop }',
      `scope: ${JSON.stringify({ ...provider.scope, registryUrl: servers[0]?.url })}`,
    );
  const place = `dependents: [{ name: hook, kind: webhook, target: { url: "${servers[1]?.url}/token", sends: value }, authority: keyturn/authorities/hooks }]\n`;
  writeFileSync(join(folder, 'publish.yaml'), token('shop/publish', place));
  writeFileSync(
    join(folder, 'watched.yaml'),
    token('shop/watched', 'mode: observe\nadopt: true\n').replace(/"user":"[^"]*"/, '"user":"somebody-else"'),
  );
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  local = await startLocal({ stateFolder: state, catalog });
  const create = (Name: string, value?: object) =>
    local.client.send(new CreateSecretCommand({ Name, ...(value === undefined ? {} : { SecretString: JSON.stringify(value) }) }));
  await create('keyturn/authorities/npm-registry', provider.authority);
  await create('keyturn/authorities/hooks', receiver.authority);
  await create('shop/publish');
  await local.client.send(
    new RotateSecretCommand({
      SecretId: 'shop/publish',
      RotationLambdaARN: local.functionArn('npm-registry'),
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediately: false,
    }),
  );
  // Secrets Manager tries the function out, and is done with that before anybody looks.
  await local.catchUp();
  await until(() => isQuiet(local, 'shop/publish'), 'nothing is under way');
}, 60_000);
afterAll(async () => {
  await local?.close();
  for (const server of servers) server.close();
  rmSync(state, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<Run> {
  return seen(await keyturn([...args, '--local', state]));
}
function seen(done: Run): Run {
  printed.push(done);
  return done;
}
const json = async <Document>(...args: readonly string[]) => JSON.parse((await run(...args, '--json')).out) as Document;
const versions = async () =>
  (await local.client.send(new DescribeSecretCommand({ SecretId: 'shop/publish' }))).VersionIdsToStages ?? {};
const labels = async () => Object.values(await versions()).flat();
const holder = async (label: string) => Object.entries(await versions()).find(([, each]) => each.includes(label))?.[0] ?? '';
const value = async (label = 'AWSCURRENT') =>
  (await local.client.send(new GetSecretValueCommand({ SecretId: 'shop/publish', VersionStage: label }))).SecretString ?? '';

it('shows what needs a person first, and suggests a name that is near', async () => {
  const { tokens } = await json<{ tokens: { token: string; state: string }[] }>('status');
  const table = await run('status', '--state', 'empty');
  const misspelt = await run('status', 'publsh');

  expect(tokens.map(({ token, state: word }) => [token, word])).toEqual([
    ['watched', 'missing'],
    ['publish', 'empty'],
  ]);
  expect(table.out).toContain('publish');
  expect(table.out).not.toContain('watched');
  expect(misspelt).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean `publish`') });
});

it('rotates, follows it to its end, and says what comes next', async () => {
  const first = await run('rotate', 'publish', '--wait');
  const second = await run('rotate', 'publish', '--wait');

  expect(first.code, first.out + first.err).toBe(0);
  expect(second.out).toMatch(/✓ publish: the new token is current\.\n.*keyturn rollback publish/);
  expect(second.err).toContain('publish: ');
  expect(receiver.holds()).toBe(await value());
  const { tokens } = await json<{ tokens: object[] }>('status', 'publish');
  expect(tokens).toMatchObject([
    { state: 'fine', currentSince: expect.any(Number), debts: [{ waitsFor: expect.stringContaining('sweep') }] },
  ]);
});

it('answers clearly where nothing is rotated', async () => {
  const observed = await run('rotate', 'watched');
  const noneNamed = await run('rotate');
  const fleet = await run('rotate', '--all', '--provider', 'npm-registry');

  expect([observed.code, noneNamed.code, fleet.code]).toEqual([1, 1, 1]);
  expect(noneNamed.err).toContain('Name one token');
  expect(fleet.err).toContain('--yes');
});

it('goes back to the previous token, and brings every place along', async () => {
  const old = await value('AWSPREVIOUS');
  const refused = await run('rollback', 'publish');
  const { code, out, err } = await run('rollback', 'publish', '--yes');

  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--yes') });
  expect(code, err).toBe(0);
  expect(out).toContain('hook: written');
  expect(await value()).toBe(old);
  expect(receiver.holds()).toBe(old);
});

it('heals a place that holds an older token', async () => {
  const again = await json<{ healed: object[] }>('heal', 'publish');

  expect(again.healed).toMatchObject([{ dependent: 'hook', outcome: 'has it' }]);
});

it('verifies for a pipeline: 0 where all is as declared, 1 where it is not', async () => {
  const good = await run('verify', 'publish');
  const all = await run('verify', '--all');

  expect(good).toMatchObject({ code: 0, out: expect.stringContaining('✓ publish works') });
  expect(all).toMatchObject({ code: 1, out: expect.stringContaining('✗ watched') });
});

it('keeps old tokens on hold, says what they wait for, and lets go of them', async () => {
  const hold = await run('hold', 'publish', '--why', 'the audit');
  const twice = await run('hold', 'publish', '--why', 'another');
  await run('retire', 'publish');
  local.clock.move(26 * 3_600_000);
  const waiting = await run('retire', 'publish');
  const { tokens } = await json<{ tokens: object[] }>('status', 'publish');
  const released = await run('release', 'publish', '--still-used', '--yes');

  expect(hold.code, hold.err).toBe(0);
  expect(twice.out).toContain('on hold already');
  expect(waiting.out).toMatch(/waits: it is on hold since .*the audit/);
  expect(tokens).toMatchObject([{ state: 'held', hold: { why: 'the audit' } }]);
  expect(released.out).toContain('taken off: keyturn-hold/');
  expect((await labels()).filter((label) => label.startsWith('keyturn-released/'))).toHaveLength(1);
});

it('says whose a string is, and gives it away nowhere', async () => {
  const current = await value();
  const found = seen(await keyturn(['whose', '--local', state, '--json'], {}, `${current}\n`));
  const notFound = seen(await keyturn(['whose', '--local', state], {}, 'canary-of-somebody-else'));
  const old = seen(await keyturn(['whose', '--local', state], {}, await value('AWSPREVIOUS')));

  expect(found.code, found.err).toBe(0);
  expect(JSON.parse(found.out)).toMatchObject({
    found: [{ token: 'publish', use: 'current', versionId: await holder('AWSCURRENT'), owner: 'ada-lovelace' }],
    unasked: [{ token: 'watched' }],
  });
  expect(notFound.code).toBe(1);
  expect(old.out).toContain('keyturn release publish --still-used');
});

it('retires on evidence, and refuses to go back to what is dead', async () => {
  const old = await value('AWSPREVIOUS');
  let retired = await run('retire', 'publish');
  // A place may still run with an old token for a while after it was written.
  for (let hours = 1; hours < 4 && !retired.out.includes('revoked'); hours += 1) {
    local.clock.move(3_600_000);
    retired = await run('retire', 'publish');
  }
  const rollback = await run('rollback', 'publish', '--yes');
  const dead = seen(await keyturn(['whose', '--local', state], {}, old));

  expect(retired.out).toContain('revoked, and proven dead');
  expect(rollback).toMatchObject({ code: 1, err: expect.stringContaining('was revoked, or was never ours') });
  expect(dead).toMatchObject({ code: 0, out: expect.stringContaining('which is dead') });
});

it('says that a rotation was given up and why, and rotates again once it is released', async () => {
  isBroken = true;
  const failed = await run('rotate', 'publish', '--wait');
  const parked = await run('rotate', 'publish');
  isBroken = false;
  // Mending takes a while: of a write that was just refused nobody knows for a quarter of an hour whether a slow run still makes it.
  local.clock.move(20 * 60_000);
  const released = await run('release', 'publish');
  const { rotations } = await json<{ rotations: object[] }>('rotate', '--all', '--provider', 'npm-registry', '--yes');

  expect(failed).toMatchObject({ code: 1, out: expect.stringMatching(/given up.*refused the new token for good/) });
  expect(parked).toMatchObject({ code: 1, out: expect.stringMatching(/parked because of `dependent-failed`/) });
  expect(released.out).toContain('taken off: keyturn-parked/');
  expect(rotations).toMatchObject([
    { token: 'publish', outcome: 'promoted' },
    { token: 'watched', outcome: 'refused' },
  ]);
});

it('pauses and resumes, and does not rotate what is paused', async () => {
  const everything = await run('pause', '--why', 'a freeze');
  const paused = await run('pause', '--token', 'publish', '--why', 'a freeze', '--until', '3d');
  const rotate = await run('rotate', 'publish');
  const { tokens } = await json<{ tokens: object[] }>('status', 'publish');
  const resumed = await run('resume', '--token', 'publish');

  expect(everything.err).toContain('--yes');
  expect(paused.code, paused.err).toBe(0);
  expect(rotate).toMatchObject({ code: 1, out: expect.stringContaining('keyturn resume --token publish') });
  expect(tokens).toMatchObject([{ state: 'paused', pause: { why: 'a freeze', until: expect.any(Number) } }]);
  expect(resumed.out).toContain('goes on');
  expect((await run('resume', '--token', 'publish')).out).toContain('was not paused');
});

it('acknowledges the alerts of a token, and shows what happened to it', async () => {
  const alert: Alert = {
    id: 'rotation-failed/publish',
    code: 'dependent-failed',
    token: 'publish',
    urgency: 'now',
    message: 'publish: the hook refused the new token.',
    next: 'It is tried again.',
    fix: 'Mend the hook.',
    openedAt: 1,
    seenAt: 1,
    revision: 4,
  };
  const happened: Happened = {
    id: 'one',
    at: 1_800_000_000_000,
    what: 'token.rotated',
    token: 'publish',
    secretArn: 'arn',
    message: 'publish: the new token is current',
  };
  const shelf = async () => openFolderShelf(join(state, 'history'));
  const ledger = createLedger(shelf, { now: () => happened.at }, ['npm-registry']);
  await ledger.saveAlert(alert, undefined);
  await createTokenHistory(shelf, { now: () => happened.at }, 'npm-registry').records.record(happened);

  const acknowledged = await run('ack', 'publish', '--note', 'the key is ordered');
  const unknown = await run('ack', 'no-such-alert');
  const history = await run('history', 'publish');

  expect(acknowledged.code, acknowledged.err).toBe(0);
  expect((await ledger.alerts()).filter(({ id }) => id === alert.id)).toMatchObject([
    { revision: 5, acknowledged: { note: 'the key is ordered', by: expect.any(String) } },
  ]);
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('no alert') });
  expect(history.out).toContain('token.rotated: publish: the new token is current');
});

it('renews it from a page, which shows how far it is until it is done', async () => {
  const pages = keyturn(['console', '--local', state, '--port', '0', '--json']);
  const { url } = JSON.parse(await pages.says('}')) as { url: string };
  const { origin } = new URL(url);
  const cookie = (await fetch(url, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = async (path: string) => (await fetch(`${origin}${path}`, { headers: { cookie } })).text();
  const shown: string[] = [];
  const old = await value();

  const [, seal = ''] = /name="seal" value="([^"]+)"/.exec(await page('/tokens/publish/rotate')) ?? [];
  const begun = await fetch(`${origin}/tokens/publish/rotate`, {
    method: 'POST',
    headers: { cookie, origin },
    body: new URLSearchParams({ seal }),
  });
  shown.push(await begun.text());
  await until(async () => {
    shown.push(await page('/tokens/publish?done=rotate'));
    return (await value()) !== old && isQuiet(local, 'shop/publish');
  }, 'the rotation from the page is done');
  shown.push(await page('/tokens/publish'));
  for (const path of ['/', '/tasks', '/calendar', '/people', '/providers']) shown.push(await page(path));
  pages.kill('SIGTERM');
  seen({ ...(await pages), out: shown.join('\n') });

  expect(begun.status).toBe(200);
  expect(shown[0]).toContain('The renewal has begun');
  expect(shown.some((each) => each.includes('being renewed') && each.includes('/live.js'))).toBe(true);
  expect(shown.at(-6)).toMatch(/The current one: made [\s\S]*Old ones that still work/);
  expect(shown.at(-6)).toContain('asked for a renewal');
  expect(shown.at(-6)).toMatch(/hook: <span class="/);
});

it('says all that a person needs of a token, on a terminal and as pages', async () => {
  const folder = join(state, 'runbooks');
  const text = await run('runbook', 'publish');
  const pages = await run('runbook', '--out', folder);
  const neither = await run('runbook');
  const files = readdirSync(folder);
  seen({ code: 0, err: '', out: files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n') });

  expect(text.out).toMatch(/^# publish\n[\s\S]*Last renewed:\*\* \d{4}-/);
  expect(pages.out).toContain('2 runbooks');
  expect(files.toSorted()).toEqual(['index.html', 'publish.html', 'watched.html']);
  expect(readFileSync(join(folder, 'watched.html'), 'utf8')).toContain('It is not in the vault');
  expect(neither).toMatchObject({ code: 1, err: expect.stringContaining('Name a token') });
});

it('says what was changed in the catalog since a renewal last came to its end', async () => {
  const changed = join(state, 'changed-catalog');
  cpSync(join(state, 'catalog'), changed, { recursive: true });
  const file = join(changed, 'publish.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('/token"', '/moved"'));
  const [asItWas] = (await json<{ tokens: { changedSinceProven: string[] }[] }>('status', 'publish')).tokens;

  const [moved] = (await json<{ tokens: { changedSinceProven: string[] }[] }>('status', 'publish', '--catalog', changed)).tokens;
  const text = await run('status', 'publish', '--catalog', changed);
  const list = await run('status', '--catalog', changed);

  expect(asItWas?.changedSinceProven).toEqual([]);
  expect(moved?.changedSinceProven).toEqual(['place hook']);
  expect(text.out).toContain('Changed since it was last proven: the place hook.');
  expect(list.out).toMatch(/publish .*Changed since it was last proven: the place hook/);
  expect(list.out).toMatch(/last proven/);
});

it('has shown no value in all of this', async () => {
  const issued = [...provider.state.tokens.map(({ value: each }) => each), 'canary-of-somebody-else'];

  expect(issued.length).toBeGreaterThan(4);
  expect(findLeaks(printed.map(({ out, err }) => out + err).join('\n'), issued)).toEqual([]);
});

it('says where to begin when nothing was ever served', async () => {
  const { code, err } = await keyturn(['status', '--local', join(state, 'nowhere'), '--catalog', join(state, 'catalog')]);

  expect(code).toBe(1);
  expect(err).toContain('keyturn local');
});
