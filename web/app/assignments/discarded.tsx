import { Card } from '../ui/page';
import { words } from '../words/en';
import { dateTime } from '../words/format';
import type { DiscardedSubmission } from './use-discarded';

export interface DiscardedProps {
  readonly discarded: DiscardedSubmission;
  readonly isClosed: boolean;
  readonly timeZone: string;
}

/** That what was handed in does not count, why, and what to do next. */
export function Discarded({ discarded: { submission, content, correction }, isClosed, timeZone }: DiscardedProps) {
  const { submittedAt, discardedAt } = submission;
  return (
    <Card title={words.assignment.discardedTitle}>
      <p>{words.assignment.discarded(dateTime(submittedAt, timeZone), dateTime(discardedAt, timeZone))}</p>
      {correction && correction.note !== null && (
        <p>{words.assignment.discardedWhy(correction.note, correction.by?.displayName ?? null)}</p>
      )}
      <p>{isClosed ? words.assignment.closedForAgain : words.assignment.handInAgain}</p>
      {content !== null && (
        <details>
          <summary>{words.assignment.formerText}</summary>
          <p className="long-text">{content}</p>
        </details>
      )}
    </Card>
  );
}
