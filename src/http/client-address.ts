/** Part of http/: finds the address of a client behind proxies. May import Fastify. */
import { isIP, SocketAddress } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** @returns Fastify's trustProxy option. A number is the number of proxies in front, each of which adds an address. */
export function trustProxyOption(
  trustProxy: boolean | number | string,
): boolean | string | ((address: string, hop: number) => boolean) {
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy;
}

/** Normalizes X-Forwarded-For before Fastify reads it, so that request.ip is always a plain address without a port. */
export function normalizeForwardedFor(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const header = headers['x-forwarded-for'];
    if (header !== undefined) headers['x-forwarded-for'] = forwardedAddresses(String(header)).join(', ');
    done();
  });
}

/**
 * @returns the usable addresses of an X-Forwarded-For header, the nearest last: all after the last entry that is not an
 * address. If a proxy could not name an address (it wrote "unknown", for example), the proxy itself counts as the
 * client. For example, "203.0.113.1, unknown, 203.0.113.2:80" becomes ["203.0.113.2"].
 */
export function forwardedAddresses(header: string): string[] {
  const addresses = header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(addressIn);
  return addresses.slice(addresses.lastIndexOf(null) + 1) as string[];
}

/** An address with or without a port, also in the form of the Forwarded header: for="[2001:db8::1]:4711". */
const ENTRY = /^(?:for=)?("?)(?:\[([^\]]+)\]|([^\s"[\]]+?))(?::\d{1,5})?\1$/i;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** @returns the address in canonical form, without port and zone; null if the entry is not an address */
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
