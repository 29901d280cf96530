import { BlockList, isIP } from 'node:net';

/** Ranges of addresses (`203.0.113.0/24`, `2001:db8::/32`, one address) from which the console may be opened, or everybody's. */
export type Admitted = 'everybody' | readonly string[];

/** Whether an address may come in. Throws `RangeError`, naming the range, where one is none or holds everybody. */
export function createAdmission(admitted: Admitted): (address: string) => boolean {
  if (admitted === 'everybody') return () => true;
  const list = new BlockList();
  for (const range of admitted) {
    const [address = '', bits, ...more] = range.trim().split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    const isRange = family !== 0 && more.length === 0 && /^\d*$/.test(bits ?? '') && bits !== '' && length >= 1 && length <= most;
    if (!isRange) throw new RangeError(range);
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}
