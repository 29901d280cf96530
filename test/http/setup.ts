import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { RotationError } from '../../lib/engine/errors.ts';
import { createDoors, type DoorOptions } from '../../lib/http/door.ts';
import { createChance, createVirtualClock } from '../../lib/testing/world.ts';

/** One request as it left the door. */
export interface Seen {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happens to a request: an answer, or the error that fetch would fail with. */
export type Outcome = Response | Error;

interface Allow {
  readonly api?: string | undefined;
  readonly hosts?: readonly string[];
}

/**
 * A door with nothing behind it but what the test says, call by call; the last outcome stays. Time stands still but for the pauses, which
 * are written down.
 */
export function createDoor(
  outcomes: Outcome | readonly (() => Outcome)[] = new Response('{}'),
  options: Allow & Partial<DoorOptions> = {},
) {
  const { api, hosts = api === undefined ? [] : [api], ...rest } = { api: 'https://api.lantern.test', ...options };
  const seen: Seen[] = [];
  const pauses: number[] = [];
  const { clock, sleep } = createPauses(pauses);
  const list = isList(outcomes) ? outcomes : [() => (outcomes instanceof Response ? outcomes.clone() : outcomes)];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { url, method, headers } = request;
    seen.push({ url, method, headers: Object.fromEntries(headers), body: await request.text() });
    const outcome = list[Math.min(seen.length, list.length) - 1]?.();
    if (outcome === undefined || outcome instanceof Error) throw outcome;
    return outcome;
  };
  const http = createDoors({
    fetch,
    clock: { now: clock.now, sleep },
    random: createChance().bytes,
    remaining: () => 300_000,
    resolve: async () => ['192.0.2.7'],
    ...rest,
  })('lantern', { api, hosts });
  return { http, seen, pauses, clock };
}

/** A door to a real server on loopback, which a laptop's build may call. No pause is real. */
export function createLoopbackDoor(api: string, options: Partial<DoorOptions> = {}) {
  const pauses: number[] = [];
  const { clock, sleep } = createPauses(pauses);
  const http = createDoors({
    fetch: globalThis.fetch,
    clock: { now: clock.now, sleep },
    random: createChance().bytes,
    remaining: () => 300_000,
    loopback: {},
    ...options,
  })('lantern', { api, hosts: [api] });
  return { http, pauses };
}

function isList(outcomes: Outcome | readonly (() => Outcome)[]): outcomes is readonly (() => Outcome)[] {
  return Array.isArray(outcomes);
}

function createPauses(pauses: number[]) {
  const clock = createVirtualClock();
  const sleep = async (milliseconds: number) => {
    pauses.push(milliseconds / 1000);
    clock.advance(milliseconds);
  };
  return { clock, sleep };
}

interface Served {
  readonly url: string;
  /** Fetch also opens connections that it then sends nothing over. */
  readonly connections: () => number;
  readonly requests: () => number;
}

/** A real server on a free port of 127.0.0.1 until the test ends; with an `identity`, behind that certificate. */
export async function serve(
  listener: RequestListener,
  identity?: { readonly key: string; readonly cert: string },
): Promise<Served> {
  let requests = 0;
  const counted: RequestListener = (request, response) => {
    requests += 1;
    listener(request, response);
  };
  const { url, connections } = await listen(identity === undefined ? createServer(counted) : createTlsServer(identity, counted));
  return { url: identity === undefined ? url : url.replace('http:', 'https:'), connections, requests: () => requests };
}

/** The same for answers that are no HTTP, or not all of it. `answer` runs when a request begins to arrive. */
export async function serveRaw(answer: (socket: Socket) => void): Promise<Served> {
  let requests = 0;
  const server = createTcpServer((socket) => {
    socket.once('data', () => {
      requests += 1;
      answer(socket);
    });
    socket.on('error', () => {});
  });
  return { ...(await listen(server)), requests: () => requests };
}

async function listen(server: Server): Promise<Omit<Served, 'requests'>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => sockets.size };
}

/** An address on loopback where nobody listens. */
export async function freeUrl(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** The error that a call ends with, which must be one of ours. */
export async function failureOf(call: Promise<unknown>): Promise<RotationError> {
  const outcome = await call.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (outcome instanceof RotationError) return outcome;
  throw new Error('not one of our errors', { cause: outcome });
}

/** Everything that a log, a debugger or a careless `catch` could make of an error. */
export function everyShapeOf(error: unknown): string {
  const causes: unknown[] = [];
  for (let at = error; at instanceof Error && !causes.includes(at); at = at.cause) causes.push(at);
  return causes
    .flatMap((each) => [
      String(each),
      each instanceof Error ? `${each.name} ${each.message} ${each.stack}` : '',
      JSON.stringify(each),
      JSON.stringify(each, Object.getOwnPropertyNames(each)),
      inspect(each, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    ])
    .join('\n');
}
