import type { mongo } from 'mongoose';

/** The connections to all servers of the database that this process has, at this moment. */
export interface PoolState {
  readonly open: number;
  readonly inUse: number;
  /** Commands that wait for a connection. */
  readonly waiting: number;
}

/** Counts the connections of a client by its events. @returns a function that returns the state now */
export function countConnections(client: mongo.MongoClient): () => PoolState {
  const state = { open: 0, inUse: 0, waiting: 0 };
  client.on('connectionCreated', () => {
    state.open += 1;
  });
  client.on('connectionClosed', () => {
    state.open -= 1;
  });
  client.on('connectionCheckOutStarted', () => {
    state.waiting += 1;
  });
  client.on('connectionCheckOutFailed', () => {
    state.waiting -= 1;
  });
  client.on('connectionCheckedOut', () => {
    state.waiting -= 1;
    state.inUse += 1;
  });
  client.on('connectionCheckedIn', () => {
    state.inUse -= 1;
  });
  return () => ({ ...state });
}
