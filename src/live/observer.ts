export type LiveField = 'rewardGranted' | 'courseRewardGranted' | 'pomodoroChanged';

/** Is told what happens in the feed: for the metrics of the process. */
export interface FeedObserver {
  /** @param isResumed whether it goes on from an event that its client has named */
  opened(field: LiveField, isResumed: boolean): void;
  closed(field: LiveField): void;
  /** @param committedAt by the database's clock; null where the event is none of the change stream's */
  delivered(field: LiveField, committedAt: Date | null): void;
  /** @param historyLost every subscription reads from the database what it missed */
  streamReopened(historyLost: boolean): void;
}

/** Passes on what is told, and tells the observer of it. */
export async function* observed<Told extends { readonly committedAt: Date | null }, Event>(
  field: LiveField,
  observer: FeedObserver,
  told: AsyncGenerator<Told>,
  toEvent: (told: Told) => Event,
): AsyncGenerator<Event> {
  for await (const each of told) {
    observer.delivered(field, each.committedAt);
    yield toEvent(each);
  }
}
