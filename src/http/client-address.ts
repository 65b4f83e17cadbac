/** Part of http/: which address a request comes from, where proxies stand in front. May import Fastify. */
import { isIP, SocketAddress } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Fastify takes a number for nobody: here it is how many proxies stand in front, each of which adds an address. */
export function trusted(
  trustProxy: boolean | number | string,
): boolean | string | ((address: string, hop: number) => boolean) {
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy;
}

/** Makes Fastify's request.ip, which reads the header itself, an address in every case, and the same one for all ports. */
export function readForwardedAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw: { headers } }) => {
    const header = headers['x-forwarded-for'];
    if (header !== undefined) headers['x-forwarded-for'] = forwardedAddresses(String(header)).join(', ');
  });
}

/**
 * The addresses of an X-Forwarded-For header that can be believed, the nearest last: all behind the last entry that is
 * none. What a proxy could not name as an address ("unknown", or anything at all) then counts as the proxy itself.
 */
export function forwardedAddresses(header: string): string[] {
  const addresses = header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(addressIn);
  return addresses.slice(addresses.lastIndexOf(null) + 1) as string[];
}

/** An address, with or without a port, and as the header Forwarded has it (for="[2001:db8::1]:4711"). */
const ENTRY = /^(?:for=)?("?)(?:\[([^\]]+)\]|([^\s"[\]]+?))(?::\d{1,5})?\1$/i;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** In the one way to write it, without port and zone; null where there is none. */
function addressIn(entry: string): string | null {
  if (isIP(entry)) return canonical(entry);
  const [, , inBrackets, plain] = ENTRY.exec(entry) ?? [];
  if (inBrackets !== undefined) return isIP(inBrackets) === 6 ? canonical(inBrackets) : null;
  return plain !== undefined && isIP(plain) ? canonical(plain) : null;
}

function canonical(ip: string): string {
  const { address } = new SocketAddress({ address: ip, family: isIP(ip) === 6 ? 'ipv6' : 'ipv4' });
  return MAPPED_IPV4.exec(address)?.[1] ?? address;
}
