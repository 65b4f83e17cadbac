/** A proxy in front of a server that can drop responses after the server has sent them. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request and the complete response to it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestBody: string;
  readonly status: number;
  readonly responseBody: string;
}

/** How many requests ended in which way. Only requests that the proxy received completely are counted. */
export interface ProxyCounts {
  readonly delivered: number;
  /** The server responded, but the proxy withheld the response from the client. */
  readonly dropped: number;
  /** The connection to the server ended before the first byte of a response. */
  readonly unanswered: number;
  /** The connection to the server ended in the middle of a response. The proxy itself never causes this. */
  readonly truncated: number;
}

export interface ResponseProxy {
  /** The origin, without a path. */
  readonly url: string;
  /**
   * Drops the next `which` responses, or from now on every response for which the predicate holds. Each call replaces
   * the one before.
   */
  dropResponses(which: number | ((exchange: Exchange) => boolean)): void;
  dropped(): number;
  counts(): ProxyCounts;
  close(): Promise<void>;
}

/**
 * Starts a proxy that forwards requests to a server. The server may be restarted at its address meanwhile.
 *
 * The proxy reads a response to its end before it drops it, so the server has completed all its work. Then it resets
 * the client's connection.
 */
export async function startResponseProxy(targetUrl: string): Promise<ResponseProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const counts = { delivered: 0, dropped: 0, unanswered: 0, truncated: 0 };
  let shouldDrop: (exchange: Exchange) => boolean = () => false;

  async function relay(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const requestBody = await buffer(incoming);
    const { method = '', url: path = '', headers } = incoming;
    const outcome = await forward({ method, path, headers, agent }, targetUrl, requestBody);
    if (typeof outcome === 'string') {
      counts[outcome] += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    const { response, body } = outcome;
    const status = response.statusCode ?? 0;
    if (shouldDrop({ method, path, requestBody: String(requestBody), status, responseBody: String(body) })) {
      counts.dropped += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    counts.delivered += 1;
    outgoing.writeHead(status, response.rawHeaders);
    outgoing.end(body);
  }

  const server = http.createServer((incoming, outgoing) => {
    // A client that disconnects before its request is complete has sent nothing.
    relay(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropResponses(which) {
      let left = Number(which);
      shouldDrop = typeof which === 'number' ? () => left-- > 0 : which;
    },
    dropped: () => counts.dropped,
    counts: () => ({ ...counts }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

interface TargetResponse {
  readonly response: http.IncomingMessage;
  readonly body: Buffer;
}

/** @returns the complete response of the server, or how the server failed to give one */
function forward(
  { path, ...options }: { method: string; path: string; headers: http.IncomingHttpHeaders; agent: http.Agent },
  targetUrl: string,
  body: Buffer,
): Promise<TargetResponse | 'unanswered' | 'truncated'> {
  return new Promise((resolve) => {
    let readBefore = 0;
    const request = http.request(new URL(path, targetUrl), options, (response) => {
      buffer(response).then(
        (body) => resolve({ response, body }),
        () => resolve('truncated'),
      );
    });
    request.once('socket', (socket) => {
      readBefore = socket.bytesRead;
    });
    request.once('error', () => resolve((request.socket?.bytesRead ?? 0) > readBefore ? 'truncated' : 'unanswered'));
    request.end(body);
  });
}
