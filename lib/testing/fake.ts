import type { Instant } from '../engine/contract.ts';
import { originOf } from '../http/origin.ts';
import type { SecretsManager } from '../local/secrets-manager/service.ts';
import type { AwsService } from './in-process.ts';

// A fake is a stand-in for one service: strict about method, path, headers and body, and as awkward as the service it stands for. It is
// synchronous, knows no clock and no chance of its own, and keeps its state as plain data, so that a simulation can copy it, compare it
// and put it back.

export interface FakeWorld {
  now(): Instant;
  /** A text of lower-case letters and digits. */
  random(characters: number): string;
  /** AWS's own service, for places that are secrets themselves. */
  readonly secretsManager: SecretsManager;
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status: number;
  /** An object is sent as JSON, a text as HTML. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Something that listens at an address. */
export interface HttpFake {
  readonly api: string;
  /** Where it listens besides. */
  readonly otherApis?: readonly string[];
  handle(request: FakeRequest): FakeAnswer;
}

/** A token as the provider itself sees it: the full truth, which no API tells. */
export interface FakeToken {
  readonly ref: string;
  readonly value: string;
  /** What was issued with it, by part name: a person submits it too, where only a person can make a token. */
  readonly parts?: Readonly<Record<string, string>>;
  /** The field that holds a mark, where there is one. */
  readonly name?: string;
  readonly createdAt: Instant;
  readonly revokedAt?: Instant;
  readonly lastUsedAt?: Instant;
  readonly expiresAt?: Instant;
}

/** Whether a provider takes a token now: a fresh one not at once, a revoked one a little longer, and none beyond its end. */
export function isTaken(
  { createdAt, revokedAt, expiresAt }: FakeToken,
  now: Instant,
  { settleSeconds, deathSeconds }: { readonly settleSeconds: number; readonly deathSeconds: number },
): boolean {
  const isYoung = now < createdAt + settleSeconds * 1000;
  // Dead before it died: the clock went back, and brings nobody back to life.
  const isDead = revokedAt !== undefined && (now < revokedAt || now >= revokedAt + deathSeconds * 1000);
  return !isYoung && !isDead && (expiresAt === undefined || now < expiresAt);
}

export interface RotatorFake extends HttpFake {
  readonly scope: Readonly<Record<string, unknown>>;
  /** For providers on AWS: what stands for the SDK's clients, by the name of their class. Throws AwsError. */
  readonly aws?: Readonly<Record<string, AwsService>>;
  /** What the authority secret holds. */
  readonly authority: Readonly<Record<string, string>>;
  /** Plain data, replaced and never changed in place. */
  state: { readonly tokens: readonly FakeToken[] };
  /** Whether the provider takes this value now: fresh ones not before settleSeconds, revoked ones still for deathSeconds. */
  accepts(value: string): boolean;
  /** Somebody else makes a token for the same principal, under a name of theirs. */
  makeByHand(name: string): FakeToken;
}

export interface DependentFake extends Partial<HttpFake> {
  readonly target: Readonly<Record<string, unknown>>;
  readonly authority?: Readonly<Record<string, string>>;
  /** For places on AWS: what stands for the SDK's clients, by the name of their class. Throws AwsError. */
  readonly aws?: Readonly<Record<string, AwsService>>;
  /** Plain data, replaced and never changed in place. */
  state: object;
  /** What those who use the place get now; undefined where it has none. */
  holds(): string | undefined;
  /** What stands there, where it takes something more until those who use it get it. */
  written?(): string | undefined;
  /** Only for a place that keeps nothing: what those who start there read from now on, where they read it. */
  given?(value: string): void;
  /** Somebody else writes there. */
  tamper(value: string): void;
  /** Everything else that is there, and must stay as it is. */
  neighbours(): unknown;
}

export type RotatorFakeFactory = (world: FakeWorld) => RotatorFake;
export type DependentFakeFactory = (world: FakeWorld) => DependentFake;

/** A request to an address where nobody is, as fetch fails for it. */
export function unknownHost(): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } });
}

/**
 * Answers to fetch as the fakes do, each at its address. What comes back has what the http door asks of a Response and no more: a simulation
 * makes millions of them.
 */
export function fetchOf(fakes: readonly HttpFake[]): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const fake = fakes.find(({ api, otherApis = [] }) => [api, ...otherApis].some((each) => originOf(each) === originOf(url)));
    if (fake === undefined) throw unknownHost();
    const headers = Object.fromEntries(
      Object.entries((init.headers ?? {}) as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const { method = 'GET', body } = init;
    const query = Object.fromEntries(url.searchParams);
    return lightResponse(fake.handle({ method, path: url.pathname, query, headers, body: typeof body === 'string' ? body : '' }));
  };
}

function lightResponse({ status, body, headers = {} }: FakeAnswer): Response {
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  let isRead = false;
  const getReader = () => ({
    read: async () => {
      if (isRead) return { done: true, value: undefined };
      isRead = true;
      return { done: false, value: bytes };
    },
    cancel: async () => {},
  });
  const stream = bytes === undefined ? null : { getReader, cancel: async () => {} };
  // `shown` is for whoever watches: a body can be read once only.
  return { status, headers: new Headers(headers), body: stream, shown: body } as unknown as Response;
}

export async function toFakeRequest(request: Request): Promise<FakeRequest> {
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  };
}

export function toResponse({ status, body, headers = {} }: FakeAnswer): Response {
  const isText = typeof body === 'string';
  const text = body === undefined ? null : isText ? body : JSON.stringify(body);
  const type = isText ? 'text/html' : 'application/json';
  return new Response(text, { status, headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers } });
}

/** The JSON of a request that says it is JSON, or of the kind of it that is given; undefined where it does not or is not. */
export function jsonOf({ headers, body }: FakeRequest, type = 'application/json'): unknown {
  if (headers['content-type']?.split(';')[0] !== type) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The fields of a request that says it is a form; undefined where it does not. */
export function formOf({ headers, body }: FakeRequest): Readonly<Record<string, string>> | undefined {
  if (headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded') return undefined;
  return Object.fromEntries(new URLSearchParams(body));
}

/** User and password of basic authentication. */
export function basicOf({ headers }: FakeRequest): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { user, password: rest.join(':') };
}

export function bearerOf({ headers }: FakeRequest): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
}
