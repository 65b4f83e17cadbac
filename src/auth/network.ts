import { isIPv6 } from 'node:net';

/** The part of an address that one subscriber cannot change: IPv4 as a whole, the first 64 bits of IPv6. */
export function networkOf(address: string): string {
  const mappedIPv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mappedIPv4) return mappedIPv4;
  if (!isIPv6(address)) return address;
  // The URL parser writes every IPv6 address in one way, without leading zeros and with at most one '::'.
  const [withoutZone = ''] = address.split('%');
  const [head = '', tail] = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1).split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
