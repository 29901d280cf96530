import { BlockList, isIP } from 'node:net';

/** Whether a host, as the URL parser writes it, is this machine. */
export function isLoopback(host: string): boolean {
  const bare = unbracketed(host);
  return bare === 'localhost' || bare.endsWith('.localhost') || isIn(loopback, bare);
}

/**
 * Whether a host (as the URL parser writes it) or an address (as a resolver does) is this machine, its own link (where clouds keep their
 * metadata), a group of machines, or a detour to one of these. Private networks are not: services that people host themselves live there.
 */
export function isInner(host: string): boolean {
  return isLoopback(host) || isIn(inner, unbracketed(host));
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

// The URL parser has brought every spelling (octal, hexadecimal, one number) to one form by now, and a rule for IPv4 holds for the mapped
// form (::ffff:127.0.0.1) too: Node's list sees to that. The other ways to write IPv4 inside IPv6 need rules of their own.
const loopback = listOf(['127.0.0.0/8'], ['::1/128']);
const inner = listOf(
  ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/3'],
  [
    '::/96', // none, loopback, and IPv4 as it was once embedded
    '::ffff:0:0:0/96', // IPv4 translated
    '64:ff9b::/104', // through NAT64, which AWS offers, to 0/8, 127/8, 169.254/16 and 224/3
    '64:ff9b::7f00:0/104',
    '64:ff9b::a9fe:0/112',
    '64:ff9b::e000:0/99',
    '64:ff9b:1::/48', // NAT64 of one's own
    '2001::/32', // Teredo and 6to4, both long gone
    '2002::/16',
    'fd00:ec2::/32', // AWS's own services on an instance
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
);

function listOf(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  const add = (family: 'ipv4' | 'ipv6') => (subnet: string) => {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), family);
  };
  ipv4.forEach(add('ipv4'));
  ipv6.forEach(add('ipv6'));
  return list;
}
