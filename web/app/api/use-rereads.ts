import { createContext, useContext } from 'react';
import { createRereads, type Rereads } from './rereads';

export const RereadsContext = createContext<Rereads>(createRereads());

/** `ask()` loads what the page shows again, for instance after an event that it cannot apply by itself. */
export const useRereads = (): Rereads => useContext(RereadsContext);
