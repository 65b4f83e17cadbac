import { useState } from 'react';
import { useParams } from 'wouter';
import { StudentOfClassDocument, type StudentOfClassQuery } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { useServerClock } from '../api/use-server-clock';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { Button } from '../ui/button';
import { BarChart, Heatmap } from '../ui/chart';
import { Card, Columns } from '../ui/page';
import { Ring } from '../ui/ring';
import { words } from '../words/en';
import { dateTime, day, number } from '../words/format';
import { BonusDialog } from './bonus-dialog';
import { CourseFrame } from './course-frame';
import { lastDays } from './days';
import { PeriodField, usePeriod } from './period-field';
import { StudentLedger } from './student-ledger';

type Student = NonNullable<StudentOfClassQuery['student']>;

/** One student: progress, charts, submissions and the ledger. */
export default function StudentPage() {
  const params = useParams<{ courseId: string; studentId: string }>();
  return <OneStudent key={params.studentId} {...params} />;
}

function OneStudent({ courseId, studentId }: { courseId: string; studentId: string }) {
  const [days, chooseDays] = usePeriod();
  const [isGiving, setIsGiving] = useState(false);
  const now = useServerClock().now();
  const answer = useSteadyAnswer(useAnswer(StudentOfClassDocument, { id: studentId, ...lastDays(days, now) }));
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ student }) => student}
      title={(student) => student?.displayName ?? words.classStudent.title}
      actions={<Button onClick={() => setIsGiving(true)}>{words.roster.giveBonus}</Button>}
    >
      {(student) => (
        <>
          <Columns>
            <Card title={words.classStudent.progress}>
              <Progress student={student} />
            </Card>
            <Card title={words.classStudent.badges}>
              <Badges student={student} />
            </Card>
          </Columns>
          <PeriodField days={days} onChoose={chooseDays} />
          <Card title={words.classStudent.charts}>
            <Charts days={student.dailyProgress} />
          </Card>
          <StudentLedger courseId={courseId} student={student} />
          {isGiving && <BonusDialog courseId={courseId} students={[student]} onClose={() => setIsGiving(false)} />}
        </>
      )}
    </CourseFrame>
  );
}

function Progress({ student }: { student: Student }) {
  const { level, xp, xpForNextLevel, auraPoints, streak, email, timeZone, runningPomodoro } = student;
  const xpText = words.classStudent.xp(number(xp), number(xpForNextLevel));
  return (
    <div className="progress">
      <Ring fraction={xp / xpForNextLevel} label={words.classStudent.levelAndXp(level, xpText)}>
        <strong>{words.classStudent.level(level)}</strong>
        <br />
        <span className="small number">{xpText}</span>
      </Ring>
      <dl className="facts">
        <Fact name={words.classStudent.auraPoints} text={words.course.aura(number(auraPoints))} />
        <Fact
          name={words.classStudent.streak}
          text={words.classStudent.streakText(streak.days, streak.longest, streak.freezes)}
        />
        <Fact
          name={words.classStudent.lastActive}
          text={streak.lastActiveOn ? day(streak.lastActiveOn) : words.roster.neverActive}
        />
        <Fact name={words.classStudent.submissionCount} text={number(student.submissionCount)} />
        <Fact
          name={words.classStudent.focus}
          text={words.classStudent.focusText(
            number(Math.floor(student.totalPomodoroSeconds / 60)),
            student.pomodoroCount,
          )}
        />
        {runningPomodoro && (
          <Fact
            name={words.classStudent.running}
            text={words.classStudent.runningText(runningPomodoro.plannedMinutes, dateTime(runningPomodoro.startedAt))}
          />
        )}
        {email !== null && <Fact name={words.classStudent.email} text={email} />}
        <Fact name={words.classStudent.timeZone} text={timeZone} />
      </dl>
    </div>
  );
}

const Fact = ({ name, text }: { name: string; text: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{text}</dd>
  </div>
);

const Badges = ({ student: { unlockedBadges } }: { student: Student }) =>
  unlockedBadges.length === 0 ? (
    <p className="muted">{words.classStudent.noBadges}</p>
  ) : (
    <ul className="lines">
      {unlockedBadges.map(({ badge, unlockedAt }) => (
        <li key={badge.id}>
          <strong>{badge.name}</strong>
          <br />
          <span className="small muted">{words.classStudent.unlocked(badge.description, dateTime(unlockedAt))}</span>
        </li>
      ))}
    </ul>
  );

function Charts({ days }: { days: Student['dailyProgress'] }) {
  const minutes = days.map(({ focusedSeconds }) => Math.floor(focusedSeconds / 60));
  const sum = (values: readonly number[]) => number(values.reduce((total, value) => total + value, 0));
  const points = days.map(({ auraPoints }) => auraPoints);
  const date = (index: number) => days[index]?.date ?? '';
  return (
    <>
      <BarChart
        title={words.charts.focusTitle(sum(minutes), days.length)}
        points={minutes.map((value, index) => ({
          date: date(index),
          value,
          text: words.course.minutes(number(value)),
        }))}
      />
      <BarChart
        title={words.charts.auraTitle(sum(points), days.length)}
        points={points.map((value, index) => ({ date: date(index), value, text: words.course.aura(number(value)) }))}
      />
      <Heatmap
        title={words.charts.calendarTitle(points.filter((value) => value > 0).length, days.length)}
        points={points.map((value, index) => ({ date: date(index), value, text: words.course.aura(number(value)) }))}
      />
    </>
  );
}
