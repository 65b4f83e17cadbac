import './notices.css';
import { type ReactNode, useSyncExternalStore } from 'react';
import { words } from '../words/en';
import { Button } from './button';

type NoticeKind = 'ok' | 'warn';

interface StoredNotice {
  readonly id: number;
  readonly text: string;
  readonly kind: NoticeKind;
}

/** More would cover the page. */
const MOST_NOTICES = 3;

let notices: readonly StoredNotice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly StoredNotice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

/**
 * Tells the person what happened, without moving the focus. A notice stays until it is dismissed or newer ones replace
 * it: nobody has to read against a clock.
 */
export function notify(text: string, kind: NoticeKind = 'ok'): void {
  lastId += 1;
  set([...notices.filter((notice) => notice.text !== text), { id: lastId, text, kind }].slice(-MOST_NOTICES));
}

export const clearNotices = (): void => set([]);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The one place of all notices. It is always there, so that screen readers announce what comes.
 * @param children notices that have a life of their own
 */
export function NoticeRegion({ children }: { children?: ReactNode }) {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <section className="notices" aria-label={words.shell.notices} aria-live="polite">
      {shown.map(({ id, text, kind }) => (
        <Notice key={id} kind={kind} onDismiss={() => set(notices.filter((notice) => notice.id !== id))}>
          <span>{text}</span>
        </Notice>
      ))}
      {children}
    </section>
  );
}

/** @param onDismiss absent: it goes by itself */
export const Notice = ({
  kind,
  onDismiss,
  children,
}: {
  kind: NoticeKind;
  onDismiss?: () => void;
  children: ReactNode;
}) => (
  <div className={`notice notice-${kind}`} data-takes-focus>
    {children}
    {onDismiss && (
      <Button look="link" onClick={onDismiss}>
        {words.shell.dismiss}
      </Button>
    )}
  </div>
);
