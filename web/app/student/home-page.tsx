import './home.css';
import { useSearchParams } from 'wouter';
import { inOnePage } from '../api/all-pages';
import { HomeDocument, type HomeQuery } from '../api/generated/student';
import { moreAssignments } from '../api/more-assignments';
import { type Ask, useAllPages } from '../api/use-all-pages';
import { useNow } from '../api/use-now';
import { ButtonLink } from '../ui/button';
import { Card, Column, Columns, Page } from '../ui/page';
import { Ring } from '../ui/ring';
import { Answered } from '../ui/states';
import { words } from '../words/en';
import { localDate, number, relativeTime, time } from '../words/format';
import { type Course, DueNext } from './due-next';
import { JoinCourse } from './join-course';

type Student = Extract<HomeQuery['me'], { __typename: 'Student' }>;

/** The earliest due date comes first, so what is due next may be on a later page. */
const withAllAssignments = async (course: Course, ask: Ask): Promise<Course> => ({
  ...course,
  assignments: await inOnePage(course.assignments, moreAssignments(course.id, ask)),
});

export function HomePage() {
  const answer = useAllPages(HomeDocument, {}, ({ courses }) => courses, { complete: withAllAssignments });
  return (
    <Page title={words.home.title}>
      <Answered answer={answer}>
        {({ data: { me }, nodes }) => me.__typename === 'Student' && <Home student={me} courses={nodes} />}
      </Answered>
    </Page>
  );
}

function Home({ student, courses }: { student: Student; courses: readonly Course[] }) {
  const now = useNow();
  const isFirst = courses.length === 0;
  // Who opens a teacher's link came to join.
  const isInvited = useSearchParams()[0].has('join');
  const join = <JoinCourse isFirst={isFirst} isInvited={isInvited} />;
  return (
    <Columns>
      <Column>
        {(isFirst || isInvited) && join}
        <Focus student={student} now={now} />
        {!isFirst && <DueNext courses={courses} student={student} now={now} />}
        {!isFirst && !isInvited && join}
      </Column>
      <Column>
        <Level student={student} />
        <Streak student={student} now={now} />
      </Column>
    </Columns>
  );
}

function Focus({ student: { runningPomodoro, timeZone }, now }: { student: Student; now: number }) {
  const isRunning = runningPomodoro?.status === 'RUNNING';
  return (
    <Card title={words.home.focus}>
      <p>
        {!isRunning
          ? words.home.notRunning
          : Date.parse(runningPomodoro.endsAt) <= now
            ? words.home.timeIsUp
            : words.home.running(time(runningPomodoro.endsAt, timeZone), relativeTime(runningPomodoro.endsAt, now))}
      </p>
      <div>
        <ButtonLink look="primary" href="/focus">
          {words.focus.open}
        </ButtonLink>
      </div>
    </Card>
  );
}

function Level({ student: { level, xp, xpForNextLevel, auraPoints } }: { student: Student }) {
  const text = words.home.xp(number(xp), number(xpForNextLevel));
  return (
    <Card title={words.home.level(level)}>
      <div className="home-ring">
        <Ring fraction={xp / xpForNextLevel} label={text}>
          <span className="number">{text}</span>
        </Ring>
      </div>
      <p>{words.home.toNextLevel(number(xpForNextLevel - xp), level + 1)}</p>
      <h3>{words.home.aura}</h3>
      <p className="home-aura number">{words.home.auraPoints(number(auraPoints))}</p>
      <p className="muted small">{words.home.auraHint}</p>
    </Card>
  );
}

function Streak({ student: { streak, timeZone }, now }: { student: Student; now: number }) {
  const { days, longest, freezes, lastActiveOn } = streak;
  return (
    <Card title={words.home.streak}>
      <p className="home-aura">{words.home.streakDays(days)}</p>
      <p>{lastActiveOn === localDate(now, timeZone) ? words.home.todayCounts : words.home.todayOpen}</p>
      <p>{words.home.longest(longest)}</p>
      <p>{words.home.freezes(freezes)}</p>
      <p className="muted small">{words.home.freezesHint}</p>
    </Card>
  );
}
