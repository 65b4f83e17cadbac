import { createContext, useContext } from 'react';
import { createServerClock, type ServerClock } from './server-clock';

export const ServerClockContext = createContext<ServerClock>(createServerClock());

export const useServerClock = (): ServerClock => useContext(ServerClockContext);
