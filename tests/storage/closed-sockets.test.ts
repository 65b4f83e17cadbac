/** A command is answered or fails, whenever the socket under it is closed. The driver alone could wait forever. */
import diagnosticsChannel from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { StudentModel } from '../../src/storage/models/student.js';
import { LinkedSockets } from '../faults/linked-sockets.js';
import { type Step, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenClass, givenStudent, submit } from '../support/given.js';
import { rewarded } from '../support/replays.js';
import { until } from '../support/until.js';

/** The client's end of every connection that this process has opened. */
const sockets = new Set<Socket>();
const collect = (message: unknown) => {
  const { socket } = message as { readonly socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
};
diagnosticsChannel.subscribe('net.client.socket', collect);
afterAll(() => void diagnosticsChannel.unsubscribe('net.client.socket', collect));

afterEach(() => void jest.restoreAllMocks());

const { MongoClient, MongoNetworkError } = mongoose.mongo;
const database = useDatabase();

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** @returns a client whose commands nobody reads after `stall` */
async function connectThroughProxy() {
  const { hostname, port } = new URL(database.uri);
  const accepted: Socket[] = [];
  const links = new LinkedSockets();
  const proxy = net.createServer((ours) => {
    accepted.push(ours);
    const theirs = net.connect(Number(port), hostname);
    links.link(ours, theirs);
    ours.pipe(theirs).pipe(ours);
  });
  close = () => links.close(proxy);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port: own } = proxy.address() as AddressInfo;
  const client = new MongoClient(`mongodb://127.0.0.1:${own}/?directConnection=true&retryWrites=false`);
  await client.db(database.name).command({ ping: 1 });
  return { client, stall: () => accepted.forEach((ours) => ours.unpipe().pause()) };
}

/** From now on, and until "close" is emitted, the sockets look open to the driver. */
const closeSockets = async () => {
  for (const socket of sockets) socket.destroy();
};

describe('a socket that is closed at the moment of a command', () => {
  test('a read is tried again', async () => {
    const student = await givenStudent();
    await closeSockets();
    expect(await StudentModel.findById(student)).toMatchObject({ _id: student });
  });

  test.each<[string, Step]>([
    ['its read', 'aggregate students'],
    ['its first write', 'update students'],
    ['its last write', 'insert rewards'],
    ['its commit', { target: mongoose.mongo.ClientSession.prototype, method: 'commitTransaction' }],
  ])('a grant is paid once (%s)', async (_, step) => {
    const { student, assignment } = await givenClass();
    stepInBefore(step, closeSockets);
    rewarded(await submit(student, assignment));
    expect(await expectExactLedger(student)).toHaveLength(1);
  });
});

describe('a command of which the server has taken only a part', () => {
  test.each([
    { how: 'the driver closes its socket', end: (socket: Socket) => socket.destroy() },
    { how: 'its socket fails', end: (socket: Socket) => socket.destroy(new Error('read ECONNRESET')) },
  ])('fails as an error of the network when $how', async ({ end }) => {
    const { client, stall } = await connectThroughProxy();
    stall();
    const inserted = client
      .db(database.name)
      .collection('unread')
      .insertOne({ text: 'x'.repeat(15_000_000) });
    const failed = expect(inserted).rejects.toThrow(MongoNetworkError);
    const isUnread = () => [...sockets].filter((socket) => socket.writableNeedDrain);
    await until(() => isUnread().length === 1, 'a command that the server does not take');
    for (const socket of isUnread()) end(socket);
    await failed;
    await client.close();
  });
});
