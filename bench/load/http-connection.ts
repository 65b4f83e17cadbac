import { connect, type Socket } from 'node:net';

/**
 * One keep-alive connection that posts GraphQL requests. It does as little work as possible, because it shares the
 * processor cores with the measured server. It can only read responses with a content-length, which all measured
 * servers send.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #pending: { resolve(body: string): void; reject(error: Error): void } | null = null;

  constructor(url: string) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Whether it can send a request. A server closes a connection that has been idle for long. */
  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Sends a request. Only one may be in flight. @returns the body of the response, whatever its status */
  post(token: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) throw new Error('the server closed the connection');
      this.#pending = { resolve, reject };
      this.#socket.write(
        `POST /graphql HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\n` +
          `authorization: Bearer ${token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#pending = null;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /^content-length: (\d+)/im.exec(this.#received.toString('latin1', 0, headEnd))?.[1];
    if (length === undefined) {
      this.#fail(new Error('a response without a content-length'));
      return;
    }
    const bodyEnd = headEnd + 4 + Number(length);
    if (this.#received.length < bodyEnd) return;
    const body = this.#received.toString('utf8', headEnd + 4, bodyEnd);
    this.#received = this.#received.subarray(bodyEnd);
    const { resolve } = this.#pending ?? {};
    this.#pending = null;
    resolve?.(body);
  }

  #fail(error: Error): void {
    const { reject } = this.#pending ?? {};
    this.#pending = null;
    reject?.(error);
  }
}

/** A pool of connections to one server. A request waits while all connections are busy and the maximum is open. */
export class ConnectionPool {
  #idle: HttpConnection[] = [];
  readonly #waiting: ((connection: HttpConnection) => void)[] = [];
  #openCount = 0;

  constructor(
    readonly url: string,
    readonly maxConnections: number,
  ) {}

  async post(token: string, body: string): Promise<string> {
    const connection = this.#takeIdle() ?? (await this.#openOrWait());
    try {
      return await connection.post(token, body);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#idle.push(connection);
    }
  }

  #takeIdle(): HttpConnection | undefined {
    const open = this.#idle.filter(({ isOpen }) => isOpen);
    this.#openCount -= this.#idle.length - open.length;
    this.#idle = open;
    return open.pop();
  }

  #openOrWait(): HttpConnection | Promise<HttpConnection> {
    if (this.#openCount >= this.maxConnections) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#openCount += 1;
    return new HttpConnection(this.url);
  }
}
