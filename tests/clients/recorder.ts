/** A fetch that records the requests of a client. */
export interface Sent {
  readonly method: string;
  /** The hash of the query, if the client sent one. */
  readonly hash: string | undefined;
  readonly query: string | undefined;
}

export function createRecorder(): { readonly fetch: typeof fetch; readonly sent: readonly Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch(input, init) {
      const { searchParams } = new URL(String(input));
      const body = init?.body ? JSON.parse(String(init.body)) : Object.fromEntries(searchParams);
      const extensions = typeof body.extensions === 'string' ? JSON.parse(body.extensions) : body.extensions;
      sent.push({ method: init?.method ?? 'GET', hash: extensions?.persistedQuery?.sha256Hash, query: body.query });
      return fetch(input, init);
    },
  };
}
