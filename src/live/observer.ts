export type LiveField = 'rewardGranted' | 'courseRewardGranted' | 'pomodoroChanged';

/** Receives what happens in the feed, for metrics. */
export interface FeedObserver {
  /** @param isResumed whether the client named the event to resume after */
  opened(field: LiveField, isResumed: boolean): void;
  /** Nobody listens to that subscription any more. No metric needs this: the tests see by it that none is left over. */
  closed(field: LiveField): void;
  /** @param committedAt by the database's clock; null if the event was read from the ledger or made by a timer */
  delivered(field: LiveField, committedAt: Date | null): void;
  /** @param historyLost whether every subscription has to catch up from the database */
  streamReopened(historyLost: boolean): void;
}

/** Passes the events on, and reports each to the observer. */
export async function* observed<Delivered extends { readonly committedAt: Date | null }, Event>(
  field: LiveField,
  observer: FeedObserver,
  events: AsyncGenerator<Delivered>,
  toEvent: (events: Delivered) => Event,
): AsyncGenerator<Event> {
  for await (const each of events) {
    observer.delivered(field, each.committedAt);
    yield toEvent(each);
  }
}
