import type { Instant } from '../engine/contract.ts';
import { type ErrorCode, type ErrorDetails, RotationError } from '../engine/errors.ts';
import type { Call } from './call.ts';
import { asksForPause, pauseAskedSeconds } from './pause.ts';

/** What an answer means that is none: by its status and headers alone, for its body may never end. */
export function refusal(call: Call, status: number, headers: Headers, now: Instant): RotationError {
  const retryAfterSeconds = pauseAskedSeconds(status, headers, now);
  const answered = `${call.who}: ${call.what} answered ${status}`;
  const make = (code: ErrorCode, fix: string, definite: boolean, message = answered) =>
    new RotationError(code, message, {
      fix,
      status,
      definite,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  if (asksForPause(status, headers)) {
    return make('limited', 'Nothing to do: it is tried again after the pause that was asked for.', true);
  }
  if (status === 401 || status === 403) return make('refused', 'Check that the credential is right and may do this.', true);
  if (status === 404 || status === 410) {
    return make('absent', 'Check the names in the catalog; some services say 404 for "not allowed".', true);
  }
  if (status === 425) return make('unavailable', tryAgain, true); // "too early": not even looked at
  if (status >= 500 || status === 408) {
    return call.isRepeatable ? make('unavailable', tryAgain, false) : make('uncertain', lookUp, false);
  }
  if (status >= 400) return make('rejected', 'Compare what the catalog says with the documentation of the service.', true);
  return make('malformed', 'Check the address in the catalog.', false, `${answered}, which is not followed`);
}

/** What a call means that was not answered, or not to the end. */
export function unanswered(call: Call, problem: unknown): RotationError {
  const failure = failureIn(problem);
  const how = `${call.who}: ${call.what} got no answer${failure.code === undefined ? '' : ` (${failure.code})`}`;
  if (failure.isUnsent)
    return new RotationError('unavailable', how, { fix: failure.isUntrusted ? distrust : tryAgain, definite: true });
  return call.isRepeatable
    ? new RotationError('unavailable', how, { fix: tryAgain })
    : new RotationError('uncertain', how, { fix: lookUp });
}

/** An earlier try may have had its effect, whatever became of this one. */
export function lessCertain({ code, message, fix, status, retryAfterSeconds }: RotationError): RotationError {
  const known: ErrorDetails = { fix, ...(status === undefined ? {} : { status }) };
  return new RotationError(code, message, retryAfterSeconds === undefined ? known : { ...known, retryAfterSeconds });
}

const tryAgain = 'Nothing to do: it is tried again. If it goes on, check the address in the catalog and the network.';
const distrust =
  'Nothing is sent to a host whose certificate is not trusted: check the address, and its authority where the catalog names one.';
const lookUp = 'Nothing to do: what became of it is looked up at the next attempt.';

interface Failure {
  /** Upper-case words of Node or the operating system, and never a message. */
  readonly code: string | undefined;
  /** It failed while the connection was made. */
  readonly isUnsent: boolean;
  /** The other side showed a certificate that was not accepted. */
  readonly isUntrusted: boolean;
}

function failureIn(problem: unknown): Failure {
  const { cause = problem } = (problem ?? {}) as { cause?: unknown };
  const { code, syscall, message, errors } = (cause ?? {}) as Readonly<Record<string, unknown>>;
  // Every address of the name was tried, and each attempt has its own error.
  const all = Array.isArray(errors) && errors.length > 0 ? errors.map((each) => failureIn(each).isUnsent) : [];
  const isUnsent =
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    messagesBeforeSending.has(message) ||
    (typeof code === 'string' && beforeSending.test(code)) ||
    (all.length > 0 && all.every(Boolean));
  const isUntrusted = typeof code === 'string' && certificateCode.test(code);
  return {
    code: typeof code === 'string' && nodeCode.test(code) ? code : undefined,
    isUnsent: isUnsent || isUntrusted,
    isUntrusted,
  };
}

// ECONNRESET, UND_ERR_SOCKET, ERR_SSL_...: short words, so that a foreign error cannot tell a key as its code.
const nodeCode = /^(?:TIMEOUT|E[A-Z0-9]{2,14}|[A-Z]{1,12}(?:_[A-Z0-9]{1,14}){1,7})$/;

// No connection; with the second, a certificate that we did not accept. A reset, or an alert from the other side, may come after the request was read.
const beforeSending =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|ERR_TLS_HANDSHAKE_TIMEOUT)$/;
const certificateCode =
  /^(?:ERR_TLS_CERT_ALTNAME_INVALID|(?:CERT|CRL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)_[A-Z_]+|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;

// These have no code of their own. They are compared, and never shown.
const messagesBeforeSending = new Set<unknown>([
  'bad port',
  'Client network socket disconnected before secure TLS connection was established',
]);
