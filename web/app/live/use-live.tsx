import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import type { Feed, LiveStatus } from './feed';

export const FeedContext = createContext<Feed | null>(null);

const NOTHING: LiveStatus = { kind: 'connecting', since: 0 };

/** Whether what the page shows follows the server by itself; if not, since when. */
export function useLiveStatus(): LiveStatus {
  const feed = useContext(FeedContext);
  return useSyncExternalStore(feed?.onStatus ?? neverChanges, feed?.status ?? (() => NOTHING));
}

const neverChanges = () => () => {};

/**
 * Calls `next` with each event while the component is shown.
 * @param options.variables read again at each connection, so that it resumes where the page is
 * @param options.resumed connected again after a loss: ask for what has no sequence
 */
export function useLive<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  options: { next: (data: Data) => void; variables?: () => Variables; resumed?: () => void },
): void {
  const feed = useContext(FeedContext);
  const latest = useRef(options);
  latest.current = options;
  useEffect(
    () =>
      feed?.subscribe<Data>({
        query: stringifyDocument(document),
        // graphql-ws makes JSON of it at each connection.
        variables: { toJSON: () => latest.current.variables?.() },
        next: (data) => latest.current.next(data),
        resumed: () => latest.current.resumed?.(),
      }),
    [feed, document],
  );
}
