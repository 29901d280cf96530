// Goal: what a queue has taken is sent once, what it refused is sent again or told, and a sweep of many jobs makes few calls.
// Method: the real SDK, which checks the digest of each answer, against the queues of a laptop and one that refuses some.
import { createHash } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { openQueues } from '../../lib/aws/queues.ts';
import { type AwsEndpoint, type JsonService, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { AwsError } from '../../lib/local/aws-error.ts';
import { createLocalQueues } from '../../lib/local/queues.ts';

process.env['AWS_ACCESS_KEY_ID'] = 'a';
process.env['AWS_SECRET_ACCESS_KEY'] = 'b';
let endpoint: AwsEndpoint | undefined;
afterEach(() => endpoint?.close());

const arn = (number: number) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:shop/${number}-AbCdEf`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

async function open(service: JsonService) {
  const paused: number[] = [];
  const calls: string[] = [];
  endpoint = await openAwsEndpoint({ services: { AmazonSQS: service }, onCall: ({ outcome }) => calls.push(outcome) });
  const sleep = async (milliseconds: number) => void paused.push(milliseconds);
  // Whom the address of a queue names is nobody that answers: only the endpoint does.
  const prefix = 'https://sqs.us-east-1.amazonaws.com/000000000000/keyturn-';
  const queues = openQueues({ region: 'us-east-1', endpoint: endpoint.url, maxAttempts: 1 }, prefix, { sleep });
  return { queues, paused, calls };
}

/** The queues of a laptop, and what their functions got. */
function openLocal() {
  const got: { name: string; body: unknown }[] = [];
  const local = createLocalQueues({
    accountId: '000000000000',
    region: 'us-east-1',
    clock: { now: () => 0 },
    exists: (name) => name !== 'keyturn-rotate-nobody',
    invoke: async (name, event) => {
      const [{ body }] = (event as { Records: [{ body: string }] }).Records;
      got.push({ name, body: JSON.parse(body) });
      return { ok: true, payload: { batchItemFailures: [] } };
    },
    onGivenUp: () => {},
  });
  return { got, service: local.service };
}

/** A queue that refuses an entry so many times, and keeps what it takes. */
function refusing(refusals: (job: string) => number, isOurFault = false) {
  const calls: (readonly string[])[] = [];
  const taken: string[] = [];
  const seen = new Map<string, number>();
  const service: JsonService = {
    async handle(operation, input) {
      if (operation !== 'SendMessageBatch') throw new AwsError('UnknownOperationException', '');
      const { Entries } = input as { Entries: readonly { Id: string; MessageBody: string }[] };
      const jobs = Entries.map(({ MessageBody }) => (JSON.parse(MessageBody) as { SecretId: string }).SecretId);
      calls.push(jobs);
      const answers = Entries.map(({ Id, MessageBody }, index) => {
        const job = jobs[index] ?? '';
        seen.set(job, (seen.get(job) ?? 0) + 1);
        if ((seen.get(job) ?? 0) <= refusals(job))
          return { Id, SenderFault: isOurFault, Code: 'InternalError', Message: 'canary' };
        taken.push(job);
        return { Id, MessageId: job, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
      });
      return {
        Successful: answers.filter((each) => 'MessageId' in each),
        Failed: answers.filter((each) => !('MessageId' in each)),
      };
    },
  };
  return { service, calls, taken };
}

it('sends a job to the queue of its provider, and the rest of a sweep to that of the reconciler', async () => {
  const { got, service } = openLocal();
  const { queues } = await open(service);

  await queues.ask('lantern', { job: 'retire', secretArn: arn(1) });
  await queues.handOn({ from: 'lamp', generation: 2 });

  expect(got).toEqual([
    { name: 'keyturn-rotate-lantern', body: { Job: 'retire', SecretId: arn(1) } },
    { name: 'keyturn-reconcile', body: { Sweep: { From: 'lamp', Generation: 2 } } },
  ]);
});

it('sends ten a call, each once, and what comes meanwhile with the next', async () => {
  const { got, service } = openLocal();
  const { queues, calls } = await open(service);

  await Promise.all(numbers(25).map((number) => queues.ask('lantern', { job: 'retire', secretArn: arn(number) })));

  expect(calls).toHaveLength(3);
  expect(got.map(({ body }) => (body as { SecretId: string }).SecretId).sort()).toEqual(numbers(25).map(arn).sort());
});

it('sends again those alone that were refused, until they are taken', async () => {
  const { service, calls, taken } = refusing((job) => (job === arn(3) ? 2 : job === arn(7) ? 1 : 0));
  const { queues, paused } = await open(service);

  await Promise.all(numbers(12).map((number) => queues.ask('lantern', { job: 'strays', secretArn: arn(number) })));

  expect(calls.map((call) => call.length)).toEqual([10, 2, 1, 2]);
  expect([...taken].sort()).toEqual(numbers(12).map(arn).sort());
  expect(paused[1]).toBeGreaterThan(paused[0] ?? Number.NaN);
});

it.each([
  ['after a few times', false, 'unavailable', 4],
  ['at once, where it is our fault,', true, 'rejected', 1],
])('gives up %s what is never taken, and nothing else of the same call', async (_, isOurFault, code, count) => {
  const { service, calls, taken } = refusing((job) => (job === arn(1) ? 99 : 0), isOurFault);
  const { queues } = await open(service);

  const [first, second, third] = await Promise.allSettled(
    numbers(3).map((number) => queues.ask('lantern', { job: 'retire', secretArn: arn(number) })),
  );

  expect([first?.status, third?.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(second).toMatchObject({
    reason: { code, message: 'keyturn: the queue keyturn-rotate-lantern did not take a message' },
  });
  expect(calls).toHaveLength(count);
  expect(taken.sort()).toEqual([arn(0), arn(2)]);
});

it('tells each job of a queue that is not there, and sends those of another', async () => {
  const { got, service } = openLocal();
  const { queues } = await open(service);

  const outcomes = await Promise.allSettled([
    ...numbers(2).map((number) => queues.ask('nobody', { job: 'retire', secretArn: arn(number) })),
    queues.ask('lantern', { job: 'retire', secretArn: arn(2) }),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(outcomes[0]).toMatchObject({ reason: { code: 'rejected', message: expect.stringContaining('keyturn-rotate-nobody') } });
  expect(got).toHaveLength(1);
});
