/** Requests that fetch would not send: their bytes are written as they are. */
import net from 'node:net';
import type { Answer } from './client.js';

/** Reads the answer to its end, so the request has to be one after which the server closes the connection. */
export async function sendBytes(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname).setNoDelay();
  for (const part of parts) {
    socket.write(part);
    // One packet each, as far as that can be had.
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
  /** Absent: "host: x". Each line without its end. */
  readonly host?: readonly string[];
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

const QUESTION = '{"query":"{ badges { id } }"}';

/** A request as bytes, after which the connection is closed. Absent parts are those of a good one. */
export function rawRequest(request: RawRequest = {}): Buffer {
  const { method = 'POST', target = '/graphql', version = '1.1', host = ['host: x'], headers = [] } = request;
  const body = Buffer.from(request.body ?? QUESTION);
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
