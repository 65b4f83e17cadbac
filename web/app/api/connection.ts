/** Whether the server can be reached, judged by what became of requests. navigator.onLine is often wrong. */
export interface Connection {
  readonly isLost: () => boolean;
  subscribe(listener: () => void): () => void;
  /** Each request reports whether it was answered. */
  report(isAnswered: boolean): void;
}

export function createConnection(): Connection {
  const listeners = new Set<() => void>();
  let isLost = false;
  return {
    isLost: () => isLost,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    report(isAnswered) {
      if (isLost === !isAnswered) return;
      isLost = !isAnswered;
      for (const listener of listeners) listener();
    },
  };
}
