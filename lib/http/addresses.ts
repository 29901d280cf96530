import { isIP } from 'node:net';
import type { Method } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { isInner, isLoopback } from './inner.ts';
import { originOf } from './origin.ts';

/** What a plug-in may call. */
export interface Allowed {
  readonly who: string;
  /** The base of relative paths. */
  readonly api: string | undefined;
  /** Whole addresses; scheme, host and port of a call must be those of one of them. */
  readonly hosts: readonly string[];
  /** Where the deployment fixed the origins of all plug-ins together, no other can be called. */
  readonly fixed?: readonly string[] | undefined;
  readonly loopback: LoopbackHosts | undefined;
}

/** Where a laptop's stand-ins listen: by the vendor's host, the loopback address that takes its place. */
export type LoopbackHosts = Readonly<Record<string, string>>;

export interface Wanted {
  readonly method: Method;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
}

export interface Admitted {
  readonly address: URL;
  /** The path as errors show it: without the query, and without what could be a ref or a token. */
  readonly shownPath: string;
  /** False only for loopback in a build for a laptop. */
  readonly isPublic: boolean;
}

/**
 * The address of a call, or `host-refused`: https or ssh only, an allowed host only, no way out of the base path, no loopback or link-local
 * address, and nothing that the URL parser would drop or mend in silence, for then another thing would be called than was meant.
 */
export function admit(allowed: Allowed, { method, path, query }: Wanted): Admitted {
  const { who } = allowed;
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(path);
  const url = isAbsolute ? parse(who, path) : joined(allowed, method, path);
  const listed = allowed.hosts.map((host) => originOf(parse(who, host)));
  // What was tried is not shown: an address that is not ours to call may have come with an answer.
  if (!listed.includes(originOf(url)))
    throw refused(who, `an address is not in its allowed hosts (${listed.join(', ') || 'none'})`);
  if (allowed.fixed !== undefined && !allowed.fixed.includes(originOf(url))) {
    throw refused(who, `${url.host} is not among the hosts that were fixed when the catalog was deployed`);
  }
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));

  const address = redirected(url, allowed.loopback);
  const admitted = { address, shownPath: shownPath(url) };
  if (allowed.loopback !== undefined && isLoopback(address.hostname) && /^(?:https?|ssh):$/.test(address.protocol)) {
    return { ...admitted, isPublic: false };
  }
  if (!/^(?:https|ssh):$/.test(address.protocol)) throw refused(who, `${url.protocol}//${url.host} is not https`);
  if (isInner(address.hostname)) throw refused(who, `${url.host} is a loopback, link-local or otherwise inner address`);
  return { ...admitted, isPublic: true };
}

/** Why an address of the catalog would never be called, in words; undefined where it would be, as far as the address alone tells. */
export function whyNever(address: string, kind: 'base' | 'whole', loopback?: LoopbackHosts): string | undefined {
  const who = 'catalog';
  try {
    admit({ who, api: address, hosts: [address], loopback }, { method: 'GET', path: kind === 'base' ? '/' : address });
    return undefined;
  } catch (error) {
    if (error instanceof RotationError) return error.message.slice(`${who}: `.length);
    throw error;
  }
}

/** Refuses a name that stands for an inner address. A name that changes its mind afterwards is beyond this, and fails at TLS. */
export async function assertPublic(
  who: string,
  hostname: string,
  resolve: (hostname: string) => Promise<readonly string[]>,
): Promise<void> {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return; // `admit` has judged it
  let addresses: readonly string[];
  try {
    addresses = await resolve(hostname);
  } catch {
    throw new RotationError('unavailable', `${who}: the name ${hostname} does not resolve`, {
      fix: 'Nothing to do: it is tried again. If it goes on, check the name in the catalog and the network.',
      definite: true,
    });
  }
  if (addresses.some(isInner)) throw refused(who, `${hostname} stands for a loopback, link-local or otherwise inner address`);
}

export function refused(who: string, why: string): RotationError {
  return new RotationError('host-refused', `${who}: ${why}`, {
    fix: 'Correct the address in the catalog; addresses of plug-ins are https and fixed when the catalog is deployed.',
    definite: true,
  });
}

function joined({ who, api }: Allowed, method: Method, path: string): URL {
  if (api === undefined) throw refused(who, 'a path has no base address to be joined to');
  const base = parse(who, api);
  if (base.search !== '') throw refused(who, 'the base address holds a query');
  // A ref that was not encoded would end the path here: DELETE /tokens/a?b must not delete a.
  if (path.includes('?') && method !== 'GET' && method !== 'HEAD') throw refused(who, 'the path holds a question mark');
  return parse(who, `${base.origin}${base.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`);
}

function redirected(url: URL, loopback: LoopbackHosts | undefined): URL {
  const standIn = loopback !== undefined && Object.hasOwn(loopback, url.host) ? loopback[url.host] : undefined;
  return standIn === undefined ? url : new URL(`${standIn.replace(/\/+$/, '')}${url.pathname}${url.search}`);
}

// The text is asked, and not the parsed address: the parser resolves dots, drops line breaks and a fragment, and mends look-alikes.
function parse(who: string, text: string): URL {
  const [, authority = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/\\?#]*)(.*)$/is.exec(text) ?? [];
  if (authority.includes('@')) throw refused(who, 'the address holds a user name or password');
  if (!/^[a-z0-9._:[\]-]+$/i.test(authority)) throw refused(who, 'the address is not one, or not in ASCII (`xn--`)');
  if (/\.(:|$)/.test(authority)) throw refused(who, 'the host ends in a dot');
  const [path = ''] = rest.split('?');
  if (/[\s\p{Cc}\p{Cs}\\]/u.test(rest) || /%(?:[01][0-9a-f]|7f)/i.test(path)) {
    throw refused(who, 'the path holds a space, a line break or another character that no path has');
  }
  if (rest.includes('#')) throw refused(who, 'the path holds a number sign');
  if (path.includes('//')) throw refused(who, 'the path has an empty segment');
  const wanders = decoded(path)
    .split(/[/\\]/)
    .some((segment) => /^\.{1,2}(;.*)?$/.test(segment));
  if (wanders) throw refused(who, 'the path has a segment of dots');
  let url: URL;
  let plainHost: string;
  try {
    url = new URL(text);
    plainHost = new URL(`https://${url.hostname}`).hostname;
  } catch {
    throw refused(who, 'the address is not one'); // the parser's error holds the text
  }
  // Of a scheme that is not of the web the parser leaves the host as it is: 127.1 would be compared and judged as a name.
  if (url.hostname !== plainHost) throw refused(who, `the host is not in its plain form, which is ${plainHost}`);
  return url;
}

/** Dots and slashes as a server may see them that decodes once too often. */
function decoded(path: string): string {
  const next = path.replace(/%(?:2e|2f|5c|25)/gi, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16)));
  return next === path ? path : decoded(next);
}

/** Only plain words are shown: whatever has digits, capitals in a row or no end may be a ref or a token. */
function shownPath({ pathname }: URL): string {
  return pathname.replace(/[^/]+/g, (segment) => {
    const isPlain = /^v\d{1,2}$/.test(segment) || segment.split(/[._-]/).every((word) => plainWord.test(word));
    return isPlain && segment.length <= 40 ? segment : '…';
  });
}

const plainWord = /^(?=.{0,19}$)[A-Z]?[a-z]*(?:[A-Z][a-z]+)*$/;
