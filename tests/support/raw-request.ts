/** Requests that fetch would not send. Their bytes are written unchanged. */
import net from 'node:net';
import type { Answer } from './client.js';

/** Sends bytes and reads until the connection closes, so the server must close it after this request. */
export async function sendBytes(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname).setNoDelay();
  for (const part of parts) {
    socket.write(part);
    // The pause makes it likely that each part is sent in its own packet.
    if (parts.length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  const [head = '', text = ''] = answer.replace('HTTP/1.1 100 Continue\r\n\r\n', '').split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const { data, errors = [] } = text.startsWith('{') ? JSON.parse(text) : {};
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: new Headers(lines.map((line) => line.split(': ', 2) as [string, string])),
    text,
    data,
    errors,
    code: errors[0]?.extensions.code,
  };
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Header lines, without line ends. Absent: "host: x". */
  readonly host?: readonly string[];
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

const VALID_BODY = '{"query":"{ badges { id } }"}';

/** A request as bytes, with "connection: close". Parts that are absent have the values of a valid request. */
export function rawRequest(request: RawRequest = {}): Buffer {
  const { method = 'POST', target = '/graphql', version = '1.1', host = ['host: x'], headers = [] } = request;
  const body = Buffer.from(request.body ?? VALID_BODY);
  const isFramed = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header));
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...host,
    'connection: close',
    ...(headers.some((header) => /^content-type:/i.test(header)) ? [] : ['content-type: application/json']),
    ...(isFramed ? [] : [`content-length: ${body.length}`]),
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
