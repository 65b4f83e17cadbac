/** The account whose token the page sends. It is stored per browser tab, so two tabs can use two accounts. */
export interface Account {
  accessToken: string;
  /** Absent if the token was pasted, since the page does not know its owner. */
  displayName?: string;
  /** The server answered UNAUTHENTICATED to this token. */
  rejected?: boolean;
}

const STORAGE_KEY = 'auraledger:access-token';

function load(): Account | null {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null');
    return isAccount(stored) ? stored : null;
  } catch {
    return null;
  }
}

function isAccount(value: unknown): value is Account {
  return typeof value === 'object' && value !== null && typeof (value as Account).accessToken === 'string';
}

let account = load();
const listeners = new Set<() => void>();

export function currentAccount(): Account | null {
  return account;
}

/** Remembers the account for this browser tab; null signs out. */
export function setAccount(next: Account | null): void {
  account = next;
  if (next) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  else sessionStorage.removeItem(STORAGE_KEY);
  for (const listener of listeners) listener();
}

export function onAccountChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Sets the account from a pasted token, with or without the word Bearer. An empty text signs out. */
export function setPastedToken(text: string): void {
  const accessToken = text.trim().replace(/^Bearer\s+/i, '');
  setAccount(accessToken ? { accessToken } : null);
}
