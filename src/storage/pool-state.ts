import type { mongo } from 'mongoose';

/** The connections of this process to all servers of the database, at one moment. */
export interface PoolState {
  readonly open: number;
  readonly inUse: number;
  /** Commands that wait for a connection. */
  readonly waiting: number;
}

type ConnectionEvent = Pick<mongo.ConnectionCreatedEvent, 'address' | 'connectionId'>;

let current: () => PoolState = () => ({ open: 0, inUse: 0, waiting: 0 });

/** @returns the state of the pool whose client was watched last */
export const poolState = (): PoolState => current();

/** Counts the connections of a client by its events. */
export function watchPool(client: mongo.MongoClient): void {
  const open = new Set<string>();
  const inUse = new Set<string>();
  let waiting = 0;
  // A connection can be older than this listener. It is known from the first command that uses it.
  const add = (event: ConnectionEvent) => open.add(keyOf(event));
  client.on('connectionCreated', add);
  client.on('connectionClosed', (event) => {
    open.delete(keyOf(event));
    inUse.delete(keyOf(event));
  });
  client.on('connectionCheckOutStarted', () => {
    waiting += 1;
  });
  client.on('connectionCheckOutFailed', () => {
    waiting -= 1;
  });
  client.on('connectionCheckedOut', (event) => {
    waiting -= 1;
    add(event);
    inUse.add(keyOf(event));
  });
  client.on('connectionCheckedIn', (event) => inUse.delete(keyOf(event)));
  current = () => ({ open: open.size, inUse: inUse.size, waiting: Math.max(0, waiting) });
}

/** The driver numbers the connections of each server. */
const keyOf = ({ address, connectionId }: ConnectionEvent): string => `${address} ${connectionId}`;
