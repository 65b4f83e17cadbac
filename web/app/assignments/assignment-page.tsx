import './assignment.css';
import { Link, useParams } from 'wouter';
import { datesOf, isClosed as isClosedAt } from '../api/assignment-dates';
import { AssignmentToDoDocument, type AssignmentToDoQuery } from '../api/generated/assignments';
import { useAnswer } from '../api/use-answer';
import { useAskAtSteps } from '../api/use-ask-at-steps';
import { useNow } from '../api/use-now';
import { ButtonLink } from '../ui/button';
import { Card, Column, Columns, Page } from '../ui/page';
import { PaidReward } from '../ui/paid-reward';
import { Answered, Empty } from '../ui/states';
import { words } from '../words/en';
import { dateTime, number, relativeTime } from '../words/format';
import { Discarded } from './discarded';
import { Editor } from './editor';
import { Graded } from './graded';
import { useDiscarded } from './use-discarded';
import { useHandIn } from './use-hand-in';

export type Assignment = NonNullable<AssignmentToDoQuery['assignment']>;
type Student = Extract<AssignmentToDoQuery['me'], { __typename: 'Student' }>;

export default function AssignmentPage() {
  const { id } = useParams<{ id: string }>();
  const answer = useAnswer(AssignmentToDoDocument, { id });
  const title = answer.data?.assignment?.title ?? words.assignment.title;
  return (
    <Page title={title}>
      <Answered answer={answer}>
        {({ me, assignment }) =>
          me.__typename === 'Student' && assignment ? (
            <ToDo key={id} student={me} assignment={assignment} />
          ) : (
            <Empty>
              <p>{words.assignment.missing}</p>
              <ButtonLink href="/assignments">{words.assignment.toAll}</ButtonLink>
            </Empty>
          )
        }
      </Answered>
    </Page>
  );
}

function ToDo({ student, assignment }: { student: Student; assignment: Assignment }) {
  const { id, instructions, course, mySubmission } = assignment;
  const now = useNow();
  const discarded = useDiscarded(assignment);
  const handIn = useHandIn(assignment, discarded?.submission.id ?? null);
  const reward = handIn.reward ?? mySubmission?.reward ?? null;
  const isClosed = isClosedAt(assignment, now);
  useAskAtSteps(handIn.handedIn ? [] : [assignment], now);
  return (
    <Columns>
      <Column>
        <Card>
          <Dates assignment={assignment} isClosed={isClosed} timeZone={student.timeZone} now={now} />
          <p className="long-text">{instructions ?? words.assignment.noInstructions}</p>
        </Card>
        {discarded && handIn.reward === null && (
          <Discarded discarded={discarded} isClosed={isClosed} timeZone={student.timeZone} />
        )}
        {mySubmission?.gradedAt && <Graded submission={mySubmission} timeZone={student.timeZone} />}
        <Editor assignment={assignment} handIn={handIn} isClosed={isClosed} student={student} />
      </Column>
      <Column>
        <Card>
          <p>{words.assignment.course(course.name)}</p>
          {!isClosed && !handIn.handedIn && (
            <ButtonLink href={`/focus?assignment=${id}`}>{words.assignment.focus}</ButtonLink>
          )}
        </Card>
        <div role="status">{reward && <PaidReward reward={reward} isReplay={handIn.isReplay} />}</div>
        {mySubmission && mySubmission.reward.worth !== mySubmission.reward.auraPoints && (
          <Card>
            <p>{words.assignment.countsToday(number(mySubmission.reward.worth))}</p>
            <Link href="/ledger">{words.assignment.toLedger}</Link>
          </Card>
        )}
      </Column>
    </Columns>
  );
}

function Dates({
  assignment,
  isClosed,
  timeZone,
  now,
}: {
  assignment: Assignment;
  isClosed: boolean;
  timeZone: string;
  now: number;
}) {
  const { dueDate, closesAt } = datesOf(assignment);
  return (
    <>
      <p>{words.assignment.due(dateTime(dueDate, timeZone), relativeTime(dueDate, now))}</p>
      <p>
        {closesAt === null
          ? words.assignment.neverCloses
          : isClosed
            ? words.assignment.closed(dateTime(closesAt, timeZone))
            : words.assignment.closes(dateTime(closesAt, timeZone), relativeTime(closesAt, now))}
      </p>
      {assignment.myExtension && <p>{words.assignment.extended(assignment.myExtension.note)}</p>}
    </>
  );
}
