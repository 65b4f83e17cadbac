/** Tells the queries on the page that the server's state has changed: a reward was paid, or events were missed. */
export interface Rereads {
  /** Queries are asked again, once for all that happens together. */
  ask(): void;
  subscribe(listener: () => void): () => void;
}

/** An answer and its live event come within this. Milliseconds. */
const TOGETHER_MS = 50;

export function createRereads(): Rereads {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ask() {
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        for (const listener of [...listeners]) listener();
      }, TOGETHER_MS);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
