// The function that tells, as it is bundled, in a process of its own, against an SNS on loopback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleHandlers } from '../../lib/bundle.ts';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/functions.ts';
import { createMailService } from '../../lib/local/mail-service.ts';
import { cause, createSweeps, directory } from '../alerts/setup.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-notify-'));
const mail = createMailService();
let endpoint: AwsEndpoint;
let host: FunctionHost;
const logged: string[] = [];

beforeAll(async () => {
  endpoint = await openAwsEndpoint({ services: {}, fallback: (request) => mail.answer(request) });
  await bundleHandlers(folder, { local: { awsEndpoint: endpoint.url, stateFolder: folder, loopback: {} } });
  writeFileSync(join(folder, 'directory.json'), JSON.stringify(directory));
  const environment = {
    KEYTURN_DIRECTORY_FILE: join(folder, 'directory.json'),
    KEYTURN_PEOPLE_TOPIC: mail.topicArn,
    KEYTURN_OPERATORS_TOPIC: `${mail.topicArn}-none`,
  };
  host = createFunctionHost({
    region: 'us-east-1',
    accountId: '000000000000',
    functions: [{ name: 'keyturn-notify', file: join(folder, 'notify.mjs'), environment, timeoutSeconds: 30 }],
    onLog: (_, line) => logged.push(line),
  });
});
afterAll(async () => {
  host.close();
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

const onTheBus = ({ type, detail }: { type: string; detail: unknown }) => ({ source: 'keyturn', 'detail-type': type, detail });

it('invites on its schedule, and then tells what is on the bus', async () => {
  const { sweep, events } = createSweeps();
  await sweep([cause('npm')]);

  const invited = await host.invoke('keyturn-notify', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  for (const address of mail.invitations) mail.confirm(address);
  const told = await host.invoke('keyturn-notify', onTheBus(events[0] ?? { type: '', detail: {} }));

  expect(invited).toEqual({ ok: true, payload: { invited: 3, pending: 0 } });
  expect(told).toEqual({ ok: true, payload: { delivered: 1 } });
  expect(mail.letters.map(({ to, subject }) => [to, subject])).toEqual([
    ['ada@example.com', '[Keyturn, now] The rotation of npm was given up.'],
  ]);
});

it('says whom it could not reach, so that the event goes to the queue of failures', async () => {
  const { sweep, events } = createSweeps();
  await sweep([cause(undefined)]);

  const told = await host.invoke('keyturn-notify', onTheBus(events[0] ?? { type: '', detail: {} }));

  expect(told).toMatchObject({
    ok: false,
    errorType: 'untold',
    errorMessage: expect.stringMatching(/did not reach the operators \(keyturn: Publish answered NotFound/),
  });
});

it.each([
  ['an event of somebody else', { source: 'somebody', 'detail-type': 'alert.opened', detail: {} }],
  ['an event of another version', onTheBus({ type: 'alert.opened', detail: { version: 2, secret: 'canary-value' } })],
  ['no event', 'canary-text'],
])('refuses %s, and shows nothing of it', async (_, event) => {
  const refused = await host.invoke('keyturn-notify', event);

  expect(refused).toMatchObject({ ok: false, errorType: 'event' });
  expect(JSON.stringify([refused, logged])).not.toContain('canary');
});
