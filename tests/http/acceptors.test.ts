import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { addAcceptors } from '../../src/http/acceptors.js';
import { until } from '../support/until.js';

const server = createServer((_request, response) => void response.end('answered'));
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });

test('the other handles accept connections for the server until they are stopped', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = await addAcceptors(server, 511);
  // From now on only the other handles listen.
  server.close();
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toBe('answered');
  stop();
  await until(() => refuses(port), 'nobody listens any more');
});
