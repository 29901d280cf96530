import { BlockList, isIP } from 'node:net';
import { RotationError } from '../engine/errors.ts';

/** What a plug-in may call. */
export interface Allowed {
  readonly who: string;
  /** The base of relative paths. */
  readonly api: string | undefined;
  /** Whole addresses; scheme, host and port of a call must be those of one of them. */
  readonly hosts: readonly string[];
  readonly loopback: LoopbackHosts | undefined;
}

/** Where a laptop's stand-ins listen: by the vendor's host, the loopback address that takes its place. */
export type LoopbackHosts = Readonly<Record<string, string>>;

export interface Admitted {
  readonly address: URL;
  /** The path as errors show it: without the query, and without segments that could be a ref or a token. */
  readonly shownPath: string;
  /** False only for loopback in a build for a laptop. */
  readonly isPublic: boolean;
}

/** The address of a call, or `host-refused`: https only, an allowed host only, no way out of the base path, no loopback or link-local address. */
export function admit(allowed: Allowed, path: string, query: Readonly<Record<string, string | number>> | undefined): Admitted {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(path);
  const text = isAbsolute ? path : `${(allowed.api ?? '').replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  const url = parse(allowed.who, text);
  // `..` would leave the base path; the parser has resolved it by now, so the text is asked.
  const wanders = text.split(/[/\\?#]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (wanders) throw refused(allowed.who, 'the path has a segment of dots');
  const isListed = allowed.hosts.some((host) => parse(allowed.who, host).origin === url.origin);
  if (!isListed) throw refused(allowed.who, `${shown(url)} is not in its allowed hosts`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));

  const address = redirected(url, allowed.loopback);
  const isLoopback = forbidden(address.hostname);
  if (allowed.loopback !== undefined && isLoopback && address.protocol === 'http:') {
    return { address, shownPath: shownPath(url), isPublic: false };
  }
  if (address.protocol !== 'https:') throw refused(allowed.who, `${shown(url)} is not https`);
  if (isLoopback) throw refused(allowed.who, `${shown(url)} is a loopback, link-local or otherwise inner address`);
  return { address, shownPath: shownPath(url), isPublic: true };
}

/** Refuses a name that stands for an inner address. A name that changes its mind afterwards is beyond this, and stays beyond TLS. */
export async function assertPublic(
  who: string,
  hostname: string,
  resolve: (hostname: string) => Promise<readonly string[]>,
): Promise<void> {
  let addresses: readonly string[];
  try {
    addresses = await resolve(hostname);
  } catch {
    throw new RotationError('unavailable', `${who}: the name ${hostname} does not resolve`, {
      fix: 'Nothing to do: it is tried again. If it goes on, check the name in the catalog and the network.',
      definite: true,
    });
  }
  if (addresses.some(forbidden)) throw refused(who, `${hostname} stands for a loopback, link-local or otherwise inner address`);
}

function redirected(url: URL, loopback: LoopbackHosts | undefined): URL {
  const standIn = loopback?.[url.host];
  return standIn === undefined ? url : new URL(`${standIn.replace(/\/+$/, '')}${url.pathname}${url.search}`);
}

function parse(who: string, text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refused(who, 'the address is not one'); // the parser's error holds the text
  }
  if (url.username !== '' || url.password !== '') throw refused(who, 'the address holds a user name or password');
  if (url.hostname.endsWith('.')) throw refused(who, 'the host ends in a dot');
  return url;
}

function shownPath({ pathname }: URL): string {
  return pathname.replace(/[^/]{12,}/g, (segment) => (/\d/.test(segment) ? '…' : segment));
}

function shown(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

// The URL parser has brought every spelling (octal, hexadecimal, one number, mapped IPv6) to one form by now.
const inner = new BlockList();
inner.addSubnet('0.0.0.0', 8);
inner.addSubnet('127.0.0.0', 8);
inner.addSubnet('169.254.0.0', 16);
inner.addAddress('::', 'ipv6');
inner.addAddress('::1', 'ipv6');
inner.addSubnet('fe80::', 10, 'ipv6');
inner.addAddress('fd00:ec2::254', 'ipv6');

function forbidden(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  const family = isIP(bare);
  if (family === 4) return inner.check(bare, 'ipv4');
  return family === 6 && (inner.check(bare, 'ipv6') || mappedIsInner(bare));
}

// ::ffff:7f00:1 is 127.0.0.1.
function mappedIsInner(address: string): boolean {
  const [, high, low] = /^::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return false;
  const bits = [high, low].map((group) => Number.parseInt(group, 16));
  return inner.check(bits.flatMap((group) => [group >> 8, group & 255]).join('.'), 'ipv4');
}

function refused(who: string, why: string): RotationError {
  return new RotationError('host-refused', `${who}: ${why}`, {
    fix: 'Correct the address in the catalog; addresses of plug-ins are https and fixed when the catalog is deployed.',
    definite: true,
  });
}
