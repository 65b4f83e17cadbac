import { isIPv4, isIPv6 } from 'node:net';

/**
 * Returns the part of an IP address that a subscriber cannot change: the whole IPv4 address, or the first 64 bits of an
 * IPv6 address. All invalid addresses count as one network, so made-up addresses do not give anybody more attempts.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'no address';
  // The URL parser returns the canonical form: no leading zeros, and at most one '::'.
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

/** Returns the dotted IPv4 address for two 16-bit hexadecimal numbers. */
function dotted(halves: readonly string[]): string {
  return halves
    .map((half) => Number.parseInt(half, 16))
    .flatMap((half) => [half >> 8, half & 255])
    .join('.');
}
