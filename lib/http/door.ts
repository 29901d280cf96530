import { lookup } from 'node:dns/promises';
import type { Http, HttpAnswer, HttpRequest } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { Clock, Ports } from '../engine/ports.ts';
import { type Allowed, admit, assertPublic, type LoopbackHosts } from './addresses.ts';
import { giveUp, readCapped, toAnswer } from './answer.ts';
import { type Call, unsendable } from './call.ts';
import { asksForPause } from './pause.ts';
import { assertNothingPrinted, toInit } from './request.ts';
import { lessCertain, refusal, unanswered } from './sorting.ts';
import type { TrustingInit } from './trusting.ts';

/** How often something that is safe to repeat is tried in all. */
const attempts = 3;
/** A longer pause than this is not waited for within a step: it is handed to whoever runs the step again. */
const longestPauseSeconds = 10;
/** What is left to the engine after a call, to write down what came of it. */
const reserveMilliseconds = 1000;
/** Nothing is asked for which there is less time. */
const shortestMilliseconds = 500;

export interface DoorOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly remaining: () => number;
  /**
   * Origins that were fixed when the catalog was deployed: a door to any other is refused, whatever a plug-in asks for.
   * @default whatever a plug-in's facts and its catalog entry name
   */
  readonly fixedHosts?: readonly string[];
  /** Only a build for a laptop has this: what may be reached on loopback, which is closed otherwise. */
  readonly loopback?: LoopbackHosts;
  /** Addresses of a host name, to be seen before it is called. @default the system's resolver */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** No try takes longer, look-up, answer and body together. @default 10 */
  readonly timeoutSeconds?: number;
}

/**
 * Opens doors to the network, one a plug-in. See {@link Http} for what passing through one promises. No error that leaves it holds anything
 * that was sent or that came: only who called, the method, the path without its refs, the status, a code of Node's and field names.
 *
 * It stands on the platform's fetch rather than on a client library because every pause has to go through the engine's clock: the
 * simulation moves that clock, and a library sleeps by itself. See docs/decisions/2026-11-22-http-door.md.
 */
export function createDoors(options: DoorOptions): Ports['http'] {
  const resolve = options.resolve ?? (async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address));
  return (who, allow) => {
    const allowed: Allowed = { who, ...allow, fixed: options.fixedHosts, loopback: options.loopback };
    const http: Http = async (method, path, request = {}) => {
      assertNothingPrinted({ who, what: method }, 'address', [path, ...Object.values(request.query ?? {})].join(' '));
      const { address, shownPath, isPublic } = admit(allowed, { method, path, query: request.query });
      const isReading = method === 'GET' || method === 'HEAD' || request.asks === true;
      const isRepeatable = isReading || request.idempotent === true;
      const call: Call = { who, what: `${method} ${shownPath}`, isReading, isRepeatable };
      const init = toInit(call, method, request);
      if (init.certificateAuthority !== undefined && address.protocol !== 'https:')
        throw unsendable(call, 'its host shows no certificate');

      return repeat(options, call, async (signal) => {
        if (isPublic) await assertPublic(who, address.hostname, (name) => inTime(signal, resolve(name)));
        return inTime(signal, exchange(options, call, address, { ...init, signal }, request.accept));
      });
    };
    return http;
  };
}

async function exchange(
  { fetch, clock }: DoorOptions,
  call: Call,
  address: URL,
  init: TrustingInit,
  accept: HttpRequest['accept'],
): Promise<HttpAnswer> {
  const response = await fetch(address, init);
  if (isAnswer(response, accept)) return toAnswer(call, response, await readCapped(call, response));
  giveUp(response.body);
  throw refusal(call, response.status, response.headers, clock.now());
}

function isAnswer({ status, headers }: Response, accept: readonly number[] = []): boolean {
  if (status >= 200 && status < 300) return true;
  // A 403 that asks for a pause is no answer even where 403 is one: it says nothing of the credential.
  return accept.includes(status) && (status === 429 || !asksForPause(status, headers));
}

type Try = (signal: AbortSignal) => Promise<HttpAnswer>;

/** Tries again what was certainly not done and what is safe to repeat, with growing pauses, and ends before the function does. */
async function repeat(options: DoorOptions, call: Call, attempt: Try): Promise<HttpAnswer> {
  let isUntouched = true;
  for (let count = 1; ; count += 1) {
    let error: RotationError;
    try {
      return await within(timeFor(options, call), attempt);
    } catch (problem) {
      error = problem instanceof RotationError ? problem : unanswered(call, problem);
    }
    isUntouched &&= call.isReading || error.definite;
    const backOff = 0.5 * 2 ** (count - 1) * (1 + (options.random(1)[0] ?? 0) / 255);
    const pauseSeconds = Math.max(error.retryAfterSeconds ?? 0, backOff);
    const mayRepeat = error.code === 'limited' || error.code === 'unavailable';
    const hasTime = pauseSeconds <= longestPauseSeconds && options.remaining() > pauseSeconds * 1000 + 2 * timeout(options);
    if (!mayRepeat || count === attempts || !hasTime) throw error.definite && !isUntouched ? lessCertain(error) : error;
    await options.clock.sleep(pauseSeconds * 1000);
  }
}

function timeout({ timeoutSeconds = 10 }: DoorOptions): number {
  return timeoutSeconds * 1000;
}

/** Milliseconds for one try. What cannot be repeated is not begun unless it has its full time: its answer would be lost. */
function timeFor(options: DoorOptions, { who, what, isRepeatable }: Call): number {
  const left = options.remaining() - reserveMilliseconds;
  const full = timeout(options);
  if (left >= (isRepeatable ? Math.min(shortestMilliseconds, full) : full)) return Math.min(left, full);
  throw new RotationError('unavailable', `${who}: ${what} was not begun: the time of this run is nearly over`, {
    fix: 'Nothing to do: the next run goes on. If it happens at every run, give the function more time.',
    definite: true,
  });
}

async function within(milliseconds: number, attempt: Try): Promise<HttpAnswer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('late', { cause: { code: 'TIMEOUT' } })), milliseconds);
  try {
    return await attempt(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives up at the deadline whatever does not stop by itself: a look-up cannot be aborted. */
function inTime<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, late]);
}
