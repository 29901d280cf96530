import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from './aws-error.ts';

/** Who asks, as far as the signature's scope tells; nothing of it is verified. */
type RequestInfo = {
  readonly requestId: string;
  /** From the SigV4 scope. */
  readonly region?: string;
  /** Where the access key is twelve digits, it is taken for the account. */
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly headers: IncomingHttpHeaders;
};

/** A service that speaks AWS JSON: `X-Amz-Target: prefix.Operation`. */
export type JsonService = {
  /** The answer, or an AwsError. Anything else that is thrown is answered as an internal failure, without its message. */
  handle(operation: string, input: object, info: RequestInfo): Promise<object>;
  /** The ARN of what the call is about, if it can be known: asked before the call, and again with its answer. */
  resourceOf?(input: object, info: RequestInfo, answer?: object): string | undefined;
};

export type RestRequest = {
  readonly method: string;
  readonly path: string;
  /** What the parentheses of the route's path matched. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly info: RequestInfo;
};
export type RestAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** A service that goes by method and path. */
export type RestRoute = {
  readonly service: string;
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  /** @default the endpoint's limit */
  readonly maximumBytes?: number;
  handle(request: RestRequest): Promise<RestAnswer>;
};

/** One call, for whoever counts: no input and no answer. */
export type ObservedCall = {
  readonly service: string;
  readonly operation: string;
  readonly resource?: string;
  readonly info: RequestInfo;
  /** `ok`, the error's code, or `dropped`. */
  readonly outcome: string;
  readonly httpStatus: number;
};

/** What a fault hook sees; `answer` only after the effect. */
export type FaultyCall = {
  readonly service: string;
  readonly operation: string;
  readonly resource?: string;
  readonly input: unknown;
  readonly info: RequestInfo;
  readonly answer?: object;
};

/** Hooks for tests. To delay, take time; to fail, throw an AwsError; to break the connection without an answer, throw DROP. */
export type Faults = {
  before?(call: FaultyCall): Promise<void> | void;
  after?(call: FaultyCall): Promise<void> | void;
};
export const DROP = new Error('The connection is dropped on purpose.');

export type AwsEndpoint = {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
};

/** An HTTP server on 127.0.0.1 that takes any credentials, and stands whatever comes in. */
export async function openAwsEndpoint(options: {
  /** @default a free one */
  port?: number;
  /** By the prefix of X-Amz-Target, without its full stop. */
  services: Readonly<Record<string, JsonService>>;
  routes?: readonly RestRoute[];
  /** Asked last; undefined means that it does not know the request either. */
  fallback?: (request: RestRequest) => Promise<RestAnswer | undefined>;
  onCall?: (call: ObservedCall) => void;
  faults?: Faults;
  /** Of a request's body. @default 1 MiB, which 64 KiB of escaped characters fit into */
  maximumBytes?: number;
  /** How long a request may take to arrive whole. @default 30 seconds */
  requestTimeoutMilliseconds?: number;
}): Promise<AwsEndpoint> {
  const { port = 0, services, routes = [], fallback, onCall, faults = {}, maximumBytes = 1_048_576 } = options;
  const { requestTimeoutMilliseconds = 30_000 } = options;

  async function answer(request: IncomingMessage, info: RequestInfo): Promise<RestAnswer> {
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') return answerJson(request, info, target);
    const [path = '/', query] = (request.url ?? '/').split('?');
    const route = routes.find((each) => each.method === request.method && each.path.test(path));
    const body = await readBody(request, route?.maximumBytes ?? maximumBytes);
    const rest = {
      method: request.method ?? '',
      path,
      parts: route?.path.exec(path)?.slice(1) ?? [],
      query: new URLSearchParams(query),
      body,
      info,
    };
    if (route) {
      const call = { service: route.service, operation: route.operation, input: rest, info };
      return observed(
        call,
        () => route.handle(rest),
        (given) => given.status,
      );
    }
    const given = await fallback?.(rest);
    if (given) return given;
    throw new AwsError('UnknownOperationException', '', 404);
  }

  async function answerJson(request: IncomingMessage, info: RequestInfo, target: string): Promise<RestAnswer> {
    const body = await readBody(request, maximumBytes);
    const [, prefix = '', operation = ''] = /^([^.]+)\.(.+)$/.exec(target) ?? [];
    const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined;
    if (!service || request.method !== 'POST') throw new AwsError('UnknownOperationException', '');
    const input = parse(body);
    const resource = service.resourceOf?.(input, info);
    const call = { service: prefix, operation, resource, input, info };
    const result = await observed(
      call,
      () => service.handle(operation, input, info),
      () => 200,
      (given) => service.resourceOf?.(input, info, given),
    );
    return { status: 200, headers: json, body: JSON.stringify(result) };
  }

  async function observed<Given extends object>(
    call: FaultyCall,
    run: () => Promise<Given>,
    statusOf: (given: Given) => number,
    resourceOf?: (given: Given) => string | undefined,
  ): Promise<Given> {
    const { service, operation, info } = call;
    let { resource } = call;
    const tell = (outcome: string, httpStatus: number) => onCall?.({ service, operation, resource, info, outcome, httpStatus });
    try {
      await faults.before?.(call);
      const given = await run();
      resource ??= resourceOf?.(given);
      await faults.after?.({ ...call, resource, answer: given });
      tell('ok', statusOf(given));
      return given;
    } catch (error) {
      if (error === DROP) tell('dropped', 0);
      else if (error instanceof AwsError) tell(error.code, error.httpStatus);
      else tell('InternalFailure', 500);
      throw error;
    }
  }

  const timeouts = {
    requestTimeout: requestTimeoutMilliseconds,
    connectionsCheckingInterval: Math.min(requestTimeoutMilliseconds, 30_000),
    // Longer than clients keep a connection, so that none is closed just as it is used again.
    keepAliveTimeout: 65_000,
  };
  const server = createServer(timeouts, (request, response) => {
    // A client that goes away is no event; without listeners it would be an exception.
    request.on('error', () => {});
    response.on('error', () => {});
    const info = readInfo(request);
    answer(request, info)
      .catch((error: unknown) => (error === DROP ? undefined : errorAnswer(error)))
      .then((given) => send(response, given, info));
  });
  server.on('clientError', (_, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program has it: choose another' : (error.code ?? 'unknown');
      reject(new Error(`Port ${port} of 127.0.0.1 cannot be opened (${why}).`));
    });
    // Node's own 511 is full before a thousand calls that come at once are taken in; the rest would wait for seconds, or be turned away.
    server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve);
  });
  const opened = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${opened}`,
    port: opened,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const json = { 'content-type': 'application/x-amz-json-1.1' };

function send(response: ServerResponse, given: RestAnswer | undefined, { requestId }: RequestInfo) {
  if (!given) response.destroy();
  else if (!response.destroyed)
    response.writeHead(given.status, { 'x-amzn-requestid': requestId, ...given.headers }).end(given.body);
}

function errorAnswer(error: unknown): RestAnswer {
  const known = error instanceof AwsError ? error : new AwsError('InternalFailure', '', 500);
  // Errors of the protocol, unlike those of a service's model, write their message small.
  const member = /^(ValidationException|UnknownOperationException|InternalFailure)$/.test(known.code) ? 'message' : 'Message';
  const text = known.message === '' ? {} : { [member]: known.message };
  return { status: known.httpStatus, headers: json, body: JSON.stringify({ __type: known.code, ...text }) };
}

function readInfo({ headers }: IncomingMessage): RequestInfo {
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\//.exec(headers.authorization ?? '');
  const [, accessKeyId, region] = scope ?? [];
  const accountId = accessKeyId && /^\d{12}$/.test(accessKeyId) ? { accountId: accessKeyId } : {};
  return { requestId: randomUUID(), ...(scope ? { region, accessKeyId } : {}), ...accountId, headers };
}

/** What is too long is read to its end, but not kept, so that the sender gets to hear why it was refused. */
async function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maximumBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (length > maximumBytes * 64) throw DROP;
  }
  if (length > maximumBytes) throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', 413);
  return Buffer.concat(chunks);
}

function parse(body: Buffer): object {
  let input: unknown;
  try {
    input = body.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message would show a part of the body.
    throw new AwsError('SerializationException', 'The body is no JSON.');
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new AwsError('SerializationException', 'The body is no JSON object.');
  }
  return input;
}
