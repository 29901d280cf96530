// Goal: of what is put on the bus nothing is lost, and nothing that was taken is put again.
// Method: the real SDK against a bus on 127.0.0.1 that takes some and refuses others, with a 200 as EventBridge does.
import { afterEach, expect, it } from 'vitest';
import { happeningEvent } from '../../lib/alerts/events.ts';
import { createEventPublisher } from '../../lib/aws/event-bridge.ts';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { AwsError } from '../../lib/local/aws-error.ts';

interface Entry {
  readonly Detail: string;
  readonly DetailType: string;
}

process.env['AWS_ACCESS_KEY_ID'] = 'a';
process.env['AWS_SECRET_ACCESS_KEY'] = 'b';
let endpoint: AwsEndpoint | undefined;
afterEach(() => endpoint?.close());

/** A bus that refuses an entry so many times, and keeps what it takes. */
async function openBus(refusals: (token: string) => number) {
  const calls: (readonly string[])[] = [];
  const taken: string[] = [];
  const seen = new Map<string, number>();
  const paused: number[] = [];
  endpoint = await openAwsEndpoint({
    maximumBytes: 300_000,
    services: {
      AWSEvents: {
        async handle(_, input) {
          const entries = (input as { Entries: readonly Entry[] }).Entries;
          if (entries.length > 10) throw new AwsError('ValidationException', 'Too many.');
          const tokens = entries.map(({ Detail }) => (JSON.parse(Detail) as { token: string }).token);
          calls.push(tokens);
          const answers = tokens.map((token) => {
            seen.set(token, (seen.get(token) ?? 0) + 1);
            if ((seen.get(token) ?? 0) <= refusals(token)) return { ErrorCode: 'ThrottlingException', ErrorMessage: token };
            taken.push(token);
            return { EventId: token };
          });
          return { FailedEntryCount: answers.filter((each) => 'ErrorCode' in each).length, Entries: answers };
        },
      },
    },
  });
  const sleep = async (milliseconds: number) => void paused.push(milliseconds);
  const publish = createEventPublisher({ region: 'us-east-1', endpoint: endpoint.url }, 'keyturn', { sleep });
  return { publish, calls, taken, paused };
}

const event = (token: string, message = 'it was rotated') =>
  happeningEvent({ what: 'token.rotated', token, secretArn: 'arn', message, at: 0 }, undefined);
const names = (count: number) => Array.from({ length: count }, (_, index) => `token-${index}`);

it('puts ten at once, and asks nobody where there is nothing to tell', async () => {
  const { publish, calls } = await openBus(() => 0);

  await publish([]);
  await publish(names(25).map((name) => event(name)));

  expect(calls.map((call) => call.length)).toEqual([10, 10, 5]);
});

it('puts no more bytes at once than a call takes', async () => {
  const { publish, calls, taken } = await openBus(() => 0);

  await publish(names(4).map((name) => event(name, 'x'.repeat(100_000))));

  expect(calls.map((call) => call.length)).toEqual([2, 2]);
  expect(taken).toHaveLength(4);
});

it('puts again those alone that were refused, until they are taken', async () => {
  const { publish, calls, taken, paused } = await openBus((token) => (token === 'token-3' ? 2 : token === 'token-7' ? 1 : 0));

  await publish(names(12).map((name) => event(name)));

  expect(calls.slice(2)).toEqual([['token-3', 'token-7'], ['token-3']]);
  expect([...taken].sort()).toEqual([...names(12)].sort());
  expect(paused[1]).toBeGreaterThan(paused[0] ?? Number.NaN);
});

it('gives up after a few times, says how many were lost, and nothing of what the bus said', async () => {
  const { publish, calls, taken } = await openBus((token) => (token === 'token-1' ? 99 : 0));

  const telling = publish(names(3).map((name) => event(name)));

  await expect(telling).rejects.toMatchObject({
    code: 'unavailable',
    message: 'keyturn: the event bus did not take 1 of 3 events',
  });
  expect(calls).toHaveLength(4);
  expect(taken.sort()).toEqual(['token-0', 'token-2']);
});

it('gives the same happening the same id, and another another', () => {
  const ids = [event('a'), event('a'), event('b'), happeningEvent({ ...sample, id: 'own' }, 'platform')].map(
    ({ detail }) => detail.id,
  );

  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(3);
  expect(ids[3]).toBe('own');
});

const sample = { what: 'token.rotated', token: 'a', secretArn: 'arn', message: 'm', at: 0 } as const;
