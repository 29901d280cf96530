import { once } from 'node:events';
import { connect } from 'node:net';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { type AwsEndpoint, DROP, type FaultyCall, openAwsEndpoint, type RestRequest } from '../../lib/local/aws-endpoint.ts';
import { AwsError } from '../../lib/local/aws-error.ts';
import { openBench, token } from './secrets-manager/bench.ts';

// Goal: whatever comes in, the endpoint goes on answering, its state stays whole, and no value is shown.
// Method: every case is sent to one service that holds a canary; afterwards the canary is read again.

const canary = 'canary-4f1d0c93';

describe('hostile input', () => {
  const cases: readonly [why: string, target: string | undefined, body: string | Buffer, code: string, status?: number][] = [
    ['an unknown operation', 'secretsmanager.StealSecret', '{}', 'UnknownOperationException'],
    ['an operation called __proto__', 'secretsmanager.__proto__', '{}', 'UnknownOperationException'],
    ['an operation called constructor', 'secretsmanager.constructor', '{}', 'UnknownOperationException'],
    ['an unknown service', 'DynamoDB_20120810.GetItem', '{}', 'UnknownOperationException'],
    ['a service called __proto__', '__proto__.GetSecretValue', '{}', 'UnknownOperationException'],
    ['a target without an operation', 'secretsmanager.', '{}', 'UnknownOperationException'],
    ['a target without a full stop', 'secretsmanager', '{}', 'UnknownOperationException'],
    ['no target', undefined, '{}', 'UnknownOperationException', 404],
    ['no body', 'secretsmanager.GetSecretValue', '', 'ValidationException'],
    ['broken JSON', 'secretsmanager.GetSecretValue', `{"SecretId": "${canary}`, 'SerializationException'],
    ['bytes that are no UTF-8', 'secretsmanager.GetSecretValue', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'SerializationException'],
    ['null', 'secretsmanager.GetSecretValue', 'null', 'SerializationException'],
    ['a list', 'secretsmanager.GetSecretValue', '[{"SecretId":"kept"}]', 'SerializationException'],
    ['a string', 'secretsmanager.GetSecretValue', '"kept"', 'SerializationException'],
    ['a number for a name', 'secretsmanager.GetSecretValue', '{"SecretId":7}', 'SerializationException'],
    ['a list for a name', 'secretsmanager.GetSecretValue', '{"SecretId":["kept"]}', 'SerializationException'],
    ['a word for a list', 'secretsmanager.TagResource', '{"SecretId":"kept","Tags":"all"}', 'SerializationException'],
    ['a fraction for a number', 'secretsmanager.ListSecrets', '{"MaxResults":1.5}', 'SerializationException'],
    ['no base64', 'secretsmanager.CreateSecret', '{"Name":"x","SecretBinary":"*"}', 'SerializationException'],
    ['a prototype for a name', 'secretsmanager.GetSecretValue', '{"__proto__":{"SecretId":"kept"}}', 'ValidationException'],
    ['a line break in a name', 'secretsmanager.GetSecretValue', '{"SecretId":"kept\\nkept"}', 'ValidationException'],
    [
      'a name of a million letters',
      'secretsmanager.GetSecretValue',
      `{"SecretId":"${'x'.repeat(1_000_000)}"}`,
      'ValidationException',
    ],
    [
      'ten thousand levels',
      'secretsmanager.GetSecretValue',
      `{"SecretId":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      'SerializationException',
    ],
    ['half a million brackets', 'secretsmanager.GetSecretValue', '['.repeat(500_000), 'SerializationException'],
    ['ten megabytes', 'secretsmanager.GetSecretValue', 'x'.repeat(10_000_000), 'RequestEntityTooLargeException', 413],
    [
      'another account and partition',
      'secretsmanager.GetSecretValue',
      '{"SecretId":"arn:aws-cn:secretsmanager:us-east-1:1:secret:kept"}',
      'ResourceNotFoundException',
    ],
    [
      'the ARN of another service',
      'secretsmanager.GetSecretValue',
      '{"SecretId":"arn:aws:lambda:us-east-1:000000000000:function:f"}',
      'ValidationException',
    ],
  ];

  it.each(cases)('%s is refused by name, and changes nothing', async (_, target, body, code, status = 400) => {
    const bench = await openBench();
    await bench.create('kept', { SecretString: canary });
    const before = bench.secretsManager.fingerprint();

    const headers: Record<string, string> = target === undefined ? {} : { 'x-amz-target': target };
    const answer = await fetch(bench.url, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    const text = await answer.text();

    expect({ status: answer.status, code: JSON.parse(text).__type }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(text).not.toContain(canary);
    expect(text.length).toBeLessThan(2000);
    expect(bench.secretsManager.fingerprint()).toBe(before);
    expect(await bench.value('kept')).toBe(canary);
    expect(({} as Record<string, unknown>)['SecretId']).toBeUndefined();
    await bench.close();
  });

  it('a value of the wrong form is refused without being shown', async () => {
    const bench = await openBench();
    for (const input of [
      { SecretString: [canary] },
      { SecretString: canary, SecretBinary: `*${canary}` },
      { SecretString: canary.repeat(6000) },
    ]) {
      const { text } = await bench.raw('CreateSecret', { Name: 'n', ClientRequestToken: token('a'), ...input });
      expect(text).toContain('Exception');
      expect(text).not.toContain(canary);
    }
    expect(JSON.stringify(bench.calls)).not.toContain(canary);
  });

  it('other methods and paths are not found, even strange ones', async () => {
    const { url } = await openBench();
    for (const path of ['/', '//', '/%', '/..%2f..', '/2015-03-31/functions/f/invocations', '/?a=%']) {
      const answer = await fetch(url + path);
      expect(answer.status).toBe(404);
    }
    const put = await fetch(url, { method: 'PUT', headers: { 'x-amz-target': 'secretsmanager.ListSecrets' }, body: '{}' });
    expect(put.status).toBe(400);
  });

  it('connections that stop in the middle, send noise or close their half do no harm', async () => {
    const bench = await openBench();
    await bench.create('kept', { SecretString: canary });
    const port = Number(new URL(bench.url).port);
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: secretsmanager.PutSecretValue\r\nContent-Length: 200\r\n\r\n';
    const beginnings = ['', 'GARBAGE\r\n\r\n', 'GET', head, `${head}{"SecretId":"kept","SecretSt`];

    for (const beginning of beginnings) {
      const cut = connect(port, '127.0.0.1');
      cut.write(beginning);
      await once(cut, 'connect');
      cut.destroy();
      const halfClosed = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      halfClosed.end(beginning);
      halfClosed.resume();
      await once(halfClosed, 'close');
    }

    expect(await bench.value('kept')).toBe(canary);
    expect(bench.calls.map(({ operation }) => operation)).toEqual(['CreateSecret', 'GetSecretValue']);
  });

  it('a body that never ends is cut off', async () => {
    const endpoint = await openAwsEndpoint({ services: {}, requestTimeoutMilliseconds: 50 });
    const slow = connect(endpoint.port, '127.0.0.1');
    slow.write('POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: a.B\r\nContent-Length: 200\r\n\r\n{');
    slow.resume();

    await once(slow, 'close');

    await endpoint.close();
  });

  it('a thousand parallel calls are all answered, and of a thousand parallel moves of one label one succeeds', async () => {
    const bench = await openBench();
    const { secretsManager } = bench;
    const { ARN } = await bench.create('kept', { ClientRequestToken: token('a') });
    for (const id of ['b', 'c']) {
      secretsManager.call('PutSecretValue', {
        SecretId: ARN,
        SecretString: id,
        ClientRequestToken: token(id),
        VersionStages: [id],
      });
    }
    const move = (index: number) =>
      bench.raw('UpdateSecretVersionStage', {
        SecretId: ARN,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: token('a'),
        MoveToVersionId: token(index % 2 ? 'b' : 'c'),
      });

    const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => move(index)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.__type === 'InvalidParameterException')).toHaveLength(999);
  });
});

describe('the endpoint for others', () => {
  const opened: AwsEndpoint[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((endpoint) => endpoint.close()));
  });
  async function open(options: Parameters<typeof openAwsEndpoint>[0]) {
    const endpoint = await openAwsEndpoint(options);
    opened.push(endpoint);
    return endpoint;
  }
  const post = (url: string, target: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { 'x-amz-target': target, ...headers }, body: '{"a":1}' });

  it('gives another service its operation, its input, and what the signature says of the caller', async () => {
    const heard: unknown[] = [];
    const { url } = await open({
      services: {
        AWSEvents: {
          async handle(operation, input, { region, accountId, accessKeyId }) {
            heard.push({ operation, input, region, accountId, accessKeyId });
            return { FailedEntryCount: 0 };
          },
        },
      },
    });
    const authorization = (key: string) => ({
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260105/eu-west-1/events/aws4_request, SignedHeaders=host, Signature=0`,
    });

    const answer = await post(url, 'AWSEvents.PutEvents', authorization('111111111111'));
    await post(url, 'AWSEvents.PutEvents', authorization('AKIAEXAMPLE'));
    await post(url, 'AWSEvents.PutEvents');

    expect(await answer.json()).toEqual({ FailedEntryCount: 0 });
    expect(answer.headers.get('x-amzn-requestid')).toBeTruthy();
    const call = { operation: 'PutEvents', input: { a: 1 } };
    expect(heard).toEqual([
      { ...call, region: 'eu-west-1', accountId: '111111111111', accessKeyId: '111111111111' },
      { ...call, region: 'eu-west-1', accessKeyId: 'AKIAEXAMPLE' },
      call,
    ]);
  });

  it('gives REST services their parts of the path, their query and a body as long as they allow', async () => {
    let heard: RestRequest | undefined;
    const { url } = await open({
      services: {},
      routes: [
        {
          service: 'lambda',
          operation: 'Invoke',
          method: 'POST',
          path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
          maximumBytes: 6_000_000,
          async handle(request) {
            heard = request;
            return { status: 202, headers: { 'x-amz-function-error': 'Unhandled' }, body: '{}' };
          },
        },
      ],
      fallback: async ({ path }) => (path === '/health' ? { status: 200, body: 'well' } : undefined),
    });

    const answer = await fetch(`${url}/2015-03-31/functions/rotate%20it/invocations?Qualifier=1`, {
      method: 'POST',
      body: 'x'.repeat(5_000_000),
    });

    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(heard).toMatchObject({ method: 'POST', parts: ['rotate%20it'] });
    expect(heard?.query.get('Qualifier')).toBe('1');
    expect(heard?.body).toHaveLength(5_000_000);
    expect(await (await fetch(`${url}/health`)).text()).toBe('well');
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('tells the observer of each call with its ARN and outcome, whichever way the secret was named', async () => {
    const bench = await openBench();
    const { ARN } = await bench.create('n');
    await bench.value('n');
    await bench.value(ARN.slice(0, -7)).catch(() => {});
    await bench.ask('GetSecretValue', { SecretId: ARN, VersionStage: 'NEVER' }).catch(() => {});
    await bench.ask('GetSecretValue', { SecretId: 'missing' }).catch(() => {});
    await bench.ask('DeleteSecret', { SecretId: 'n', ForceDeleteWithoutRecovery: true });
    await bench.ask('ListSecrets');

    const told = bench.calls.map(({ operation, resource, outcome, httpStatus }) => [operation, resource, outcome, httpStatus]);
    expect(told).toEqual([
      ['CreateSecret', ARN, 'ok', 200],
      ['GetSecretValue', ARN, 'ok', 200],
      ['GetSecretValue', ARN, 'ok', 200],
      ['GetSecretValue', ARN, 'ResourceNotFoundException', 400],
      ['GetSecretValue', undefined, 'ResourceNotFoundException', 400],
      ['DeleteSecret', ARN, 'ok', 200],
      ['ListSecrets', undefined, 'ok', 200],
    ]);
  });

  it('can be made to delay, fail or drop a call, before its effect or after it', async () => {
    let fault: (call: FaultyCall) => Promise<void> = async () => {};
    const bench = await openBench({
      faults: {
        before: (call) => (call.answer || call.operation !== 'PutSecretValue' ? undefined : fault(call)),
        after: (call) => (call.operation === 'UpdateSecret' ? fault(call) : undefined),
      },
    });
    const { ARN } = await bench.create('n');
    const change = (operation: string, SecretString: string) =>
      bench.ask(operation, { SecretId: 'n', SecretString }).catch((error) => error);

    fault = async () => {
      throw new AwsError('ThrottlingException', 'Rate exceeded');
    };
    expect((await change('PutSecretValue', 'two')).name).toBe('ThrottlingException');
    expect(await bench.value('n')).toBe('one');
    expect((await change('UpdateSecret', 'three')).name).toBe('ThrottlingException');
    expect(await bench.value('n')).toBe('three');

    fault = async () => {
      throw DROP;
    };
    expect(await change('PutSecretValue', 'four')).toBeInstanceOf(Error);
    expect(await bench.value('n')).toBe('three');
    expect(await change('UpdateSecret', 'five')).toBeInstanceOf(Error);
    expect(await bench.value('n')).toBe('five');

    let seen: FaultyCall | undefined;
    fault = async (call) => {
      seen = call;
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    expect((await change('UpdateSecret', 'six')).VersionId).toHaveLength(36);
    expect(seen).toMatchObject({ service: 'secretsmanager', operation: 'UpdateSecret', resource: ARN, answer: { ARN } });
    expect(bench.calls.filter(({ outcome }) => outcome === 'dropped')).toHaveLength(2);
  });

  it('answers what it did not expect as an internal failure, without telling more', async () => {
    const { url } = await open({
      services: {
        broken: {
          async handle() {
            throw new Error(canary);
          },
        },
      },
    });

    const answer = await post(url, 'broken.Anything');

    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('{"__type":"InternalFailure"}');
  });

  it('listens on 127.0.0.1 alone, and says in one sentence that a port is taken', async () => {
    const first = await open({ services: {} });

    expect(first.url).toBe(`http://127.0.0.1:${first.port}`);
    await expect(openAwsEndpoint({ port: first.port, services: {} })).rejects.toThrow(
      `Port ${first.port} of 127.0.0.1 cannot be opened (another program has it: choose another).`,
    );
  });

  it('closes at once, also with connections open', async () => {
    const endpoint = await openAwsEndpoint({ services: {} });
    const client = new SecretsManagerClient({
      endpoint: endpoint.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
    await client.send(new GetSecretValueCommand({ SecretId: 'n' })).catch(() => {});

    await endpoint.close();

    await expect(fetch(endpoint.url)).rejects.toThrow();
  });
});
