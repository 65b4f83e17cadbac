/** A fetch that notes what a client sent. */
export interface Sent {
  readonly method: string;
  /** Of the query, where one was sent. */
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
