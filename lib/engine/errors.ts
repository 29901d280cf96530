/**
 * What became of the attempt, which decides what the engine does next:
 * - `now`: it may work later. The pending token stays; the step is simply run again.
 * - `good`: running it again cannot help. Dependents are put back, AWSPENDING is taken off, the token is parked, the owner is told.
 * - `stop`: there is nothing for this step to do or to clean: the event is not ours, or the rotation is over. Nothing is written.
 */
export type Ending = 'now' | 'good' | 'stop';

/** Every code that Keyturn can fail with, how it ends, and what it means. docs/errors.md is generated from this table. */
export const errorCodes = {
  // the request itself
  event: { ending: 'stop', says: 'The event is not a rotation event or job that Keyturn understands, or not for this function.' },
  'not-ours': {
    ending: 'stop',
    says: 'The secret is in no catalog entry of this function, or its rotation function is another one.',
  },
  cancelled: { ending: 'stop', says: 'Rotation is turned off for this secret (CancelRotateSecret), so nothing more is begun.' },
  'not-pending': { ending: 'stop', says: 'AWSPENDING is not, or no longer, on this version: this rotation is over.' },
  superseded: {
    ending: 'good',
    says: 'AWSPENDING was put back on a version that was given up before, and whose token is being revoked.',
  },
  observing: { ending: 'stop', says: 'The token is in mode `observe`: Keyturn looks and writes nothing.' },
  // the catalog and what it points at
  catalog: { ending: 'good', says: 'The catalog entry cannot work as it is written.' },
  authority: {
    ending: 'good',
    says: 'The authority (the credential that may mint and revoke) is missing, malformed or refused.',
  },
  'value-shape': { ending: 'good', says: 'The stored value is not of the shape that the catalog says.' },
  'too-large': { ending: 'good', says: 'The value is larger than Secrets Manager (65,536 bytes) or a dependent takes.' },
  'host-refused': {
    ending: 'good',
    says: 'The address is not in the allowed hosts of this plug-in, or not one that may be called.',
  },
  // the provider
  refused: { ending: 'good', says: 'The other side answered 401 or 403.' },
  rejected: { ending: 'good', says: 'The other side refused the request for good (another 4xx).' },
  absent: { ending: 'good', says: 'The other side does not know the thing asked for (404).' },
  'key-limit': { ending: 'good', says: 'The provider has no free slot for one more token.' },
  'dead-pending': { ending: 'good', says: 'The pending token is refused by the provider and will not come alive.' },
  mismatch: {
    ending: 'good',
    says: 'The new token is not what the catalog declares: its scopes, its expiry or whom it stands for.',
  },
  'check-failed': { ending: 'good', says: "One of the token's own checks did not pass." },
  limited: { ending: 'now', says: 'The other side asks for a pause (429, or a 403 that says so).' },
  unavailable: { ending: 'now', says: 'The other side did not answer, or answered with a fault of its own (5xx).' },
  malformed: { ending: 'now', says: 'The answer is not what the documentation says: HTML, no JSON, too large, a field missing.' },
  uncertain: { ending: 'now', says: 'A call that changes something was not answered: nobody knows whether it took effect.' },
  'not-yet': { ending: 'now', says: 'The new token is not accepted yet, or a dependent does not have it in effect yet.' },
  'too-many-retiring': {
    ending: 'now',
    says: 'Too many older tokens still wait for their revocation; one of them must go first.',
  },
  'current-refused': {
    ending: 'now',
    says: 'The provider refuses the current token: Keyturn rolls forward and puts nothing back.',
  },
  // the dependents
  foreign: { ending: 'good', says: 'A dependent holds something that is neither the current token nor one of ours.' },
  'dependent-failed': { ending: 'good', says: 'A dependent refused the new token for good.' },
  // the store
  conflict: { ending: 'now', says: 'Somebody else changed the secret at the same moment.' },
  store: { ending: 'now', says: 'Secrets Manager did not do what was asked.' },
  'store-refused': { ending: 'good', says: 'Secrets Manager refused the request for good: permission, KMS key or quota.' },
  // waiting for people
  'nothing-submitted': { ending: 'good', says: 'Only a person can make this token, and nobody has submitted a new one.' },
  'submission-refused': {
    ending: 'good',
    says: 'What a person submitted is refused by the provider, or the provider does not tell which token it is.',
  },
  parked: { ending: 'good', says: 'An earlier failure parked this token; until its back-off ends only the preflight runs.' },
  paused: {
    ending: 'good',
    says: 'Somebody has paused acting, for everything, this provider or this token; or the catalog freezes it.',
  },
  // retiring
  'still-alive': { ending: 'now', says: 'The token was revoked, but the provider still accepts it.' },
  'still-used': { ending: 'good', says: 'The provider says that somebody still uses the old token.' },
  'same-token': { ending: 'good', says: 'What was minted, or was to be revoked, is the token that is in use.' },
  'unknown-ref': { ending: 'good', says: 'It is not known how the provider names a token, so that none can safely be revoked.' },
  // telling
  untold: { ending: 'now', says: 'Somebody who was to be told could not be reached, after several tries.' },
  // us
  internal: { ending: 'now', says: 'A fault in Keyturn itself.' },
} as const satisfies Record<string, { ending: Ending; says: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** What a tired person does next. */
  readonly fix: string;
  /** The HTTP status that was answered, where there was one. */
  readonly status?: number;
  /** How long the other side asked us to wait. */
  readonly retryAfterSeconds?: number;
  /** True where the request certainly had no effect, so that nothing of it can be left behind. */
  readonly definite?: boolean;
  readonly cause?: RotationError;
}

/**
 * The only error that leaves Keyturn. `code` is stable and switchable, `message` is one sentence that begins with who speaks and names the
 * field or call, `fix` says what to do next. None of them ever holds a value or a body: a cause is kept only where it is one of ours.
 */
export class RotationError extends Error {
  override readonly name = 'RotationError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly definite: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause ? { cause: details.cause } : undefined);
    this.code = code;
    this.fix = details.fix;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.definite = details.definite ?? false;
  }

  get ending(): Ending {
    return errorCodes[this.code].ending;
  }

  toJSON(): { code: ErrorCode; message: string; fix: string; status?: number } {
    return {
      code: this.code,
      message: this.message,
      fix: this.fix,
      ...(this.status === undefined ? {} : { status: this.status }),
    };
  }
}

/** Lets a missing thing pass: `.catch(absence)` behind a revoke says that what is already gone is done. */
export function absence(error: unknown): undefined {
  if (error instanceof RotationError && error.code === 'absent') return undefined;
  throw error;
}

/**
 * Any surprise as one of our errors. A foreign error's message is dropped, because Node and the SDKs echo values in theirs; its class and
 * the place it was thrown from are kept.
 */
export function asRotationError(error: unknown, where: string): RotationError {
  if (error instanceof RotationError) return error;
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  const wrapped = new RotationError('internal', `keyturn: ${kind} in ${where}`, {
    fix: 'This is a fault in Keyturn: please report it with the code and the place. The next attempt starts from what is stored.',
  });
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at ')) : [];
  wrapped.stack = `${wrapped.name}: ${wrapped.message}\n${frames.join('\n')}`;
  return wrapped;
}
