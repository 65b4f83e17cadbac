import type { Types } from 'mongoose';
import { Inbox } from './subscription.js';

/** The inboxes of the subscriptions, by student or by course. */
export class Listeners<News> {
  readonly #inboxes = new Map<string, Set<Inbox<News>>>();

  /** @param onEnd called when the subscription has ended */
  add(id: Types.ObjectId, onEnd: () => void): Inbox<News> {
    const key = id.toHexString();
    const inboxes = this.#inboxes.get(key) ?? new Set();
    this.#inboxes.set(key, inboxes);
    const inbox = new Inbox<News>(() => {
      inboxes.delete(inbox);
      if (inboxes.size === 0) this.#inboxes.delete(key);
      onEnd();
    });
    inboxes.add(inbox);
    return inbox;
  }

  has(id: Types.ObjectId): boolean {
    return this.#inboxes.has(id.toHexString());
  }

  tell(key: string, news: News): void {
    for (const inbox of this.#inboxes.get(key) ?? []) inbox.put(news);
  }

  tellAll(news: News): void {
    for (const key of [...this.#inboxes.keys()]) this.tell(key, news);
  }

  endAll(): void {
    for (const inboxes of [...this.#inboxes.values()]) for (const inbox of [...inboxes]) inbox.end();
  }
}
