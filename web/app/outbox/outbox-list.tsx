import './outbox-list.css';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button, ButtonLink } from '../ui/button';
import { words } from '../words/en';
import { dateTime } from '../words/format';
import type { Entry, Refused } from './entry';
import { isWaiting } from './outbox';
import { type Grant, useEntries, useOutbox } from './use-outbox';

/** How many requests of the signed-in account wait or were refused: what the person may want to look at. */
export function useOpenCount(): { readonly waiting: number; readonly refused: number } {
  const entries = useEntries() ?? [];
  return {
    waiting: entries.filter(isWaiting).length,
    refused: entries.filter(({ outcome }) => outcome.kind === 'refused').length,
  };
}

/** What waits, what was refused and what was given up, with what the person can do. Nothing where all is done. */
export function OutboxList() {
  const entries = (useEntries() ?? []).filter(({ outcome }) => outcome.kind !== 'accepted');
  if (entries.length === 0) return null;
  return (
    <ul className="outbox">
      {entries.map((entry) => (
        <li key={entry.id}>
          <OutboxEntry entry={entry}>
            {isWrong(entry) && entry.draft !== null && (
              <ButtonLink href={entry.href}>{words.outbox.changeText}</ButtonLink>
            )}
          </OutboxEntry>
        </li>
      ))}
    </ul>
  );
}

/**
 * What became of a click, for its page: that it waits, or why it was refused; nothing once it is accepted.
 * @param children a further action, for instance to replace a text that has been submitted already
 */
export function GrantState({
  grant: { entry, isStorageBroken },
  children,
}: {
  grant: Pick<Grant<unknown, unknown>, 'entry' | 'isStorageBroken'>;
  children?: ReactNode;
}) {
  if (isStorageBroken) return <p role="alert">{words.outbox.storageBroken}</p>;
  if (entry === null || entry.outcome.kind === 'accepted') return null;
  return <OutboxEntry entry={entry}>{children}</OutboxEntry>;
}

function OutboxEntry({ entry, children }: { entry: Entry; children?: ReactNode }) {
  const { id, label, href, createdAt, outcome } = entry;
  const outbox = useOutbox();
  return (
    <article aria-label={label} className="outbox-entry">
      <p>
        <Link href={href}>{label}</Link> <span className="muted">{dateTime(createdAt)}</span>
      </p>
      <p role="status">{stateOf(entry)}</p>
      {outcome.kind === 'refused' && outcome.refusal.requestId && (
        <p className="small muted">{words.states.requestId(outcome.refusal.requestId)}</p>
      )}
      <div className="outbox-actions">
        {children}
        {outcome.kind === 'waiting' && <Button onClick={() => outbox.hurry()}>{words.outbox.tryNow}</Button>}
        {outcome.kind === 'refused' && !isWrong(entry) && (
          <Button onClick={() => outbox.retry(id)}>{words.outbox.retry}</Button>
        )}
        {outcome.kind === 'dropped' && (
          <>
            <Button onClick={() => outbox.undoDrop(id)}>{words.outbox.undoDrop}</Button>
            <Button onClick={() => outbox.dismiss(id)}>{words.outbox.forget}</Button>
          </>
        )}
        {isWrong(entry) && <Button onClick={() => outbox.dismiss(id)}>{words.outbox.discard}</Button>}
        {outcome.kind !== 'dropped' && !isWrong(entry) && (
          <Button look="danger" onClick={() => outbox.drop(id)}>
            {words.outbox.drop}
          </Button>
        )}
      </div>
    </article>
  );
}

/** The server refused the input itself: the same request can only be refused again. */
const isWrong = ({ outcome }: Entry): boolean =>
  outcome.kind === 'refused' && outcome.refusal.code === 'BAD_USER_INPUT';

/** In the words of the page, where those of the server speak of its API. */
export function whyRefused({ code, message }: Refused): string {
  if (code === 'ALREADY_SUBMITTED') return words.outbox.otherTextSubmitted;
  return code === 'NOTHING_TO_CHANGE' ? words.outbox.nothingToChange : message;
}

function stateOf({ outcome, attempts }: Entry): string {
  switch (outcome.kind) {
    case 'waiting':
      return attempts === 0 ? words.outbox.notSentYet : words.outbox.noAnswerYet(attempts);
    case 'refused':
      return whyRefused(outcome.refusal);
    case 'dropped':
      return attempts === 0 ? words.outbox.droppedUnsent : words.outbox.droppedMaybeSent;
    default:
      return '';
  }
}
