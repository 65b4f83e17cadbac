/**
 * Mends a fault of the driver (mongodb 7.2 to 7.9, Connection.writeCommand). If a socket does not take a command at
 * once, the driver waits for its event "drain". It does not notice that the socket closes meanwhile, and then it waits
 * forever. Between the end of a socket and its event "close", every command is caught by that; after "close", the driver
 * sends none. A group of grants would never end: its students could not be paid again before the next start of the
 * server, and the connection would never return to the pool. An error of the socket was also passed on as it is, so
 * nothing was retried.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import mongoose from 'mongoose';

type Once = (socket: Socket, event: 'drain', options?: { readonly signal?: AbortSignal }) => Promise<void>;

const requireOfMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'));
/** The internal module from which the driver takes `once`, for this wait only. */
const utils = requireOfMongoose('mongodb/lib/utils.js') as { once: Once };
const { once } = utils;

utils.once = async (socket, event, { signal } = {}) => {
  const closed = new AbortController();
  const onClose = () => closed.abort(new Error('the socket was closed before it took the whole command'));
  socket.once('close', onClose);
  try {
    await once(socket, event, { signal: signal ? AbortSignal.any([signal, closed.signal]) : closed.signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new mongoose.mongo.MongoNetworkError((error as Error).message, { cause: error as Error });
  } finally {
    socket.off('close', onClose);
  }
};
