import './notices.css';
import { useSyncExternalStore } from 'react';
import { words } from '../words/en';
import { Button } from './button';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'ok' | 'warn';
}

/** More would cover the page. */
const MOST_NOTICES = 3;

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

/**
 * Tells the person what happened, without moving the focus. A notice stays until it is dismissed or newer ones replace
 * it: nobody has to read against a clock.
 */
export function notify(text: string, kind: Notice['kind'] = 'ok'): void {
  lastId += 1;
  set([...notices.filter((notice) => notice.text !== text), { id: lastId, text, kind }].slice(-MOST_NOTICES));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The one place of all notices. It is always there, so that screen readers announce what comes. */
export function NoticeRegion() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <section className="notices" aria-label={words.shell.notices} aria-live="polite">
      {shown.map(({ id, text, kind }) => (
        <div key={id} className={`notice notice-${kind}`}>
          <span>{text}</span>
          <Button look="link" onClick={() => set(notices.filter((notice) => notice.id !== id))}>
            {words.shell.dismiss}
          </Button>
        </div>
      ))}
    </section>
  );
}
