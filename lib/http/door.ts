import { lookup } from 'node:dns/promises';
import type { z } from 'zod';
import type { Http, HttpAnswer, HttpRequest, Method } from '../engine/contract.ts';
import { type ErrorCode, RotationError } from '../engine/errors.ts';
import type { Clock, Ports } from '../engine/ports.ts';
import { Secret } from '../engine/secret.ts';
import { type Allowed, admit, assertPublic, type LoopbackHosts } from './addresses.ts';

/** Nothing a provider sends may be larger. */
const maximumBodyBytes = 1024 * 1024;
/** No call takes longer, answer and body together. */
const timeoutSeconds = 10;
/** How often something that is safe to repeat is tried in all. */
const attempts = 3;
/** A longer pause than this is not waited for within a step: it is handed to whoever runs the step again. */
const longestPauseSeconds = 10;

export interface DoorOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly remaining: () => number;
  /** Only a build for a laptop has this: what may be reached on loopback, which is closed otherwise. */
  readonly loopback?: LoopbackHosts;
  /** Addresses of a host name, to be seen before it is called. @default the system's resolver */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

/**
 * Opens doors to the network, one a plug-in. See {@link Http} for what passing through one promises.
 *
 * It stands on the platform's fetch rather than on a client library because every pause has to go through the engine's clock: the
 * simulation moves that clock, and a library sleeps by itself.
 */
export function createDoors(options: DoorOptions): Ports['http'] {
  const resolve = options.resolve ?? (async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address));
  return (who, allow) => {
    const allowed: Allowed = { who, ...allow, loopback: options.loopback };
    const http: Http = async (method, path, request = {}) => {
      const url = admit(allowed, path, request.query);
      if (url.isPublic) await assertPublic(who, url.address.hostname, resolve);
      return send(options, { who, method, url: url.address, shown: `${method} ${url.shownPath}`, request });
    };
    return http;
  };
}

interface Call {
  readonly who: string;
  readonly method: Method;
  readonly url: URL;
  /** Method and path without the query, as errors show it. */
  readonly shown: string;
  readonly request: HttpRequest;
}

async function send(options: DoorOptions, call: Call): Promise<HttpAnswer> {
  const { clock } = options;
  const isSafe = call.method === 'GET' || call.method === 'HEAD' || call.request.idempotent === true;
  const init = toInit(call);
  for (let attempt = 1; ; attempt += 1) {
    let error: RotationError;
    try {
      const { status, headers, body } = await exchange(options, call, init);
      const isAnswer = (status >= 200 && status < 300) || call.request.accept?.includes(status) === true;
      if (isAnswer) return toAnswer(call, status, headers, body);
      error = refusal(call, isSafe, status, pauseOf(headers, clock.now()));
    } catch (problem) {
      error = problem instanceof RotationError ? problem : unanswered(call, isSafe, problem);
    }
    const mayRepeat = error.code === 'limited' || (isSafe && error.code === 'unavailable');
    const backOff = 0.5 * 2 ** (attempt - 1) * (1 + (options.random(1)[0] ?? 0) / 255);
    const pauseSeconds = error.retryAfterSeconds ?? backOff;
    const hasTime = pauseSeconds <= longestPauseSeconds && options.remaining() > (pauseSeconds + 2 * timeoutSeconds) * 1000;
    if (!mayRepeat || attempt === attempts || !hasTime) throw error;
    await clock.sleep(pauseSeconds * 1000);
  }
}

async function exchange(
  options: DoorOptions,
  call: Call,
  init: RequestInit,
): Promise<{ status: number; headers: Headers; body: string }> {
  const milliseconds = Math.max(1, Math.min(timeoutSeconds * 1000, options.remaining() - 1000));
  const signal = AbortSignal.timeout(milliseconds);
  const response = await options.fetch(call.url, { ...init, signal });
  return { status: response.status, headers: response.headers, body: await readCapped(call, response) };
}

async function readCapped(call: Call, response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maximumBodyBytes) {
      await reader.cancel();
      throw malformed(call, `an answer of more than ${maximumBodyBytes} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toInit({ who, method, request }: Call): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'keyturn' };
  const set = (name: string, value: string | Secret) => {
    headers[name.toLowerCase()] = headerValue(who, name, value);
  };
  let body: string | undefined;
  if (request.json !== undefined) {
    set('content-type', 'application/json');
    body = JSON.stringify(request.json, reveal);
  } else if (request.form !== undefined) {
    set('content-type', 'application/x-www-form-urlencoded');
    body = new URLSearchParams(
      Object.entries(request.form).map(([name, value]): [string, string] => [name, open(value)]),
    ).toString();
  } else if (request.text !== undefined) {
    body = request.text.reveal();
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) set(name, value);
  if (request.bearer !== undefined) set('authorization', new Secret(`Bearer ${request.bearer.reveal()}`));
  if (request.basic !== undefined) {
    const { user, password } = request.basic;
    set('authorization', new Secret(`Basic ${Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64')}`));
  }
  // Not followed by fetch: a redirect would carry the token to wherever the answer says.
  return { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) };
}

// Checked here, because Node puts a header value that it refuses into the message of its error.
function headerValue(who: string, name: string, value: string | Secret): string {
  const text = open(value);
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  throw new RotationError(
    'value-shape',
    `${who}: what is to be sent in the header ${name} has a character that no header takes`,
    {
      fix: 'Look for spaces, line breaks or letters outside ASCII around the stored value, and store it without them.',
      definite: true,
    },
  );
}

function open(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

// JSON.stringify asks a Secret for its toJSON first; the object that holds it still has the Secret itself.
function reveal(this: unknown, key: string, value: unknown): unknown {
  const held = (this as Record<string, unknown>)[key];
  return held instanceof Secret ? held.reveal() : value;
}

function toAnswer(call: Call, status: number, headers: Headers, body: string): HttpAnswer {
  return {
    status,
    header: (name) => headers.get(name) ?? undefined,
    json: <T>(schema: z.ZodType<T>): T => {
      let parsed: unknown;
      try {
        parsed = JSON.parse(body);
      } catch {
        throw malformed(call, body === '' ? 'an empty answer' : 'an answer that is not JSON');
      }
      const checked = schema.safeParse(parsed);
      if (checked.success) return checked.data;
      const paths = checked.error.issues.map((issue) => `\`${issue.path.join('.') || '(all of it)'}\``);
      throw malformed(call, `an answer without a proper ${[...new Set(paths)].slice(0, 5).join(', ')}`);
    },
  };
}

function refusal(call: Call, isSafe: boolean, status: number, retryAfterSeconds: number | undefined): RotationError {
  const answered = `${call.who}: ${call.shown} answered ${status}`;
  const make = (code: ErrorCode, fix: string, definite: boolean) =>
    new RotationError(code, answered, {
      fix,
      status,
      definite,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  if (status === 429) return make('limited', 'Nothing to do: it is tried again after the pause that was asked for.', true);
  if (status === 401 || status === 403) return make('refused', 'Check that the credential is right and may do this.', true);
  if (status === 404 || status === 410)
    return make('absent', 'Check the names in the catalog; some services say 404 for "not allowed".', true);
  if (status >= 400 && status < 500)
    return make('rejected', 'Compare what the catalog says with the documentation of the service.', true);
  if (status >= 500 && isSafe) return make('unavailable', 'Nothing to do: it is tried again.', false);
  if (status >= 500) return make('uncertain', 'Nothing to do: what became of it is looked up at the next attempt.', false);
  return new RotationError('malformed', `${answered}, which is not followed`, {
    fix: 'Check the address in the catalog.',
    status,
  });
}

function unanswered(call: Call, isSafe: boolean, problem: unknown): RotationError {
  const reason = networkCode(problem);
  const neverSent = reason !== undefined && beforeSending.test(reason);
  const how = `${call.who}: ${call.shown} got no answer${reason ? ` (${reason})` : ''}`;
  if (neverSent || isSafe) {
    return new RotationError('unavailable', how, {
      fix: 'Nothing to do: it is tried again. If it goes on, check address and network.',
      definite: neverSent,
    });
  }
  return new RotationError('uncertain', how, { fix: 'Nothing to do: what became of it is looked up at the next attempt.' });
}

const beforeSending = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|.*CERT.*)$/;

// Only an upper-case code is taken from a foreign error, never its message.
function networkCode(problem: unknown): string | undefined {
  if (!(problem instanceof Error)) return undefined;
  if (problem.name === 'TimeoutError') return 'TIMEOUT';
  const { code } = (problem.cause ?? problem) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : undefined;
}

function malformed(call: Call, what: string): RotationError {
  return new RotationError('malformed', `${call.who}: ${call.shown} got ${what}`, {
    fix: 'Check the address in the catalog; if it is right, the service has changed or something stands between.',
  });
}

/** Retry-After in seconds or as a date; else a reset header in the forms in use: epoch milliseconds, epoch seconds, or seconds from now. */
function pauseOf(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - now) / 1000;
    return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
  }
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (!Number.isFinite(reset)) return undefined;
  if (reset > 1e12) return Math.max(0, (reset - now) / 1000);
  return reset > 1e9 ? Math.max(0, reset - now / 1000) : reset;
}
