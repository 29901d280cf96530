import { createHash } from 'node:crypto';
import type { Http, HttpAnswer, HttpRequest } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';

// Digest authentication (RFC 7616, and RFC 2617 before it): the server asks, and the answer proves that one knows the password.

const hashes: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };

export interface DigestUser {
  readonly user: string;
  readonly password: Secret;
}

/**
 * Asks twice: without anything, for the challenge, and then with the answer to it. 401 is the server's no to this user, and never its challenge or
 * that the challenge went stale.
 */
export async function getWithDigest(
  who: string,
  http: Http,
  path: string,
  user: DigestUser,
  { headers = {}, accept = [] }: Pick<HttpRequest, 'headers' | 'accept'> = {},
): Promise<HttpAnswer> {
  const asked = await http('GET', path, { headers, accept: [401] });
  const challenge = asked.status === 401 ? challengeIn(asked) : undefined;
  if (challenge === undefined) throw unasked(who);
  // It only has to differ from challenge to challenge: what it guards against, a server that chooses its challenge, is kept out by TLS.
  const cnonce = createHash('sha256')
    .update(challenge.nonce ?? '')
    .digest('hex')
    .slice(0, 16);
  const authorization = digestHeader(challenge, { ...user, uri: path, cnonce });
  if (authorization === undefined) throw unasked(who);
  const answer = await http('GET', path, { headers: { ...headers, authorization }, accept: [401, ...accept] });
  if (answer.status !== 401 || challengeIn(answer)?.stale?.toLowerCase() !== 'true') return answer;
  throw new RotationError('unavailable', `${who}: the server forgot its own challenge`, {
    fix: 'Nothing to do: it is tried again.',
  });
}

type Challenge = Readonly<Record<string, string>>;

/** What answers a challenge for a GET; undefined where it asks for what is not known here. */
export function digestHeader(
  { realm = '', nonce, qop, opaque, algorithm = 'MD5' }: Challenge,
  { user, password, uri, cnonce }: DigestUser & { readonly uri: string; readonly cnonce: string },
): Secret | undefined {
  const name = hashes[algorithm.toUpperCase()];
  if (name === undefined || nonce === undefined || !(qop ?? '').split(/ *, */).includes('auth')) return undefined;
  const hash = (...parts: readonly string[]) => createHash(name).update(parts.join(':'), 'utf8').digest('hex');
  const nc = '00000001';
  const response = hash(hash(user, realm, password.reveal()), nonce, nc, cnonce, 'auth', hash('GET', uri));
  const quoted = { username: user, realm, nonce, uri, response, cnonce, ...(opaque === undefined ? {} : { opaque }) };
  const fields = [
    ...Object.entries(quoted).map(([field, text]) => `${field}="${text}"`),
    `algorithm=${algorithm}`,
    'qop=auth',
    `nc=${nc}`,
  ];
  return new Secret(`Digest ${fields.join(', ')}`);
}

function challengeIn(answer: HttpAnswer): Challenge | undefined {
  const [, fields] = /(?:^|, *)Digest +(.*)$/i.exec(answer.header('www-authenticate') ?? '') ?? [];
  if (fields === undefined) return undefined;
  const pairs = [...fields.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)];
  return Object.fromEntries(pairs.map(([, field = '', quoted, plain = '']) => [field.toLowerCase(), quoted ?? plain]));
}

function unasked(who: string): RotationError {
  return new RotationError('malformed', `${who}: the server did not ask for digest authentication in a way that is known here`, {
    fix: 'Check the address in the catalog; if it is right, something stands between.',
  });
}
