import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import dynalite from 'dynalite';
import { openDynamoShelf } from '../../lib/aws/dynamo-shelf.ts';
import { History } from '../../lib/constructs/history.ts';

// A real implementation of DynamoDB's protocol on loopback, with the table that the template makes.

process.env.AWS_ACCESS_KEY_ID = 'a';
process.env.AWS_SECRET_ACCESS_KEY = 'b';

/** The properties of the table as CloudFormation gets them. */
export function tableOfTemplate(): CreateTableCommandInput & { readonly TimeToLiveSpecification?: object } {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  new History(stack, 'History');
  const [made] = Object.values(Template.fromStack(stack).findResources('AWS::DynamoDB::Table'));
  return made?.['Properties'] as CreateTableCommandInput;
}

export interface TestTable {
  readonly client: DynamoDBClient;
  readonly configuration: { readonly region: string; readonly endpoint: string; readonly maxAttempts: number };
  readonly name: string;
  openShelf(): Promise<ReturnType<typeof openDynamoShelf>>;
  close(): Promise<void>;
}

export async function openTable(): Promise<TestTable> {
  const server = dynalite({ createTableMs: 0 });
  const configuration = { region: 'eu-west-1', endpoint: await listen(server), maxAttempts: 2 };
  const client = new DynamoDBClient(configuration);
  const { TableName: name = '', KeySchema, AttributeDefinitions, LocalSecondaryIndexes, BillingMode } = tableOfTemplate();
  await client.send(
    new CreateTableCommand({ TableName: name, KeySchema, AttributeDefinitions, LocalSecondaryIndexes, BillingMode }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05 }, { TableName: name });
  return {
    client,
    configuration,
    name,
    openShelf: async () => openDynamoShelf(configuration, name),
    async close() {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** In front of a table: sees every request, and may answer instead of it or hide its answer. */
export async function openFront(
  table: TestTable,
  meddle: (
    operation: string,
    send: () => Promise<Response>,
    input: unknown,
  ) => Promise<{ status: number; body: string } | 'no answer'>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name)
        ? [[name, value] as [string, string]]
        : [],
    );
    const send = () => fetch(table.configuration.endpoint, { method: 'POST', headers, body: Buffer.concat(chunks) });
    const answer = await meddle(operation, send, JSON.parse(Buffer.concat(chunks).toString('utf8')));
    if (answer === 'no answer') response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.body);
  });
  return {
    url: await listen(server),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
