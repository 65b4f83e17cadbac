import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { addAcceptors } from '../../src/http/acceptors.js';
import { until } from '../support/until.js';

const server = createServer(({ socket }, response) => void response.end(`sent at once: ${isSentAtOnce(socket)}`));
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** Node has no public way to ask whether a socket sends small packets without a delay. */
function isSentAtOnce(socket: net.Socket): unknown {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'kSetNoDelay');
  return key && Reflect.get(socket, key);
}

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });

test('the other handles accept connections for the server, as its own handle does, until they are stopped', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
  expect(await answer()).toBe('sent at once: true');
  const stop = await addAcceptors(server, 511);
  // From now on only the other handles listen.
  server.close();
  const answerOfOthers = await answer();
  stop();
  expect(answerOfOthers).toBe('sent at once: true');
  await until(() => refuses(port), 'nobody listens any more');
});
