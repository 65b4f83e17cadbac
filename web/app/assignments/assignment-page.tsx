import './assignment.css';
import { useParams } from 'wouter';
import { AssignmentToDoDocument, type AssignmentToDoQuery } from '../api/generated/assignments';
import { nextLevelWith } from '../api/next-level';
import { useAnswer } from '../api/use-answer';
import { useNow } from '../api/use-now';
import { ButtonLink } from '../ui/button';
import { Card, Column, Columns, Page } from '../ui/page';
import { PaidReward } from '../ui/paid-reward';
import { Answered, Empty } from '../ui/states';
import { words } from '../words/en';
import { dateTime, number, relativeTime, signed } from '../words/format';
import { Editor } from './editor';
import { useHandIn } from './use-hand-in';

export type Assignment = NonNullable<AssignmentToDoQuery['assignment']>;
type Student = Extract<AssignmentToDoQuery['me'], { __typename: 'Student' }>;

/** "in 5 minutes" changes once a minute. Milliseconds. */
const RELATIVE_TIMES_EVERY_MS = 20_000;

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
  const now = useNow(RELATIVE_TIMES_EVERY_MS);
  const handIn = useHandIn(assignment);
  const reward = handIn.reward ?? mySubmission?.reward ?? null;
  const isClosed = assignment.closesAt !== null && Date.parse(assignment.closesAt) <= now;
  return (
    <Columns>
      <Column>
        <Card>
          <p className="long-text">{instructions ?? words.assignment.noInstructions}</p>
        </Card>
        <Editor assignment={assignment} handIn={handIn} isClosed={isClosed} timeZone={student.timeZone} />
      </Column>
      <Column>
        <Card>
          <Dates assignment={assignment} isClosed={isClosed} timeZone={student.timeZone} now={now} />
          {!reward && <PayNow assignment={assignment} student={student} />}
          <p>{words.assignment.course(course.name)}</p>
          {!isClosed && !mySubmission && (
            <ButtonLink href={`/focus?assignment=${id}`}>{words.assignment.focus}</ButtonLink>
          )}
        </Card>
        <div role="status">{reward && <PaidReward reward={reward} isReplay={handIn.isReplay} />}</div>
      </Column>
    </Columns>
  );
}

function Dates({
  assignment: { dueDate, closesAt },
  isClosed,
  timeZone,
  now,
}: {
  assignment: Assignment;
  isClosed: boolean;
  timeZone: string;
  now: number;
}) {
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
    </>
  );
}

/** What handing in pays by the server's rules, and what of it would be lost. */
function PayNow({ assignment: { pointsNow }, student }: { assignment: Assignment; student: Student }) {
  if (pointsNow === null) return null;
  const next = nextLevelWith(student, pointsNow);
  return (
    <p>
      <strong>{words.assignment.paysNow(signed(pointsNow))}</strong>{' '}
      {next && words.assignment.levelsUp(next.level, number(next.discarded))}
    </p>
  );
}
