import { isIPv4, isIPv6 } from 'node:net';

/**
 * The part of an address that one subscriber cannot change: IPv4 as a whole, the first 64 bits of IPv6. Whatever is no
 * address is one network: made-up ones gain nobody further attempts.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'no address';
  // The URL parser writes every IPv6 address in one way, without leading zeros and with at most one '::'.
  const [withoutZone = ''] = address.split('%');
  const canonical = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
  const mappedIPv4 = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (mappedIPv4) return dotted(mappedIPv4.slice(1));
  const [head = '', tail] = canonical.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

/** IPv4 from two hexadecimal numbers of 16 bits. */
function dotted(halves: readonly string[]): string {
  return halves
    .map((half) => Number.parseInt(half, 16))
    .flatMap((half) => [half >> 8, half & 255])
    .join('.');
}
