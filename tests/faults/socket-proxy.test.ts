import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SocketProxy, startSocketProxy } from './socket-proxy.js';

let server: net.Server;
let accepted: net.Socket[];
let proxy: SocketProxy;
let client: net.Socket;
let received: string;

beforeEach(async () => {
  accepted = [];
  received = '';
  server = net.createServer((socket) => void accepted.push(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await startSocketProxy(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  client = net.connect(Number(new URL(proxy.url).port), '127.0.0.1');
  client
    .on('error', () => {})
    .on('data', (data) => {
      received += String(data);
    });
  await once(client, 'connect');
  if (accepted.length === 0) await once(server, 'connection');
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

const untilReceived = async (text: string) => {
  while (received !== text) await once(client, 'data');
};

/** Unlike once(), it does not reject when the connection is reset. */
const closed = (socket: net.Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));

test('everything passes both ways', async () => {
  client.write('to the server');
  expect(String((await once(accepted[0]!, 'data'))[0])).toBe('to the server');
  accepted[0]!.write('to the client');
  await untilReceived('to the client');
});

test('a cut ends the connection on both sides', async () => {
  const bothClosed = Promise.all([closed(client), closed(accepted[0]!)]);
  accepted[0]!.resume();
  expect(proxy.cutOne(0.99)).toBe(true);
  await bothClosed;
  expect(proxy.cutOne(0.5)).toBe(false);
});

test('while it stalls, nothing reaches the client and the server can send only what the buffers hold', async () => {
  proxy.stall();
  const large = Buffer.alloc(64 * 1_048_576, 'x');
  let isSent = false;
  accepted[0]!.write(large, () => {
    isSent = true;
  });
  await sleep(300);
  expect(received).toBe('');
  expect(isSent).toBe(false);
  proxy.resume();
  while (received.length < large.length) await once(client, 'data');
});

test('when the server ends a connection during a stall, what it sent before still arrives', async () => {
  proxy.stall();
  accepted[0]!.end('the last words');
  await sleep(50);
  proxy.resume();
  await closed(client);
  expect(received).toBe('the last words');
});
