import { Link, useParams } from 'wouter';
import { ClassAssignmentsDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useNow } from '../api/use-now';
import { ButtonLink } from '../ui/button';
import { Card } from '../ui/page';
import { Empty } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { dateTime, number, relativeTime } from '../words/format';
import { CourseFrame, NotWhole } from './course-frame';
import { paths } from './paths';

export default function AssignmentsPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const now = useNow();
  const answer = useAllPages(ClassAssignmentsDocument, { id: courseId }, ({ course }) => course?.assignments);
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.course}
      title={(course) => words.classAssignments.title(course?.name ?? null)}
      actions={<ButtonLink href={paths.newAssignment(courseId)}>{words.classAssignments.create}</ButtonLink>}
    >
      {(_, { nodes, isWhole }) =>
        nodes.length === 0 ? (
          <Empty>
            <p>{words.classAssignments.none}</p>
            <ButtonLink look="primary" href={paths.newAssignment(courseId)}>
              {words.classAssignments.createFirst}
            </ButtonLink>
          </Empty>
        ) : (
          <Card>
            <Table
              caption={words.classAssignments.caption(nodes.length)}
              rows={nodes.toSorted((one, other) => Date.parse(other.dueDate) - Date.parse(one.dueDate))}
              rowKey={({ id }) => id}
              columns={[
                {
                  header: words.classAssignments.name,
                  cell: ({ id, title }) => <Link href={paths.assignment(courseId, id)}>{title}</Link>,
                },
                {
                  header: words.classAssignments.due,
                  cell: ({ dueDate }) => words.course.when(dateTime(dueDate), relativeTime(dueDate, now)),
                },
                { header: words.classAssignments.closes, cell: ({ closesAt }) => closing(closesAt, now) },
                {
                  header: words.classAssignments.handedIn,
                  isNumber: true,
                  cell: ({ submissionCount }) => number(submissionCount),
                },
              ]}
            />
            {!isWhole && <NotWhole shown={nodes.length} />}
          </Card>
        )
      }
    </CourseFrame>
  );
}

function closing(closesAt: string | null, now: number): string {
  if (closesAt === null) return words.classAssignments.neverCloses;
  if (Date.parse(closesAt) <= now) return words.classAssignments.closed(dateTime(closesAt));
  return dateTime(closesAt);
}
