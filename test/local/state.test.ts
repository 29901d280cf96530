import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, expect, it } from 'vitest';
import { createEventBridgeTeller } from '../../lib/aws/event-bridge.ts';
import { openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { createMovableClock } from '../../lib/local/clock.ts';
import { type BusEvent, eventBusService } from '../../lib/local/event-bus.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf';

it('moves the clock for everybody who shares the folder, and after a restart', () => {
  const one = createMovableClock(folder);
  const other = createMovableClock(folder);

  one.move(48 * 3_600_000);

  expect(other.now() - Date.now()).toBeGreaterThan(47 * 3_600_000);
  expect(createMovableClock(folder).now() - Date.now()).toBeGreaterThan(47 * 3_600_000);
});

it('takes events as EventBridge does: a 200 with the failures inside', async () => {
  const events: BusEvent[] = [];
  const endpoint = await openAwsEndpoint({ services: { AWSEvents: eventBusService((event) => events.push(event)) } });
  const configuration = { region: 'us-east-1', endpoint: endpoint.url };
  const client = new EventBridgeClient({ ...configuration, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const good = { Source: 'keyturn', DetailType: 'token.rotated', Detail: '{"a":1}' };
  const put = (Entries: object[]) => client.send(new PutEventsCommand({ Entries }));

  const mixed = await put([good, { ...good, Detail: '[1]' }, { ...good, Source: undefined }]);

  expect(mixed.FailedEntryCount).toBe(2);
  expect(mixed.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'MalformedDetail', 'InvalidArgument']);
  expect(events).toEqual([{ source: 'keyturn', detailType: 'token.rotated', detail: { a: 1 } }]);
  await expect(put(Array(11).fill(good))).rejects.toMatchObject({ name: 'ValidationException' });
  await endpoint.close();
});

it('puts a happening on the bus, and throws where the bus does not take it', async () => {
  const events: BusEvent[] = [];
  const service = eventBusService((event) => events.push(event));
  const picky = { handle: async () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] }) };
  const endpoint = await openAwsEndpoint({ services: { AWSEvents: service } });
  const refusing = await openAwsEndpoint({ services: { AWSEvents: picky } });
  process.env.AWS_ACCESS_KEY_ID = 'a';
  process.env.AWS_SECRET_ACCESS_KEY = 'b';
  const clock = { now: () => 1_764_000_000_000, sleep: async () => {} };
  const happening = { what: 'token.rotated', token: 't', secretArn: arn, message: 'm' } as const;

  await createEventBridgeTeller({ region: 'us-east-1', endpoint: endpoint.url }, 'keyturn', clock)(happening);
  const failing = createEventBridgeTeller({ region: 'us-east-1', endpoint: refusing.url }, 'keyturn', clock)(happening);

  await expect(failing).rejects.toThrow('did not take');
  expect(events).toMatchObject([
    {
      source: 'keyturn',
      detailType: 'token.rotated',
      detail: { version: 1, id: expect.stringMatching(/^evt_/), at: '2025-11-24T16:00:00.000Z', token: 't', message: 'm' },
    },
  ]);
  await endpoint.close();
  await refusing.close();
});
