import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, expect, it } from 'vitest';
import { openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { createFunctionHost } from '../../lib/local/functions.ts';
import { invokeRoute } from '../../lib/local/lambda-route.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-functions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function createHost(body: string, timeoutSeconds = 20) {
  const file = join(folder, `${crypto.randomUUID()}.mjs`);
  writeFileSync(file, `export const handler = async (event, context) => { ${body} };`);
  const lines: string[] = [];
  const host = createFunctionHost({
    region: 'eu-west-1',
    accountId: '111111111111',
    functions: [{ name: 'thing', file, environment: { GIVEN: 'yes' }, timeoutSeconds }],
    onLog: (name, line) => lines.push(`${name}: ${line}`),
  });
  return { host, lines };
}

it('runs a handler with what Lambda gives it, and nothing of the process that started it', async () => {
  process.env.KEYTURN_TEST_LEAK = 'canary-of-the-parent';
  const { host, lines } = createHost(
    'console.log("a line"); return { event, arn: context.invokedFunctionArn, env: process.env }',
  );

  const result = await host.invoke('thing', { a: 1 });
  await expect.poll(() => lines).toEqual(['thing: a line']); // a log has a way of its own, and may come after the answer
  host.close();
  delete process.env.KEYTURN_TEST_LEAK;

  expect(result).toMatchObject({
    ok: true,
    payload: { event: { a: 1 }, arn: 'arn:aws:lambda:eu-west-1:111111111111:function:thing' },
  });
  expect(result).toMatchObject({
    payload: { env: { GIVEN: 'yes', AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'thing' } },
  });
  expect(JSON.stringify(result)).not.toContain('canary');
});

it('keeps a process warm, and starts another for an event that comes meanwhile', async () => {
  const { host } = createHost('await new Promise((go) => setTimeout(go, event.wait)); return process.pid');

  const [first, second] = await Promise.all([host.invoke('thing', { wait: 200 }), host.invoke('thing', { wait: 200 })]);
  const third = await host.invoke('thing', { wait: 0 });
  host.close();

  expect(first).not.toEqual(second);
  expect([first, second]).toContainEqual(third);
});

it('tells of an exception, of a process that ends, and of one that does not end', async () => {
  const { host } = createHost(
    'if (event.exit) process.exit(1); if (event.hang) await new Promise(() => {}); throw new RangeError("no")',
    1,
  );

  expect(await host.invoke('thing', {})).toEqual({ ok: false, errorType: 'RangeError', errorMessage: 'no' });
  expect(await host.invoke('thing', { exit: true })).toMatchObject({ ok: false });
  expect(await host.invoke('thing', { hang: true })).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' });
  expect(await host.invoke('thing', {})).toMatchObject({ errorType: 'RangeError' });
  expect(await host.invoke('nobody', {})).toMatchObject({ ok: false, errorType: 'ResourceNotFoundException' });
  host.close();
});

it("answers the real SDK's Invoke: waited for, or taken at once", async () => {
  const { host, lines } = createHost('console.log("ran"); if (event.fail) throw new RangeError("no"); return { got: event }');
  const endpoint = await openAwsEndpoint({ services: {}, routes: [invokeRoute(host)] });
  const client = new LambdaClient({
    region: 'eu-west-1',
    endpoint: endpoint.url,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const invoke = (payload: object, how: 'Event' | 'RequestResponse') =>
    client.send(new InvokeCommand({ FunctionName: 'thing', InvocationType: how, Payload: Buffer.from(JSON.stringify(payload)) }));

  const waited = await invoke({ a: 1 }, 'RequestResponse');
  const failed = await invoke({ fail: true }, 'RequestResponse');
  const taken = await invoke({ a: 2 }, 'Event');
  await host.idle();

  expect(JSON.parse(Buffer.from(waited.Payload ?? []).toString())).toEqual({ got: { a: 1 } });
  expect(failed.FunctionError).toBe('Unhandled');
  expect(taken.StatusCode).toBe(202);
  expect(lines).toHaveLength(3);
  await expect(client.send(new InvokeCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  host.close();
  await endpoint.close();
});
