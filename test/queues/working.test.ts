// Goal: a message is done with, comes again, or is given up, and never for ever; whatever stands in it.
import { expect, it } from 'vitest';
import { RotationError } from '../../lib/engine/errors.ts';
import { mostGenerations, restOf, within } from '../../lib/engine/hand-on.ts';
import { reconcile } from '../../lib/engine/reconcile.ts';
import { readMessages, workOff } from '../../lib/function/messages.ts';
import type { Invocation } from '../../lib/local/functions.ts';
import { createLocalQueues } from '../../lib/local/queues.ts';
import { createStory } from '../engine/setup.ts';

const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:shop/lamp-AbCdEf';
const job = (name: string) => JSON.stringify({ Job: name, SecretId: secretArn });
const failure = (code: 'limited' | 'authority' | 'not-ours') => new RotationError(code, `lamp: ${code}`, { fix: 'Wait.' });

/** Works off messages of these texts, where jobs end as they are told to. */
async function work(bodies: readonly string[], act: (kind: string) => void) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const done: string[] = [];
  const answer = await workOff(
    bodies.map((body, index) => ({ messageId: `m${index}`, body })),
    async ({ kind }) => {
      act(kind);
      done.push(kind);
    },
    { log: (entry) => lines.push(entry as Record<string, unknown>), clock: { now: () => 5 }, installation: 'keyturn-staging' },
  );
  return { again: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), lines, done };
}

it('lets come again what may work later, and is done with what failed for good, which is counted', async () => {
  const { again, lines, done } = await work(
    [job('retire'), job('strays'), job('continue'), job('heal'), job('begin')],
    (kind) => {
      if (kind === 'strays') throw failure('limited');
      if (kind === 'continue') throw failure('authority');
      if (kind === 'heal') throw failure('not-ours');
    },
  );

  expect(again).toEqual(['m1']);
  expect(done).toEqual(['retire', 'begin']);
  expect(lines.map(({ event, code, state }) => [event, code, state])).toEqual([
    ['job.again', 'limited', 'strays'],
    ['job.failed', 'authority', 'continue'],
    ['job.failed', 'not-ours', 'heal'],
  ]);
  expect(lines[1]).toMatchObject({ JobsFailed: 1, Installation: 'keyturn-staging', _aws: { Timestamp: 5 } });
  expect(lines[0]).not.toHaveProperty('JobsFailed');
});

it.each([
  ['no JSON', 'canary {'],
  ['no job', '{}'],
  ['a job that is not known', job('delete')],
  ['a step of a rotation', JSON.stringify({ Step: 'createSecret', SecretId: secretArn, ClientRequestToken: '1'.repeat(36) })],
  ['a question, whose answer nobody would get', JSON.stringify({ Job: 'whose', SecretId: secretArn, Digest: 'a'.repeat(32) })],
])('does nothing for a message that is %s, lets it come again, and echoes nothing of it', async (_, body) => {
  const { again, lines, done } = await work([body, job('retire')], () => {});

  expect(again).toEqual(['m0']);
  expect(done).toEqual(['retire']);
  expect(lines).toMatchObject([{ event: 'job.again', code: 'event' }]);
  expect(JSON.stringify(lines)).not.toMatch(/canary|delete|createSecret/);
});

it('takes the events of queues for messages, and nothing else', () => {
  const record = { messageId: 'one', body: 'text', eventSource: 'aws:sqs' };

  expect(readMessages({ Records: [record] })).toMatchObject([{ messageId: 'one', body: 'text' }]);
  for (const event of [undefined, {}, { Records: [] }, { Records: [{ ...record, eventSource: 'aws:sns' }] }, { Job: 'retire' }])
    expect(readMessages(event)).toBeUndefined();
});

/** The queues of a laptop with a function that answers as it is told to. */
function createQueue(answer: (messageId: string, receives: number) => Invocation) {
  let now = 0;
  const givenUp: string[] = [];
  const received: number[] = [];
  const queues = createLocalQueues({
    accountId: '000000000000',
    region: 'us-east-1',
    clock: { now: () => now },
    exists: () => true,
    invoke: async (_, event) => {
      const [{ messageId, attributes }] = (
        event as { Records: [{ messageId: string; attributes: { ApproximateReceiveCount: string } }] }
      ).Records;
      received.push(Number(attributes.ApproximateReceiveCount));
      return answer(messageId, received.length);
    },
    onGivenUp: (_, body) => givenUp.push(body),
  });
  const input = { QueueUrl: 'http://127.0.0.1/0/keyturn-rotate-x', Entries: [{ Id: '0', MessageBody: 'poison' }] };
  return {
    givenUp,
    received,
    async send() {
      await queues.service.handle('SendMessageBatch', input, { requestId: '', headers: {} });
    },
    async later(minutes: number) {
      now += minutes * 60_000;
      queues.tick();
      await new Promise(setImmediate);
    },
  };
}

it.each<[string, (messageId: string) => Invocation]>([
  ['fails', () => ({ ok: false, errorType: 'Sandbox.Timedout', errorMessage: '' })],
  ['says that it is to come again', (itemIdentifier) => ({ ok: true, payload: { batchItemFailures: [{ itemIdentifier }] } })],
])('hands a message over three times, hidden in between, and gives it up, where the function %s', async (_, answer) => {
  const queue = createQueue(answer);

  await queue.send();
  await queue.later(5);
  expect(queue.received).toEqual([1]);
  for (let round = 0; round < 5; round += 1) await queue.later(12);

  expect(queue.received).toEqual([1, 2, 3]);
  expect(queue.givenUp).toEqual(['poison']);
});

it('hands a message over once where the function is done with it, and again where only that went wrong', async () => {
  const queue = createQueue((_, receives) =>
    receives === 1 ? { ok: false, errorType: 'x', errorMessage: '' } : { ok: true, payload: { batchItemFailures: [] } },
  );

  await queue.send();
  for (let round = 0; round < 5; round += 1) await queue.later(12);

  expect(queue.received).toEqual([1, 2]);
  expect(queue.givenUp).toEqual([]);
});

/** Sweeps a fleet of which each run has time for so many tokens and the ten that are under way, until nothing is handed on any more. */
async function sweepAll(count: number, suffices: number) {
  const story = createStory();
  const all = Array.from({ length: count }, (_, index) => `token-${String(index).padStart(3, '0')}`).reverse();
  const more = {
    provider: 'x',
    mode: 'retire',
    overlapHours: 1,
    longestHours: 720,
    isAssisted: false,
    owner: 'ada',
    backup: 'bob',
  } as const;
  const fleet = all.map((name) => ({ ...more, name, secret: name }));
  const ledger = { healths: async () => [], pauses: story.ports.records.pauses };
  const seen: string[] = [];
  let runs = 0;
  for (let rest: ReturnType<typeof restOf> = { from: '', generation: 0 }; rest !== undefined; runs += 1) {
    let looks = 0;
    const store: typeof story.ports.store = {
      ...story.ports.store,
      async *list() {}, // it lags, as it may
      describe: async (name) => {
        seen.push(name);
        return story.ports.store.describe(story.arn);
      },
    };
    const remaining = () => {
      looks += 1;
      return looks > suffices ? 0 : 300_000;
    };
    const ports = { ...story.ports, store, remaining, ledger };
    const { left } = await reconcile(ports, within(fleet, rest.from), { gone: new Set(), warnDays: [] }, async () => {});
    rest = restOf(left, rest.generation);
  }
  return { runs, seen, all };
}

it('looks at every token once, over as many runs as it takes', async () => {
  const { runs, seen, all } = await sweepAll(120, 40);

  expect(runs).toBe(3);
  expect(seen.sort()).toEqual([...all].sort());
});

it('ends, even where no time ever suffices', async () => {
  const { runs, seen, all } = await sweepAll(200, 0);

  expect(runs).toBe(mostGenerations + 1);
  expect(runs).toBeLessThan(16); // where Lambda would take it for a loop
  expect(seen.length).toBeLessThan(all.length);
});

it('goes on with what is in the catalog by then', () => {
  const rest = restOf(['lamp', 'gate'], 0);
  const names = within(
    ['zoo', 'lamp', 'fern', 'hall'].map((name) => ({ name })),
    rest?.from,
  ).map(({ name }) => name);

  expect(rest).toEqual({ from: 'gate', generation: 1 });
  expect(names).toEqual(['hall', 'lamp', 'zoo']);
});
