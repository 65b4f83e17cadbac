/** Raw TCP connections, without an HTTP client that pools connections and retries requests by itself. */
import net from 'node:net';

export interface Connection {
  write(bytes: string): void;
  /** Stops reading. */
  pause(): void;
  /** Closes the connection immediately. */
  cut(): void;
  /** Resolves when the first bytes arrive. */
  readonly begun: Promise<void>;
  /** Resolves when the connection closes, with everything that was received. */
  readonly ended: Promise<string>;
}

export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes;
  });
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  const begun = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    write: (bytes) => void socket.write(bytes),
    pause: () => void socket.pause(),
    cut: () => void socket.destroy(),
    begun,
    ended,
  };
}

interface HeadOptions {
  /** Default: /graphql. */
  readonly path?: string;
  readonly token?: string;
  readonly requestId?: string;
  readonly accept?: string;
  /** The content length in bytes. Absent: the length of the body. */
  readonly length?: number;
}

/** A GraphQL request over HTTP: head and body. */
export function requestOf(operation: { query: string; variables?: object }, options: HeadOptions = {}): string {
  const body = JSON.stringify(operation);
  return `${headOf({ length: Buffer.byteLength(body), ...options })}${body}`;
}

export function headOf({ path = '/graphql', token, requestId, accept, length = 0 }: HeadOptions): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    `content-length: ${length}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(requestId === undefined ? [] : [`x-request-id: ${requestId}`]),
    ...(accept === undefined ? [] : [`accept: ${accept}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}
