import { useParams } from 'wouter';
import { RosterNamesDocument, SubmissionsOfAssignmentDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useNow } from '../api/use-now';
import { useServerClock } from '../api/use-server-clock';
import { Button, ButtonLink } from '../ui/button';
import { Card } from '../ui/page';
import { Answered, Empty } from '../ui/states';
import { words } from '../words/en';
import { dateTime, relativeTime } from '../words/format';
import { CourseFrame, NotWhole } from './course-frame';
import { download } from './download';
import { HandInTable } from './hand-in-table';
import { countOf, handInsOf } from './hand-ins';
import { paths } from './paths';
import { assignmentCsv } from './roster-csv';
import { useExtensions } from './use-extensions';

/** An assignment, who has handed it in, and who has not. */
export default function AssignmentPage() {
  const { courseId, assignmentId } = useParams<{ courseId: string; assignmentId: string }>();
  const clock = useServerClock();
  const answer = useAllPages(SubmissionsOfAssignmentDocument, { id: assignmentId }, ({ assignment }) => {
    return assignment?.submissions;
  });
  const roster = useAllPages(RosterNamesDocument, { id: courseId }, ({ course }) => course?.students);
  const { extensionOf } = useExtensions(assignmentId);
  const now = useNow();

  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.assignment}
      title={(assignment) => assignment?.title ?? words.classAssignment.title}
      actions={
        <ButtonLink href={paths.changeAssignment(courseId, assignmentId)}>{words.classAssignment.change}</ButtonLink>
      }
    >
      {({ title, instructions, dueDate, closesAt }, { nodes, isWhole }) => (
        <>
          <Card title={words.classAssignment.details}>
            <dl className="facts">
              <div>
                <dt>{words.classAssignments.due}</dt>
                <dd>{words.course.when(dateTime(dueDate), relativeTime(dueDate, now))}</dd>
              </div>
              <div>
                <dt>{words.classAssignments.closes}</dt>
                <dd>{closesAt ? dateTime(closesAt) : words.classAssignments.neverCloses}</dd>
              </div>
            </dl>
            {instructions ? (
              <p className="long-text">{instructions}</p>
            ) : (
              <p className="muted">{words.classAssignment.noInstructions}</p>
            )}
          </Card>
          <Card title={words.classAssignment.handIns}>
            <Answered answer={roster}>
              {({ nodes: students, isWhole: isWholeRoster }) => {
                const handIns = handInsOf(students, nodes, {
                  dueDateOf: (id) => extensionOf(id)?.dueDate ?? dueDate,
                  now,
                });
                if (handIns.length === 0)
                  return (
                    <Empty>
                      <p>{words.classAssignment.noStudents}</p>
                      <ButtonLink href={paths.roster(courseId)}>{words.classAssignment.toJoinCode}</ButtonLink>
                    </Empty>
                  );
                return (
                  <>
                    <p>
                      {words.classAssignment.summary({
                        handedIn: nodes.length,
                        late: countOf(handIns, 'late'),
                        rest: handIns.length - nodes.length,
                      })}
                    </p>
                    <HandInTable
                      courseId={courseId}
                      assignment={{ id: assignmentId, title, dueDate, closesAt }}
                      handIns={handIns}
                      extensionOf={extensionOf}
                    />
                    {!(isWhole && isWholeRoster) && <NotWhole shown={handIns.length} />}
                    <div className="toolbar">
                      <Button onClick={() => download(...assignmentCsv(title, handIns, clock.now()))}>
                        {words.classAssignment.csv}
                      </Button>
                      <span className="muted small">{words.roster.csvHint(handIns.length)}</span>
                    </div>
                  </>
                );
              }}
            </Answered>
          </Card>
        </>
      )}
    </CourseFrame>
  );
}
