import { Link } from 'wouter';
import { type GradedSubmission, gradeOf } from '../api/grade';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { dateTime } from '../words/format';

export interface GradedProps {
  readonly submission: GradedSubmission & {
    readonly feedback: string | null;
    readonly gradedAt: string | null;
  };
  readonly timeZone: string;
}

/** The grade and what the teacher wrote with it. */
export function Graded({ submission, timeZone }: GradedProps) {
  const { feedback, gradedAt } = submission;
  const grade = gradeOf(submission);
  if (grade === null || gradedAt === null) return null;
  return (
    <Card title={words.assignment.grade}>
      <p>
        <strong>{words.assignment.gradeOf(grade)}</strong>{' '}
        <span className="muted">{words.assignment.gradedAt(dateTime(gradedAt, timeZone))}</span>
      </p>
      {feedback === null ? (
        <p className="muted">{words.assignment.noFeedback}</p>
      ) : (
        <p className="long-text">{feedback}</p>
      )}
      <p className="small">
        {words.assignment.gradePays} <Link href="/ledger">{words.assignment.toLedger}</Link>
      </p>
    </Card>
  );
}
