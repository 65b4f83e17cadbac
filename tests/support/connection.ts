/** Connections as they are, without a client that opens, keeps and repeats as it likes. */
import net from 'node:net';

export interface Connection {
  write(bytes: string): void;
  /** Reads nothing from now on. */
  pause(): void;
  /** Hangs up. */
  cut(): void;
  /** Resolves when anything has come back. */
  readonly begun: Promise<void>;
  /** Everything that came back, when the server has ended the connection, or it was cut. */
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

interface Told {
  readonly token?: string;
  readonly requestId?: string;
  /** Absent: that of the body. */
  readonly length?: number;
}

/** A request to GraphQL, head and body. */
export function requestOf(asked: { query: string; variables?: object }, told: Told = {}): string {
  const body = JSON.stringify(asked);
  return `${headOf({ length: Buffer.byteLength(body), ...told })}${body}`;
}

export function headOf({ token, requestId, length = 0 }: Told): string {
  const head = [
    'POST /graphql HTTP/1.1',
    'host: x',
    'content-type: application/json',
    `content-length: ${length}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(requestId === undefined ? [] : [`x-request-id: ${requestId}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}
