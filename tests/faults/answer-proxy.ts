/** Stands in front of a server and loses answers that the server has given. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request and the whole answer to it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestBody: string;
  readonly status: number;
  readonly answerBody: string;
}

/** What became of the requests that came in whole. */
export interface ProxyCounts {
  readonly answered: number;
  /** The server answered, the client learned nothing of it. */
  readonly dropped: number;
  /** The server's connection ended before the first byte of an answer. */
  readonly unanswered: number;
  /** It ended in the middle of an answer: never the fault of this proxy. */
  readonly truncated: number;
}

export interface AnswerProxy {
  /** Without a path. */
  readonly url: string;
  /** Loses the next so many answers, or from now on those for which the predicate holds; replaces what was set. */
  dropAnswers(which: number | ((exchange: Exchange) => boolean)): void;
  dropped(): number;
  counts(): ProxyCounts;
  close(): Promise<void>;
}

/**
 * Passes requests on to a server, which may be restarted at its address meanwhile. A dropped answer is read to its end
 * first, so that the server has done all that it would do; then the client's connection is reset.
 */
export async function startAnswerProxy(targetUrl: string): Promise<AnswerProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const counts = { answered: 0, dropped: 0, unanswered: 0, truncated: 0 };
  let drops: (exchange: Exchange) => boolean = () => false;

  async function pass(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const requestBody = await buffer(incoming);
    const { method = '', url: path = '', headers } = incoming;
    const outcome = await forward({ method, path, headers, agent }, targetUrl, requestBody);
    if (typeof outcome === 'string') {
      counts[outcome] += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    const { answer, body } = outcome;
    const status = answer.statusCode ?? 0;
    if (drops({ method, path, requestBody: String(requestBody), status, answerBody: String(body) })) {
      counts.dropped += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    counts.answered += 1;
    outgoing.writeHead(status, answer.rawHeaders);
    outgoing.end(body);
  }

  const server = http.createServer((incoming, outgoing) => {
    // A client that goes away before it has sent all has sent nothing.
    pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropAnswers(which) {
      let left = Number(which);
      drops = typeof which === 'number' ? () => left-- > 0 : which;
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

interface Answered {
  readonly answer: http.IncomingMessage;
  readonly body: Buffer;
}

/** The whole answer of the server, or how it failed to give one. */
function forward(
  { path, ...options }: { method: string; path: string; headers: http.IncomingHttpHeaders; agent: http.Agent },
  targetUrl: string,
  body: Buffer,
): Promise<Answered | 'unanswered' | 'truncated'> {
  return new Promise((resolve) => {
    let readBefore = 0;
    const request = http.request(new URL(path, targetUrl), options, (answer) => {
      buffer(answer).then(
        (read) => resolve({ answer, body: read }),
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
