import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Account, Session } from './session';
import type { Gate } from './session-server';

export interface SessionServices {
  readonly session: Session;
  readonly gate: Gate;
}

export const SessionContext = createContext<SessionServices | null>(null);

export function useSession(): SessionServices {
  const services = useContext(SessionContext);
  if (!services) throw new Error('There is no session around this component.');
  return services;
}

/** Who is signed in; null: nobody. */
export function useAccountOrNobody(): Account | null {
  const { session } = useSession();
  return useSyncExternalStore(session.subscribe, session.account);
}

/** Who is signed in, for pages behind the sign-in. */
export function useAccount(): Account {
  const account = useAccountOrNobody();
  if (!account) throw new Error('This page is only for those who are signed in.');
  return account;
}
