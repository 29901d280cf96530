import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { secretsManagerService, secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { keyturn } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-calendar-'));
let endpoint: AwsEndpoint;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  const secretsManager = createSecretsManager({ clock: Date, random: secureRandom, functionExists: () => true });
  endpoint = await openAwsEndpoint({ services: { secretsmanager: secretsManagerService(secretsManager) } });
  environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const id = { ClientRequestToken: '1'.repeat(36) };
  secretsManager.call('CreateSecret', { ...id, Name: 'build/npm-publish', SecretString: 'canary-of-a-calendar' });
  secretsManager.call('RotateSecret', {
    ClientRequestToken: '2'.repeat(36),
    SecretId: 'build/npm-publish',
    RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-npm-registry',
    RotationRules: { ScheduleExpression: 'rate(30 days)' },
    RotateImmediately: false,
  });
});
afterAll(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

it('writes when the tokens of a person are rotated, by what Secrets Manager says', async () => {
  const file = join(folder, 'tokens.ics');

  const run = await keyturn(['calendar', '--person', 'tomas-okafor', '--out', file], environment);

  expect(run).toEqual({ code: 0, out: '', err: '' });
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\n[\s\S]*\r\nUID:rotation\.npm-publish@keyturn\r\n[\s\S]*END:VCALENDAR\r\n$/);
  expect(text).toContain('Tomás Okafor');
  expect(text).not.toContain('canary');
});

it('prints those of a team', async () => {
  const run = await keyturn(['calendar', '--team', 'web-platform'], environment);

  expect(run.code).toBe(0);
  expect(run.out).toContain('SUMMARY:npm-publish is rotated\r\n');
});

it.each([
  [['calendar'], 1, 'Say whose it is'],
  [['calendar', '--person', 'nobody'], 1, 'no person of this id. There are: maya-lindqvist'],
  [['calendar', '--person', 'a', '--team', 'b'], 2, 'cannot be used with'],
] as const)('refuses %j', async (args, code, sentence) => {
  const run = await keyturn(args, environment);

  expect(run.code).toBe(code);
  expect(run.err).toContain(sentence);
});
