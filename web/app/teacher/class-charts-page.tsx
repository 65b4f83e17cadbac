import { useParams } from 'wouter';
import { RosterDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useServerClock } from '../api/use-server-clock';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { BarChart, Heatmap } from '../ui/chart';
import { Card } from '../ui/page';
import { Empty } from '../ui/states';
import { words } from '../words/en';
import { number } from '../words/format';
import { CourseFrame } from './course-frame';
import { lastDays } from './days';
import { JoinCode } from './join-code';
import { PeriodField, usePeriod } from './period-field';
import { type ClassDay, classDays } from './roster';

/** All students of a course together. */
export default function ClassChartsPage() {
  const { courseId } = useParams<{ courseId: string }>();
  return <ClassCharts key={courseId} courseId={courseId} />;
}

function ClassCharts({ courseId }: { courseId: string }) {
  const [days, chooseDays] = usePeriod();
  const now = useServerClock().now();
  const loaded = useAllPages(
    RosterDocument,
    { id: courseId, ...lastDays(days, now) },
    ({ course }) => course?.students,
    { keptAs: { id: courseId, days } },
  );
  const answer = useSteadyAnswer(loaded);
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.course}
      title={(course) => words.classCharts.title(course?.name ?? null)}
    >
      {({ name, joinCode }, { nodes }) =>
        nodes.length === 0 ? (
          <Empty>
            <p>{words.roster.none}</p>
            {joinCode !== null && <JoinCode joinCode={joinCode} courseName={name} />}
          </Empty>
        ) : (
          <>
            <PeriodField days={days} onChoose={chooseDays} />
            <Charts days={classDays(nodes)} students={nodes.length} />
          </>
        )
      }
    </CourseFrame>
  );
}

function Charts({ days, students }: { days: readonly ClassDay[]; students: number }) {
  const total = (counter: 'auraPoints' | 'focusedSeconds' | 'submissions') =>
    days.reduce((sum, day) => sum + day[counter], 0);
  const pointsOf = (numberOf: (day: ClassDay) => number, textOf: (value: number) => string) =>
    days.map((day) => ({ date: day.date, value: numberOf(day), text: textOf(numberOf(day)) }));
  return (
    <>
      <Card title={words.classCharts.active}>
        <Heatmap
          title={words.classCharts.activeTitle(days.filter(({ active }) => active > 0).length, days.length)}
          points={pointsOf(
            ({ active }) => active,
            (active) => words.classCharts.activeStudents(active, students),
          )}
        />
      </Card>
      <Card title={words.classCharts.focus}>
        <BarChart
          title={words.charts.focusTitle(number(minutesOf(total('focusedSeconds'))), days.length)}
          points={pointsOf(
            ({ focusedSeconds }) => minutesOf(focusedSeconds),
            (minutes) => words.course.minutes(number(minutes)),
          )}
        />
      </Card>
      <Card title={words.classCharts.points}>
        <BarChart
          title={words.charts.auraTitle(number(total('auraPoints')), days.length)}
          points={pointsOf(
            ({ auraPoints }) => auraPoints,
            (points) => words.course.aura(number(points)),
          )}
        />
      </Card>
      <Card title={words.classCharts.submissions}>
        <BarChart
          title={words.charts.submissionsTitle(total('submissions'), days.length)}
          points={pointsOf(
            ({ submissions }) => submissions,
            (count) => words.charts.submissions(count),
          )}
        />
      </Card>
    </>
  );
}

const minutesOf = (seconds: number): number => Math.floor(seconds / 60);
