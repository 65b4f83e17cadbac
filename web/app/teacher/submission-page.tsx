import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import {
  SubmissionsOfAssignmentDocument,
  SubmissionToReadDocument,
  type SubmissionToReadQuery,
} from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useAnswer } from '../api/use-answer';
import { useNow } from '../api/use-now';
import { Button } from '../ui/button';
import { Card, Column, Columns } from '../ui/page';
import { useSingleKeys } from '../ui/single-keys';
import { words } from '../words/en';
import { dateTime, relativeTime, signed } from '../words/format';
import { CourseFrame } from './course-frame';
import { DiscardDialog } from './discard-dialog';
import { useEarlyDigits } from './early-digits';
import { ExtensionDialog } from './extension-dialog';
import { GradeForm } from './grade-form';
import { Status } from './hand-in-table';
import { paths } from './paths';
import { RewardDialog } from './reward-dialog';
import { RewardLines } from './reward-lines';
import { type Extension, useExtensions } from './use-extensions';

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

type Submission = NonNullable<SubmissionToReadQuery['submission']>;

function Reading({ courseId, assignmentId, submissionId }: Params) {
  const neighbours = useNeighbours({ courseId, assignmentId, submissionId });
  const answer = useAnswer(SubmissionToReadDocument, { id: submissionId });
  const { extensionOf } = useExtensions(assignmentId);
  const earlyDigits = useEarlyDigits(answer.data === null);
  const now = useNow();
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ submission }) => submission}
      title={(submission) =>
        words.reading.title(submission && [submission.student.displayName, submission.assignment.title])
      }
    >
      {(submission) => {
        const { content, submittedAt, revisedAt, late, discardedAt, student, assignment, reward } = submission;
        const extension = extensionOf(student.id);
        return (
          <>
            <NextAndPrevious {...neighbours} />
            <Columns>
              <Column>
                <Card title={words.reading.text}>
                  <p className="long-text">{content}</p>
                </Card>
                <Card title={words.reading.grade}>
                  {discardedAt === null ? (
                    <GradeForm
                      submission={submission}
                      student={student.displayName}
                      earlyDigits={earlyDigits}
                      onNext={neighbours.next}
                    />
                  ) : (
                    <p>{words.reading.discarded(dateTime(discardedAt))}</p>
                  )}
                </Card>
                <Card title={words.handIn.putRight}>
                  <PutRight submission={submission} extension={extension} />
                </Card>
              </Column>
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
                      <Status status={discardedAt ? 'discarded' : late ? 'late' : 'onTime'} />
                    </dd>
                  </div>
                  <div>
                    <dt>{words.handIn.submittedAt}</dt>
                    <dd>{words.course.when(dateTime(submittedAt), relativeTime(submittedAt, now))}</dd>
                  </div>
                  <div>
                    <dt>{words.classAssignments.due}</dt>
                    <dd>
                      {extension
                        ? words.reading.extendedTo(dateTime(extension.dueDate), dateTime(assignment.dueDate))
                        : dateTime(assignment.dueDate)}
                    </dd>
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
                  {reward.worth !== reward.auraPoints && (
                    <div>
                      <dt>{words.studentLedger.worth}</dt>
                      <dd>{words.course.aura(signed(reward.worth))}</dd>
                    </div>
                  )}
                </dl>
                <RewardLines reward={reward} />
              </Card>
            </Columns>
          </>
        );
      }}
    </CourseFrame>
  );
}

/** What can be put right where the submission is read. */
function PutRight({ submission, extension }: { submission: Submission; extension: Extension | null }) {
  const { id, discardedAt, student, assignment, reward } = submission;
  const [open, setOpen] = useState<'extend' | 'discard' | 'restore' | null>(null);
  const close = () => setOpen(null);
  return (
    <div className="toolbar">
      {discardedAt === null ? (
        <Button onClick={() => setOpen('discard')}>{words.handIn.discard}</Button>
      ) : (
        <Button onClick={() => setOpen('restore')}>{words.reading.countAgain}</Button>
      )}
      <Button onClick={() => setOpen('extend')}>{words.handIn.extend}</Button>
      {open === 'discard' && (
        <DiscardDialog submissionId={id} student={student.displayName} assignment={assignment.title} onClose={close} />
      )}
      {open === 'restore' && (
        <RewardDialog
          rewardId={reward.id}
          what={words.correction.rowOf(assignment.title, student.displayName)}
          worth={reward.worth}
          isRevoked
          onClose={close}
        />
      )}
      {open === 'extend' && (
        <ExtensionDialog assignment={assignment} student={student} former={extension} onClose={close} />
      )}
    </div>
  );
}

interface Neighbours {
  readonly position: number;
  readonly count: number;
  readonly next: (() => void) | undefined;
  readonly previous: (() => void) | undefined;
}

/** The submissions of the assignment around this one, newest first. */
function useNeighbours({ courseId, assignmentId, submissionId }: Params): Neighbours {
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
  return { position, count: ids.length, next: goTo(position + 1), previous: goTo(position - 1) };
}

/** Through the submissions, by buttons and by keys. */
function NextAndPrevious({ position, count, next, previous }: Neighbours) {
  useSingleKeys({ n: next, j: next, ArrowRight: next, p: previous, k: previous, ArrowLeft: previous });
  return (
    <nav className="toolbar" aria-label={words.reading.order}>
      <Button aria-disabled={!previous} aria-keyshortcuts="p k ArrowLeft" onClick={previous}>
        {words.reading.previous}
      </Button>
      <span className="number">{position < 0 ? '' : words.reading.position(position + 1, count)}</span>
      <Button aria-disabled={!next} aria-keyshortcuts="n j ArrowRight" onClick={next}>
        {words.reading.next}
      </Button>
    </nav>
  );
}
