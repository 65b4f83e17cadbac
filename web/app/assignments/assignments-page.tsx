import { Link } from 'wouter';
import { datesOf, isClosed } from '../api/assignment-dates';
import {
  AssignmentCoursesDocument,
  CourseAssignmentsDocument,
  type CourseAssignmentsQuery,
} from '../api/generated/assignments';
import { gradeOf } from '../api/grade';
import { useAddress } from '../api/use-address';
import { useAllPages } from '../api/use-all-pages';
import { useAnswer } from '../api/use-answer';
import { useAskAtSteps } from '../api/use-ask-at-steps';
import { useNow } from '../api/use-now';
import { usePagesInAddress } from '../api/use-pages';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { ButtonLink } from '../ui/button';
import { SelectField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Answered, Empty, NoMatch } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { dateTime, number, relativeTime, signed } from '../words/format';

type Assignment = NonNullable<CourseAssignmentsQuery['course']>['assignments']['edges'][number]['node'];
type Kind = 'all' | 'to-do' | 'handed-in';

const isKind = (text: string | null): text is Kind => text !== null && ['all', 'to-do', 'handed-in'].includes(text);

/** Filter and pages are in the address, so that going back from an assignment finds them again. */
export default function AssignmentsPage() {
  const answer = useAllPages(AssignmentCoursesDocument, {}, ({ courses }) => courses);
  const { params, set } = useAddress();
  const show = params.get('show');
  const kind = isKind(show) ? show : 'all';
  return (
    <Page title={words.assignments.title}>
      <Answered answer={answer}>
        {({ data: { me }, nodes: courses }) =>
          courses.length === 0 ? (
            <Empty>
              <p>{words.assignments.noCourse}</p>
              <ButtonLink href="/">{words.assignments.toHome}</ButtonLink>
            </Empty>
          ) : (
            <>
              <SelectField
                label={words.assignments.show}
                value={kind}
                onChange={({ target }) => set({ show: target.value })}
                options={[
                  ['all', words.assignments.all],
                  ['to-do', words.assignments.toDo],
                  ['handed-in', words.assignments.handedIn],
                ]}
              />
              {courses.map(({ id, name }) => (
                <Card key={id} title={name}>
                  <CourseAssignments
                    courseId={id}
                    name={name}
                    timeZone={me.__typename === 'Student' ? me.timeZone : 'UTC'}
                    kind={kind}
                    onClear={() => set({ show: null })}
                  />
                </Card>
              ))}
            </>
          )
        }
      </Answered>
    </Page>
  );
}

interface CourseAssignmentsProps {
  readonly courseId: string;
  readonly name: string;
  readonly timeZone: string;
  readonly kind: Kind;
  readonly onClear: () => void;
}

function CourseAssignments({ courseId, name, timeZone, kind, onClear }: CourseAssignmentsProps) {
  const { after, pagerOf } = usePagesInAddress(`after-${courseId}`);
  const answer = useSteadyAnswer(useAnswer(CourseAssignmentsDocument, { courseId, after }));
  const now = useNow();
  const all = answer.data?.course?.assignments.edges.map(({ node }) => node) ?? [];
  useAskAtSteps(
    all.filter(({ mySubmission }) => mySubmission === null),
    now,
  );
  return (
    <Answered answer={answer}>
      {({ course }) => {
        const shown = all.filter((assignment) => isOf(kind, assignment, now));
        if (all.length === 0) return <p>{words.assignments.none}</p>;
        return (
          <>
            {shown.length === 0 ? (
              <NoMatch text={words.assignments.noMatch} onClear={onClear} />
            ) : (
              <AssignmentTable name={name} rows={shown} timeZone={timeZone} now={now} />
            )}
            <Pager {...pagerOf(course?.assignments.pageInfo ?? null)} />
          </>
        );
      }}
    </Answered>
  );
}

interface AssignmentTableProps {
  readonly name: string;
  readonly rows: readonly Assignment[];
  readonly timeZone: string;
  readonly now: number;
}

const AssignmentTable = ({ name, rows, timeZone, now }: AssignmentTableProps) => (
  <Table
    caption={words.assignments.caption(name)}
    rows={rows}
    rowKey={({ id }) => id}
    columns={[
      {
        header: words.assignments.name,
        cell: ({ id, title }) => <Link href={`/assignments/${id}`}>{title}</Link>,
      },
      {
        header: words.assignments.due,
        cell: (assignment) => <Due assignment={assignment} timeZone={timeZone} now={now} />,
      },
      { header: words.assignments.state, cell: (assignment) => stateOf(assignment, now) },
      {
        header: words.assignments.payingNow,
        isNumber: true,
        cell: (assignment) => (isOf('to-do', assignment, now) ? signed(assignment.pointsNow ?? 0) : ''),
      },
    ]}
  />
);

/** When it is due for this student, who may have other dates than the class. */
function Due({ assignment, timeZone, now }: { assignment: Assignment; timeZone: string; now: number }) {
  const { myExtension } = assignment;
  const due = datesOf(assignment).dueDate;
  return (
    <>
      {dateTime(due, timeZone)} <span className="muted">({relativeTime(due, now)})</span>
      {myExtension && (
        <p className="small muted">
          {words.assignments.extended}
          {myExtension.closesAt && `. ${words.assignments.closes(dateTime(myExtension.closesAt, timeZone))}`}
        </p>
      )}
    </>
  );
}

function isOf(kind: Kind, assignment: Assignment, now: number): boolean {
  const { mySubmission, pointsNow } = assignment;
  if (kind === 'all') return true;
  return kind === 'handed-in'
    ? mySubmission !== null
    : mySubmission === null && pointsNow !== null && !isClosed(assignment, now);
}

function stateOf(assignment: Assignment, now: number): string {
  const { mySubmission, pointsNow } = assignment;
  if (mySubmission) {
    const { late, reward } = mySubmission;
    const grade = gradeOf(mySubmission);
    const points = number(reward.auraPoints);
    const state = late ? words.assignments.isHandedInLate(points) : words.assignments.isHandedIn(points);
    return grade === null ? state : words.assignments.isGraded(state, grade);
  }
  if (pointsNow === null || isClosed(assignment, now)) return words.assignments.isClosed;
  return Date.parse(datesOf(assignment).dueDate) < now ? words.assignments.isLate : words.assignments.isOpen;
}
