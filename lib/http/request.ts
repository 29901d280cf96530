import type { HttpRequest, Method } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';
import { type Call, type Said, unsendable } from './call.ts';
import type { TrustingInit } from './trusting.ts';

/**
 * What fetch is to send: the only place where secrets are revealed to the network. Whatever could not arrive as it is (a line break in a
 * header, half of a surrogate pair) is refused here, because Node puts what it refuses into the message of its error, or mends it in silence.
 */
export function toInit(call: Call, method: Method, request: HttpRequest): TrustingInit {
  const headers = new Map<string, string>();
  const set = (name: string, value: string | Secret) => headers.set(headerName(call, name), headerValue(call, name, value));
  set('accept', 'application/json');
  // Plain: what comes is then what is counted, and broken compression no reason to fail. A body that is packed all the same is unpacked.
  set('accept-encoding', 'identity');
  // A connection that was kept while Lambda had us frozen is dead, and a mint that is sent over it would have an unknown outcome.
  headers.set('connection', 'close');
  set('user-agent', 'keyturn');

  const body = bodyOf(call, request);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw unsendable(call, 'it has a body');
  if (body?.type !== undefined) set('content-type', body.type);
  for (const [name, value] of Object.entries(request.headers ?? {})) set(name, value);
  if (request.bearer !== undefined) set('authorization', bearer(call, request.bearer));
  if (request.basic !== undefined) set('authorization', basic(call, request.basic));
  return {
    method,
    headers: Object.fromEntries(headers),
    // Not followed: a redirect would carry the token to wherever the answer says. `error` would not tell the status.
    redirect: 'manual',
    ...(body === undefined ? {} : { body: body.text }),
    ...(request.certificateAuthority === undefined ? {} : { certificateAuthority: request.certificateAuthority }),
  };
}

/**
 * Refuses the printed form of a Secret. It stands where a plug-in wrote `${value}` and meant `${value.reveal()}`, and would be sent, stored
 * or asked to be deleted as if it were the value.
 */
export function assertNothingPrinted(call: Said, where: string, text: string): void {
  if (printedSecret.test(text)) throw unsendable(call, `a secret was printed into its ${where}`);
}

const printedSecret = /(?:\[|%5B)secret(?: |\+|%20)[0-9a-f]{8}(?:\]|%5D)/i;

function bodyOf(call: Call, { json, form, text }: HttpRequest): { text: string; type?: string } | undefined {
  if (json !== undefined) {
    const written = writeJson(call, json);
    assertNothingPrinted(call, 'body', written);
    return { text: written, type: 'application/json' };
  }
  if (form !== undefined) {
    const fields = Object.entries(form).map(([name, value]): [string, string] => {
      const plain = open(value);
      assertWellFormed(call, 'a field of the form', name + plain);
      assertNothingPrinted(call, 'body', plain);
      return [name, plain];
    });
    return { text: new URLSearchParams(fields).toString(), type: 'application/x-www-form-urlencoded' };
  }
  if (text === undefined) return undefined;
  const plain = open(text);
  assertWellFormed(call, 'the body', plain);
  assertNothingPrinted(call, 'body', plain);
  return { text: plain };
}

// Half a surrogate pair is no fault in JSON, which has an escape for it.
function writeJson(call: Call, json: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(json, revealed);
  } catch {
    // The error tells of the content.
  }
  if (text === undefined) throw unsendable(call, 'its body is not JSON');
  return text;
}

// JSON.stringify asks a Secret for its toJSON first; the object that holds it still has the Secret itself.
function revealed(this: unknown, key: string, value: unknown): unknown {
  const held = (this as Record<string, unknown>)[key];
  const real = held instanceof Secret ? held : value;
  return real instanceof Secret ? real.reveal() : real;
}

function bearer(call: Call, token: Secret): Secret {
  // Checked by itself: behind the word, a space in front of it would look like a part of the header.
  const text = token.reveal();
  if (!/^[\x21-\x7e]+$/.test(text)) throw unfit(call, 'what is to be sent as a bearer token');
  return new Secret(`Bearer ${text}`);
}

function basic(call: Call, { user, password }: { user: string; password: Secret }): Secret {
  const text = `${user}:${password.reveal()}`;
  if (user.includes(':')) throw unfit(call, 'the user of basic authentication');
  if (/\p{Cc}/u.test(text)) throw unfit(call, 'user or password of basic authentication');
  assertWellFormed(call, 'user or password of basic authentication', text);
  assertNothingPrinted(call, 'headers', text);
  return new Secret(`Basic ${Buffer.from(text, 'utf8').toString('base64')}`);
}

// Headers of the connection are fetch's own; another `host` would be answered by another service behind the same address.
const fetchsOwn = /^(?:host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*)$/i;

function headerName(call: Call, name: string): string {
  if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) && !fetchsOwn.test(name)) return name.toLowerCase();
  throw new RotationError(
    'catalog',
    `${call.who}: ${call.what} was not sent: one of its headers has a name that may not be set`,
    {
      fix: 'Correct the name of the header: letters, digits and hyphens, and none that belongs to the connection.',
      definite: true,
    },
  );
}

function headerValue(call: Call, name: string, value: string | Secret): string {
  const text = open(value);
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) throw unfit(call, `what is to be sent in the header ${name}`);
  assertNothingPrinted(call, 'headers', text);
  return text;
}

function assertWellFormed(call: Call, what: string, text: string): void {
  if (/\p{Cs}/u.test(text)) throw unfit(call, what);
}

function unfit(call: Call, what: string): RotationError {
  return new RotationError('value-shape', `${call.who}: ${what} has a character that cannot be sent there`, {
    fix: 'Look for spaces, line breaks or letters outside ASCII in or around the stored value, and store it without them.',
    definite: true,
  });
}

function open(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}
