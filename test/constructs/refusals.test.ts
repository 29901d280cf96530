import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readContext } from '../../lib/constructs/context.ts';
import { CatalogRefused, prepare } from '../../lib/constructs/prepare.ts';
import { root, run } from '../checkout.ts';
import { fleetRegistry, tokenFile } from './fleet.ts';
import { account, catalogOf, codeFolder, region, synthesize } from './setup.ts';

const plain = (provider: string, secret: string) => tokenFile(provider, secret);
const scheduled = (schedule: string, secret: string, more = '') =>
  tokenFile('lantern-1', secret, more).replace('schedule: { everyDays: 30 }', `schedule: ${schedule}`);

it('refuses everything that could not work, with file and line, all at once', async () => {
  const folder = catalogOf({
    'account.yaml': plain('lantern-1', `arn:aws:secretsmanager:${region}:999999999999:secret:shop/x-AbCdEf`),
    'region.yaml': plain('lantern-1', `arn:aws:secretsmanager:us-east-1:${account}:secret:shop/y-AbCdEf`),
    'role.yaml': tokenFile(
      'lantern-1',
      'shop/role',
      'dependents: [{ name: x, kind: aws-secrets-manager-secret, target: { secret: x }, via: "arn:aws:iam::999999999999:role/x" }]\n',
    ),
    'same-1.yaml': plain('lantern-1', 'shop/same'),
    'same-2.yaml': plain('lantern-2', 'shop/same'),
    'often.yaml': scheduled('{ everyHours: 3 }', 'shop/often'),
    'minutes.yaml': scheduled('{ cron: "30 8 * * ? *" }', 'shop/minutes'),
    'overlap.yaml': scheduled('{ everyDays: 1 }', 'shop/overlap', 'overlapHours: 720\n'),
    'bell.yaml': tokenFile(
      'lantern-1',
      'shop/bell',
      'dependents: [{ name: bell, kind: webhook, target: { url: https://bell.example.com/ } }]\n',
    ),
    'new-arn.yaml': tokenFile('lantern-1', `arn:aws:secretsmanager:${region}:${account}:secret:shop/z-AbCdEf`, 'adopt: false\n'),
  });

  const refusal = await prepare({ catalog: folder, account, region, registry: fleetRegistry(), codeFolder }).catch(
    (error) => error,
  );

  expect(refusal).toBeInstanceOf(CatalogRefused);
  const problems = (refusal as CatalogRefused).problems;
  const told = problems.map(({ file, line, code }) => `${file.split('/').at(-1)}:${line} ${code}`);
  expect(told).toEqual([
    'account.yaml:13 unknown-account',
    'bell.yaml:15 no-authority',
    'minutes.yaml:14 schedule',
    'new-arn.yaml:15 not-adopted',
    'often.yaml:14 range',
    'overlap.yaml:14 too-many-retiring',
    'region.yaml:13 other-region',
    'role.yaml:15 unknown-account',
    'same-2.yaml:13 same-secret',
  ]);
  for (const { file, line } of problems) expect(String(refusal)).toContain(`${file}:${line}`);
  expect(readdirSync(folder)).not.toContain('stacks.generated.json');
});

it('ends synth with the list of faults, and no trace of a program', async () => {
  const folder = catalogOf({ 'often.yaml': scheduled('{ everyHours: 3 }', 'shop/often').replace('lantern-1', 'sendgrid') });
  const context = JSON.stringify({ 'keyturn:catalog': folder });

  const { code, out } = await run(`CDK_CONTEXT_JSON='${context}' node --import tsx bin/app.ts`, root);

  expect(code).toBe(1);
  expect(out).toMatch(/often\.yaml:14/);
  expect(out).not.toMatch(/\n {4}at |node:internal/);
}, 30_000);

it('does not know any account before it is told one', async () => {
  const folder = catalogOf({ 'x.yaml': plain('lantern-1', `arn:aws:secretsmanager:${region}:${account}:secret:shop/x-AbCdEf`) });

  const unknown = prepare({ catalog: folder, registry: fleetRegistry(), codeFolder });

  await expect(unknown).rejects.toThrow(/Say which account is deployed to/);
});

it('takes a catalog that names none without knowing where it is deployed', async () => {
  const { main } = await synthesize({ 'x.yaml': plain('lantern-1', 'shop/x') }, {
    account: undefined,
    region: undefined,
  } as object);

  expect(JSON.stringify(main.toJSON())).toContain('AWS::AccountId');
});

it('takes a place that cannot be read back, for the functions keep receipts of what they wrote there', async () => {
  const ci =
    'dependents: [{ name: ci, kind: github-actions, target: { level: repository, repository: acme/web, secret: TOKEN }, authority: keyturn/authorities/github }]\n';

  const { of, prepared } = await synthesize({ 'actions.yaml': tokenFile('lantern-1', 'shop/actions', ci) });

  expect(prepared.warnings).toEqual([]);
  const [rotator] = Object.values(of('AWS::Lambda::Function'));
  expect(rotator?.Properties.Environment.Variables).toHaveProperty('KEYTURN_TABLE');
});

it('refuses names that AWS would', async () => {
  const files = { 'x.yaml': plain('lantern-1', 'shop/x') };

  await expect(synthesize(files, { prefix: 'Key turn' })).rejects.toMatchObject({ code: 'catalog' });
  await expect(synthesize(files, { prefix: 'a'.repeat(21) })).rejects.toMatchObject({ code: 'catalog' });
});

it('reads settings from the context, and an environment’s before those of all', () => {
  const context = {
    'keyturn:catalog': 'tokens',
    'keyturn:alarmsEmail': 'ops@example.com',
    'keyturn:subnetIds': 'subnet-a, subnet-b',
    'keyturn:logRetentionDays': '365',
    'keyturn:environments': { staging: { alarmsEmail: 'staging@example.com', account: '222222222222' } },
    '@aws-cdk/core:anything': true,
  };

  expect(readContext(context)).toEqual({
    catalog: 'tokens',
    alarmsEmail: 'ops@example.com',
    subnetIds: ['subnet-a', 'subnet-b'],
    logRetentionDays: 365,
  });
  expect(readContext({ ...context, 'keyturn:environment': 'staging' })).toMatchObject({
    prefix: 'keyturn-staging',
    alarmsEmail: 'staging@example.com',
    account: '222222222222',
    logRetentionDays: 365,
  });
  expect(
    readContext({
      'keyturn:localEndpoint': 'http://127.0.0.1:1',
      'keyturn:localHosts': '{"a.example":"http://127.0.0.1:2"}',
      'keyturn:localStateFolder': '/state',
    }),
  ).toMatchObject({
    localEndpoint: { url: 'http://127.0.0.1:1', hosts: { 'a.example': 'http://127.0.0.1:2' }, stateFolder: '/state' },
  });
});

it.each([
  ['an unknown setting', { 'keyturn:alarmEmail': 'ops@example.com' }, 'keyturn:alarmEmail'],
  ['a malformed one', { 'keyturn:account': 'canary' }, 'keyturn:account'],
  [
    'one in an environment',
    { 'keyturn:environments': { a: { logRetentionDays: 'canary' } } },
    'keyturn:environments.a.logRetentionDays',
  ],
  ['an environment that is not there', { 'keyturn:environment': 'canary' }, 'keyturn:environment'],
  ['hosts that are no JSON', { 'keyturn:localHosts': '{canary' }, 'keyturn:localHosts'],
  ['environments that are no JSON', { 'keyturn:environments': '{canary' }, 'keyturn:environments'],
])('refuses %s by name and without its value', (_, context, name) => {
  const refusal = (() => {
    try {
      return readContext(context);
    } catch (error) {
      return error;
    }
  })();

  expect(refusal).toMatchObject({ code: 'catalog', message: expect.stringContaining(name) });
  expect(String((refusal as Error).message)).not.toContain('canary');
});
