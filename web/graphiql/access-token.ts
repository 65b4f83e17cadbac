/** Whose token the page sends. It lives as long as the browser tab, so that two tabs can be two people. */
export interface Account {
  accessToken: string;
  /** Absent where the token was pasted and nobody knows yet whose it is. */
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

/** What somebody pasted, with or without the word Bearer; an empty field signs out. */
export function takePastedToken(text: string): void {
  const accessToken = text.trim().replace(/^Bearer\s+/i, '');
  setAccount(accessToken ? { accessToken } : null);
}
