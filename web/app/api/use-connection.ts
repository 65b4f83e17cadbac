import { createContext, useContext, useSyncExternalStore } from 'react';
import { type Connection, createConnection } from './connection';

export const ConnectionContext = createContext<Connection>(createConnection());

/** Whether the last request got no answer. */
export function useIsOffline(): boolean {
  const { subscribe, isLost } = useContext(ConnectionContext);
  return useSyncExternalStore(subscribe, isLost);
}
