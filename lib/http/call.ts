import { RotationError } from '../engine/errors.ts';

/** What every error of a call says of it. */
export interface Said {
  readonly who: string;
  /** Method and path, without the query and without what could be a ref or a token. */
  readonly what: string;
}

export interface Call extends Said {
  /** Twice is the same as once. */
  readonly isRepeatable: boolean;
  /** Nothing is changed over there. */
  readonly isReading: boolean;
}

export function malformed(call: Said, what: string): RotationError {
  return new RotationError('malformed', `${call.who}: ${call.what} got ${what}`, {
    fix: 'Check the address in the catalog; if it is right, the service has changed or something stands between.',
  });
}

/** A fault of the plug-in, found before anything was sent. */
export function unsendable(call: Said, why: string): RotationError {
  return new RotationError('internal', `${call.who}: ${call.what} was not sent: ${why}`, {
    fix: 'This is a fault in the plug-in: please report it with this message.',
    definite: true,
  });
}
