import { Link, useLocation, useParams } from 'wouter';
import { SubmissionsOfAssignmentDocument, SubmissionToReadDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useAnswer } from '../api/use-answer';
import { useServerClock } from '../api/use-server-clock';
import { Button } from '../ui/button';
import { Card, Columns } from '../ui/page';
import { useSingleKeys } from '../ui/single-keys';
import { words } from '../words/en';
import { dateTime, relativeTime, signed } from '../words/format';
import { CourseFrame } from './course-frame';
import { Status } from './hand-in-table';
import { paths } from './paths';
import { RewardLines } from './reward-lines';

interface Params {
  readonly courseId: string;
  readonly assignmentId: string;
  readonly submissionId: string;
}

/** Each submission is a page of its own: its heading takes the focus. */
export default function SubmissionPage() {
  const params = useParams() as unknown as Params;
  return <Reading key={params.submissionId} {...params} />;
}

function Reading({ courseId, assignmentId, submissionId }: Params) {
  const answer = useAnswer(SubmissionToReadDocument, { id: submissionId });
  const now = useServerClock().now();
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ submission }) => submission}
      title={(submission) =>
        words.reading.title(submission && [submission.student.displayName, submission.assignment.title])
      }
    >
      {({ content, submittedAt, revisedAt, late, student, assignment, reward }) => (
        <>
          <NextAndPrevious courseId={courseId} assignmentId={assignmentId} submissionId={submissionId} />
          <Columns>
            <Card title={words.reading.text}>
              <p className="long-text">{content}</p>
            </Card>
            <Card title={words.reading.about}>
              <dl className="facts">
                <div>
                  <dt>{words.handIn.student}</dt>
                  <dd>
                    <Link href={paths.student(courseId, student.id)}>{student.displayName}</Link>
                  </dd>
                </div>
                <div>
                  <dt>{words.reading.assignment}</dt>
                  <dd>
                    <Link href={paths.assignment(courseId, assignmentId)}>{assignment.title}</Link>
                  </dd>
                </div>
                <div>
                  <dt>{words.handIn.status}</dt>
                  <dd>
                    <Status status={late ? 'late' : 'onTime'} />
                  </dd>
                </div>
                <div>
                  <dt>{words.handIn.submittedAt}</dt>
                  <dd>{words.course.when(dateTime(submittedAt), relativeTime(submittedAt, now))}</dd>
                </div>
                <div>
                  <dt>{words.classAssignments.due}</dt>
                  <dd>{dateTime(assignment.dueDate)}</dd>
                </div>
                {revisedAt && (
                  <div>
                    <dt>{words.handIn.revisedAt}</dt>
                    <dd>{dateTime(revisedAt)}</dd>
                  </div>
                )}
                <div>
                  <dt>{words.handIn.paid}</dt>
                  <dd>{words.course.aura(signed(reward.auraPoints))}</dd>
                </div>
              </dl>
              <RewardLines reward={reward} />
            </Card>
          </Columns>
        </>
      )}
    </CourseFrame>
  );
}

/** Through the submissions of an assignment, newest first, by buttons and by the keys n and p. */
function NextAndPrevious({ courseId, assignmentId, submissionId }: Params) {
  const { data } = useAllPages(SubmissionsOfAssignmentDocument, { id: assignmentId }, ({ assignment }) => {
    return assignment?.submissions;
  });
  const [, navigate] = useLocation();
  const ids = data?.nodes.map(({ id }) => id) ?? [];
  const position = ids.indexOf(submissionId);
  const goTo = (index: number) => {
    const id = position < 0 ? undefined : ids[index];
    return id === undefined ? undefined : () => navigate(paths.submission(courseId, assignmentId, id));
  };
  const [next, previous] = [goTo(position + 1), goTo(position - 1)];
  useSingleKeys({ n: next, p: previous });
  return (
    <nav className="toolbar" aria-label={words.reading.order}>
      <Button aria-disabled={!previous} aria-keyshortcuts="p" onClick={previous}>
        {words.reading.previous}
      </Button>
      <span className="number">{position < 0 ? '' : words.reading.position(position + 1, ids.length)}</span>
      <Button aria-disabled={!next} aria-keyshortcuts="n" onClick={next}>
        {words.reading.next}
      </Button>
    </nav>
  );
}
