import { useParams } from 'wouter';
import { RosterDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useServerClock } from '../api/use-server-clock';
import { Button } from '../ui/button';
import { Card } from '../ui/page';
import { Empty } from '../ui/states';
import { words } from '../words/en';
import { CourseFrame, NotWhole } from './course-frame';
import { lastDays } from './days';
import { download } from './download';
import { JoinCode } from './join-code';
import { rosterCsv } from './roster-csv';
import { RosterTable } from './roster-table';

/** Of each student's sparkline. */
const DAYS = 14;

export default function RosterPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const clock = useServerClock();
  const answer = useAllPages(
    RosterDocument,
    { id: courseId, ...lastDays(DAYS, clock.now()) },
    ({ course }) => course?.students,
    { keptAs: { id: courseId, days: DAYS } },
  );

  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.course}
      title={(course) => words.roster.title(course?.name ?? null)}
    >
      {({ name, joinCode }, { nodes, isWhole }) => (
        <>
          {joinCode !== null && (
            <Card title={words.joinCode.title}>
              <JoinCode joinCode={joinCode} courseName={name} />
              {nodes.length === 0 && (
                <Empty>
                  <p>{words.roster.none}</p>
                </Empty>
              )}
            </Card>
          )}
          {nodes.length > 0 && (
            <Card title={words.roster.students(nodes.length)}>
              <RosterTable courseId={courseId} students={nodes} days={DAYS} />
              {!isWhole && <NotWhole shown={nodes.length} />}
              <div className="toolbar">
                <Button onClick={() => download(...rosterCsv(name, nodes, clock.now()))}>{words.roster.csv}</Button>
                <span className="muted small">{words.roster.csvHint(nodes.length)}</span>
              </div>
            </Card>
          )}
        </>
      )}
    </CourseFrame>
  );
}
