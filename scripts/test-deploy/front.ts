import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger } from './ledger.ts';
import { routeOf } from './routing.ts';

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The one address that the CDK and the deployed functions know: it hands on each request as it came to whoever answers it, and counts it.
 * It listens on 127.0.0.1 only.
 */
export async function openFront(options: {
  readonly emulatorUrl: string;
  readonly secretsManagerUrl: string;
  /** Answers what CloudFormation asks of a type of ours. */
  readonly serveType: (event: unknown) => Promise<object>;
  readonly ledger: Ledger;
}): Promise<Front> {
  const { emulatorUrl, secretsManagerUrl, serveType, ledger } = options;
  const server = createServer((incoming, response) => {
    incoming.on('error', () => {});
    response.on('error', () => {});
    const routed = routeOf(incoming.method ?? '', (incoming.url ?? '').split('?')[0] ?? '', incoming.headers);
    ledger.count(routed);
    if (routed.to === 'secrets-manager') handOn(incoming, response, secretsManagerUrl);
    else if (routed.to === 'emulator') handOn(incoming, response, emulatorUrl);
    else void answerType(incoming, response, serveType);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function handOn(incoming: IncomingMessage, response: ServerResponse, base: string): void {
  const { hostname, port } = new URL(base);
  const { method, url: path, headers } = incoming;
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  incoming.pipe(outgoing);
}

async function answerType(
  incoming: IncomingMessage,
  response: ServerResponse,
  serveType: (event: unknown) => Promise<object>,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const answer = await serveType(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch {
    response.writeHead(400).end(); // what was sent is no event of CloudFormation
  }
}
