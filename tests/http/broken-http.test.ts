import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { refuseBrokenHttp } from '../../src/http/refusals.js';

let listener: Server | undefined;
afterEach(() => void listener?.close());

/** Both ends of a connection. */
async function connected(): Promise<{ ours: Socket; theirs: Socket }> {
  listener = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const theirs = net.connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [ours] = (await once(listener, 'connection')) as [Socket];
  return { ours, theirs };
}

/** Hands the connection over to the handler. @returns all that the client got, and all that was logged */
async function refused(code: string, { ours, theirs }: { ours: Socket; theirs: Socket }) {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  refuseBrokenHttp(log, () => undefined)(Object.assign(new Error('of a test'), { code }), ours);
  let answer = '';
  for await (const chunk of theirs.setEncoding('utf8')) answer += chunk;
  return { answer, logged: lines.join('') };
}

describe('bytes that are not HTTP', () => {
  test('are answered and logged', async () => {
    const { answer, logged } = await refused('HPE_INVALID_METHOD', await connected());
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(logged)).toMatchObject({ outcome: 'BAD_USER_INPUT', status: 400 });
  });

  test('are neither answered nor logged if their client has cut the connection', async () => {
    expect(await refused('ECONNRESET', await connected())).toEqual({ answer: '', logged: '' });
  });

  test('are neither answered nor logged if the connection is ended already', async () => {
    const both = await connected();
    both.ours.end();
    expect(await refused('HPE_INVALID_METHOD', both)).toEqual({ answer: '', logged: '' });
  });
});
