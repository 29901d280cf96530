import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findToken, readSwept } from '../../lib/function/catalog.ts';
import { metricLine } from '../../lib/function/metrics.ts';
import { createDoors } from '../../lib/http/door.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-fixed-'));
const place = 'us-east-1:000000000000';
const arn = (name: string, where = place) => `arn:aws:secretsmanager:${where}:secret:${name}-AbCdEf`;
const functionArn = `arn:aws:lambda:${place}:function:keyturn-rotate-lantern`;

beforeEach(() => {
  const token = {
    name: 'lamp',
    secret: 'shop/lamp',
    provider: 'lantern',
    scope: {},
    value: { format: 'text' },
    mode: 'retire',
    exclusive: false,
    overlapHours: 1,
    quietHours: 1,
    expect: {},
    dependents: [],
    checks: [],
  };
  const far = { ...token, name: 'far', secret: arn('shop/far', 'us-east-1:222222222222') };
  const catalog = {
    version: 1,
    provider: 'lantern',
    hosts: ['https://api.lantern.test'],
    freezes: [],
    teams: { lamp: 'platform' },
    tokens: [token, far],
  };
  const indexed = (name: string, secret: string) => ({
    name,
    provider: 'lantern',
    secret,
    mode: 'retire',
    overlapHours: 1,
    schedule: { everyDays: 30 },
    expect: {},
    isAssisted: false,
    description: 'A lamp.',
    owner: 'ada-lovelace',
    backup: 'grace-hopper',
  });
  const alerts = { escalateHours: { now: 4, soon: 24 }, warnDays: [7], digestHour: 8, timeZone: 'UTC' };
  writeFileSync(join(folder, 'catalog.json'), JSON.stringify(catalog));
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({
      version: 1,
      people: {},
      teams: {},
      freezes: [],
      alerts,
      tokens: [indexed('lamp', 'shop/lamp'), indexed('far', far.secret)],
    }),
  );
  process.env['KEYTURN_CATALOG_FILE'] = join(folder, 'catalog.json');
  process.env['KEYTURN_INDEX_FILE'] = join(folder, 'index.json');
});
afterEach(() => {
  delete process.env['KEYTURN_CATALOG_FILE'];
  delete process.env['KEYTURN_INDEX_FILE'];
  rmSync(join(folder, 'catalog.json'));
});

it('knows of a secret its token, its team and the hosts that were fixed', () => {
  expect(findToken(arn('shop/lamp'), functionArn)).toMatchObject({
    token: { name: 'lamp' },
    team: 'platform',
    hosts: ['https://api.lantern.test'],
  });
  expect(findToken(arn('shop/far', 'us-east-1:222222222222'), functionArn)).toMatchObject({
    token: { name: 'far' },
    team: undefined,
  });
});

it.each([
  ['that nobody knows', arn('shop/other')],
  ['of the same name in another account', arn('shop/lamp', 'us-east-1:333333333333')],
  ['of the same name in another region', arn('shop/lamp', 'eu-west-1:000000000000')],
])('refuses a secret %s, whoever pointed it at the function', (_, secret) => {
  expect(() => findToken(secret, functionArn)).toThrow(expect.objectContaining({ code: 'not-ours' }));
});

it('lets a plug-in call a host that was fixed when the catalog was deployed, and no other, whatever its facts say', async () => {
  const called: string[] = [];
  const open = (fixedHosts: readonly string[]) =>
    createDoors({
      fetch: async (address) => {
        called.push(String(address));
        return new Response('{}');
      },
      clock: { now: () => 0, sleep: async () => {} },
      random: (bytes) => new Uint8Array(bytes),
      remaining: () => 300_000,
      resolve: async () => ['93.184.215.14'],
      fixedHosts,
    })('lantern', { api: 'https://api.lantern.test', hosts: ['https://api.lantern.test'] });

  await open(['https://api.lantern.test'])('GET', '/me');
  const refused = open(['https://other.lantern.test'])('GET', '/me');

  await expect(refused).rejects.toMatchObject({ code: 'host-refused' });
  await expect(open([])('GET', '/me')).rejects.toMatchObject({ code: 'host-refused' });
  expect(called).toEqual(['https://api.lantern.test/me']);
});

it('sweeps everything on its schedule, and one token when its secret changed', () => {
  const changed = (secret: string) =>
    readSwept({ source: 'aws.secretsmanager', 'detail-type': 'Secret Label Updated', resources: [secret] });

  expect(readSwept({ source: 'aws.events' })).toMatchObject({
    isWhole: true,
    generation: 0,
    tokens: [{ name: 'far' }, { name: 'lamp' }],
  });
  expect(changed(arn('shop/lamp'))).toMatchObject({ isWhole: false, tokens: [{ name: 'lamp' }] });
  expect(changed(arn('somebody/elses'))).toMatchObject({ isWhole: false, tokens: [], providers: ['lantern'] });
});

it('goes on with a sweep that was handed on, and with nothing that only looks like one', () => {
  const message = (body: unknown) => ({
    Records: [{ eventSource: 'aws:sqs', messageId: 'one', body: typeof body === 'string' ? body : JSON.stringify(body) }],
  });

  expect(readSwept(message({ Sweep: { From: 'g', Generation: 3 } }))).toMatchObject({
    isWhole: false,
    generation: 3,
    tokens: [{ name: 'lamp' }],
  });
  for (const body of ['{}', 'no JSON', { Sweep: { From: 'g', Generation: 11 } }, { Sweep: { From: 'a"b', Generation: 1 } }])
    expect(() => readSwept(message(body))).toThrow(expect.objectContaining({ code: 'event' }));
});

it('says what a sweep counted in the form that CloudWatch takes for metrics', () => {
  const line = JSON.parse(
    metricLine(
      {
        tokens: 3,
        jobs: 2,
        failed: 1,
        left: [],
        overdue: 0,
        parked: 1,
        debt: 2,
        dead: 0,
        paused: 0,
        held: 0,
        strays: 0,
        oldestDays: 12,
        soonestExpiryDays: undefined,
      },
      false,
      'keyturn-staging',
      1_800_000_000_000,
    ),
  ) as Record<string, unknown>;

  expect(line).toMatchObject({ Installation: 'keyturn-staging', Tokens: 3, Jobs: 2, Failed: 1, Overdue: 0, Parked: 1, Debt: 2 });
  expect(line).not.toHaveProperty('SoonestExpiryDays');
  const { Timestamp, CloudWatchMetrics } = line['_aws'] as {
    Timestamp: number;
    CloudWatchMetrics: { Metrics: { Name: string }[] }[];
  };
  expect(Timestamp).toBe(1_800_000_000_000);
  for (const { Name } of CloudWatchMetrics[0]?.Metrics ?? []) expect(line[Name]).toBeTypeOf('number');
});

it('counts as not looked at whoever was left, unless another run goes on with it', () => {
  const none = { held: 0, strays: 0, oldestDays: 0, soonestExpiryDays: undefined };
  const sweep = {
    tokens: 3,
    jobs: 0,
    failed: 1,
    left: ['far', 'lamp'],
    overdue: 0,
    parked: 0,
    debt: 0,
    dead: 0,
    paused: 0,
    ...none,
  };
  const failed = (isHandedOn: boolean) => (JSON.parse(metricLine(sweep, isHandedOn, 'keyturn', 0)) as { Failed: number }).Failed;

  expect([failed(true), failed(false)]).toEqual([1, 3]);
});
