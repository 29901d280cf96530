/**
 * Shows on a real service that a revoked token is taken for dead only when it is: Unleash goes on taking a deleted token for about a minute. The
 * real engine rotates one in an embedded Secrets Manager, retires the old one, and may not take its label off while it still works.
 * `npm run live:unleash`; it needs PostgreSQL, fetches Unleash from npm, and leaves nothing behind.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import colours from 'picocolors';
import { createSecretsManagerStore } from '../lib/aws/secrets-manager-store.ts';
import { fault } from '../lib/cli/terminal.ts';
import { cryptography } from '../lib/crypto/cryptography.ts';
import type { AwsDoor } from '../lib/engine/contract.ts';
import { createAuthorityCache, openToken } from '../lib/engine/open-token.ts';
import type { Ports } from '../lib/engine/ports.ts';
import { retire } from '../lib/engine/retire.ts';
import { rotate } from '../lib/engine/rotate.ts';
import type { Token } from '../lib/engine/token.ts';
import { createTokenHistory } from '../lib/history/history.ts';
import { createDoors } from '../lib/http/door.ts';
import { transport } from '../lib/http/transport.ts';
import { openFolderShelf } from '../lib/local/folder-shelf.ts';
import { createRotationDriver } from '../lib/local/secrets-manager/rotation.ts';
import { createSecretsManager } from '../lib/local/secrets-manager/service.ts';
import { inProcessClient } from '../lib/testing/in-process.ts';
import { startUnleash } from './live/unleash.ts';
import { unleash } from './live/unleash-rotator.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-unleash';
const overlapHours = 1;

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const service = await startUnleash(stopping.signal, say);
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-live-'));
  try {
    return await prove(service.scope as { url: string }, service.authority as { value: string }, folder);
  } finally {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prove(scope: { url: string }, authority: { value: string }, folder: string): Promise<number> {
  let aheadMilliseconds = 0;
  const clock = { now: () => Date.now() + aheadMilliseconds, sleep: (milliseconds: number) => setTimeout(milliseconds) };
  const secretsManager = createSecretsManager({ clock, random: Math.random, functionExists: () => true });
  const client = inProcessClient(
    (operation, input) => secretsManager.call(operation, input),
    async (_operation, _input, effect) => effect(),
  );
  const { history, records } = createTokenHistory(async () => openFolderShelf(folder), clock, 'unleash');
  const ports: Ports = {
    store: createSecretsManagerStore({ client, once: client }, clock),
    history,
    records,
    clock,
    random: (count) => randomBytes(count),
    http: createDoors({
      fetch: transport,
      clock,
      random: (count) => randomBytes(count),
      remaining: () => 300_000,
      loopback: {},
    }),
    aws: () => client as unknown as AwsDoor,
    crypto: cryptography,
    log: () => {},
    tell: async () => {},
    remaining: () => 300_000,
  };
  const token: Token = {
    name: 'flags',
    secret: 'app/flags',
    provider: 'unleash',
    scope,
    authority: 'keyturn/authorities/unleash',
    value: { format: 'text' },
    mode: 'retire',
    exclusive: false,
    overlapHours,
    quietHours: 0,
    expect: {},
    dependents: [],
    checks: [],
  };
  const create = (Name: string, value?: object) =>
    secretsManager.call('CreateSecret', {
      Name,
      ClientRequestToken: randomUUID(),
      ...(value === undefined ? {} : { SecretString: JSON.stringify(value) }),
    }).ARN;
  create('keyturn/authorities/unleash', authority);
  const arn = create(token.secret);
  const registry = { rotator: async () => unleash, dependent: async () => undefined };
  const open = () => openToken(ports, registry, createAuthorityCache(), token);
  const errors: unknown[] = [];
  const driver = createRotationDriver(secretsManager, {
    async invoke(_arn, { Step, SecretId, ClientRequestToken }) {
      try {
        await rotate(await open(), Step, { secretArn: SecretId, clientRequestToken: ClientRequestToken, functionArn });
        return { ok: true };
      } catch (error) {
        errors.push(error);
        return { ok: false, errorMessage: 'failed' };
      }
    },
  });
  const rotated = async () => {
    secretsManager.call('RotateSecret', { SecretId: arn, ClientRequestToken: randomUUID(), RotationLambdaARN: functionArn });
    const isUnderway = () => secretsManager.setting.state.get(arn)?.rotation?.run?.active === true;
    for (let tries = 0; tries < 20 && (tries === 0 || isUnderway()); tries += 1) await driver.advance(arn);
    if (isUnderway()) throw errors.at(-1);
    return String(secretsManager.call('GetSecretValue', { SecretId: arn }).SecretString);
  };

  const old = await rotated();
  aheadMilliseconds += 1000; // so that the next version is of another second
  const current = await rotated();
  say('a token was rotated: both work', (await statusOf(scope, old)) === 200 && (await statusOf(scope, current)) === 200);
  await retire(await open(), arn); // stamps
  aheadMilliseconds += (overlapHours + 2) * 3_600_000;

  const isDebt = () =>
    JSON.stringify(secretsManager.call('DescribeSecret', { SecretId: arn }).VersionIdsToStages).includes('keyturn-since');
  const startedAt = Date.now();
  let tookMilliseconds = 0;
  let isKeptWhileAlive = true;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const wasDebt = isDebt();
      const isAlive = (await statusOf(scope, old)) === 200;
      if (isAlive) tookMilliseconds = Date.now() - startedAt;
      if (isAlive && !wasDebt) isKeptWhileAlive = false;
      await setTimeout(1000);
    }
  })();
  let sweeps = 0;
  let outcome = 'waits';
  for (; sweeps < 10 && outcome !== 'revoked'; sweeps += 1) {
    const [result] = await retire(await open(), arn);
    outcome = result?.outcome ?? 'nothing';
    say(
      `sweep ${sweeps + 1} after ${seconds(Date.now() - startedAt)} s: ${result !== undefined && 'why' in result ? result.why : outcome}`,
    );
  }
  isOver = true;
  await watching;
  const holds = [
    [`Unleash went on taking the deleted token for ${seconds(tookMilliseconds)} s`, tookMilliseconds > 5000],
    ['its label stayed for as long as it was taken', isKeptWhileAlive],
    [
      'in the end it is proven dead, and its label is off',
      outcome === 'revoked' && !isDebt() && (await statusOf(scope, old)) === 401,
    ],
    ['the current one works', (await statusOf(scope, current)) === 200],
  ] as const;
  for (const [what, isTrue] of holds) say(what, isTrue);
  return holds.every(([, isTrue]) => isTrue) ? 0 : 1;
}

async function statusOf({ url }: { url: string }, value: string): Promise<number> {
  const answer = await fetch(`${url}/api/client/features`, { headers: { authorization: value } });
  await answer.body?.cancel();
  return answer.status;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}

function say(what: string, isTrue?: boolean): void {
  const sign = isTrue === undefined ? colours.dim('·') : isTrue ? colours.green('✓') : colours.red('✗');
  process.stdout.write(`${sign} ${what}\n`);
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${fault(error)}\n`);
    process.exit(1);
  },
);
