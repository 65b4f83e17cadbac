import { useState } from 'react';
import { useParams } from 'wouter';
import {
  LeaderboardCoursesDocument,
  LeaderboardDocument,
  type LeaderboardPeriod,
  type LeaderboardQuery,
} from '../api/generated/leaderboard';
import { useAllPages } from '../api/use-all-pages';
import { useAnswer } from '../api/use-answer';
import { usePages } from '../api/use-pages';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { ButtonLink } from '../ui/button';
import { SelectField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Answered, Empty } from '../ui/states';
import { Table } from '../ui/table';
import { Tabs } from '../ui/tabs';
import { words } from '../words/en';
import { number } from '../words/format';

type Board = NonNullable<LeaderboardQuery['course']>['leaderboard'];

const PERIODS: readonly { path: string; period: LeaderboardPeriod; text: string }[] = [
  { path: 'week', period: 'WEEK', text: words.leaderboard.week },
  { path: 'month', period: 'MONTH', text: words.leaderboard.month },
  { path: 'all-time', period: 'ALL_TIME', text: words.leaderboard.allTime },
];

const tabs = PERIODS.map(({ path, text }) => ({ href: `/leaderboard/${path}`, text }));

export default function LeaderboardPage() {
  const { period: path } = useParams<{ period: string }>();
  const answer = useAllPages(LeaderboardCoursesDocument, {}, ({ courses }) => courses);
  const [chosen, setChosen] = useState<string | null>(null);
  const { period } = PERIODS.find((one) => one.path === path) ?? PERIODS[0]!;
  return (
    <Page title={words.leaderboard.title}>
      <Answered answer={answer}>
        {({ nodes: courses }) => {
          const course = courses.find(({ id }) => id === chosen) ?? courses[0];
          if (!course) return <NoCourse />;
          return (
            <>
              {courses.length > 1 && (
                <SelectField
                  label={words.leaderboard.course}
                  value={course.id}
                  onChange={({ target }) => setChosen(target.value)}
                  options={courses.map(({ id, name }) => [id, name] as const)}
                />
              )}
              <Tabs label={words.leaderboard.periods} tabs={tabs} />
              <Leaderboard
                key={`${course.id} ${period}`}
                courseId={course.id}
                courseName={course.name}
                period={period}
              />
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

function NoCourse() {
  return (
    <Empty>
      <p>{words.leaderboard.noCourse}</p>
      <ButtonLink href="/">{words.leaderboard.toHome}</ButtonLink>
    </Empty>
  );
}

function Leaderboard({
  courseId,
  courseName,
  period,
}: {
  courseId: string;
  courseName: string;
  period: LeaderboardPeriod;
}) {
  const { after, pagerOf } = usePages();
  const answer = useSteadyAnswer(useAnswer(LeaderboardDocument, { courseId, period, after }));
  return (
    <Answered answer={answer}>
      {({ course }) =>
        course && (
          <>
            <Card title={words.leaderboard.place}>
              <p>{placeOf(course.leaderboard.me)}</p>
              {period !== 'ALL_TIME' && <p className="muted small">{words.leaderboard.utc}</p>}
            </Card>
            <Card title={courseName}>
              {course.leaderboard.edges.length === 0 ? (
                <Empty>
                  <p>{words.leaderboard.none}</p>
                  <ButtonLink href="/focus">{words.focus.open}</ButtonLink>
                </Empty>
              ) : (
                <Ranks board={course.leaderboard} />
              )}
              <Pager {...pagerOf(course.leaderboard.pageInfo)} />
            </Card>
          </>
        )
      }
    </Answered>
  );
}

const placeOf = (me: Board['me']): string =>
  me === null ? words.leaderboard.noPlace : words.leaderboard.myPlace(number(me.rank), number(me.auraPoints));

const Ranks = ({ board }: { board: Board }) => (
  <Table
    caption={words.leaderboard.caption}
    rows={board.edges}
    rowKey={({ cursor }) => cursor}
    columns={[
      {
        header: words.leaderboard.name,
        cell: ({ node: { displayName, isMe } }) => (isMe ? words.leaderboard.you(displayName) : displayName),
      },
      { header: words.leaderboard.rank, isNumber: true, cell: ({ node }) => number(node.rank) },
      { header: words.leaderboard.aura, isNumber: true, cell: ({ node }) => number(node.auraPoints) },
      { header: words.leaderboard.level, isNumber: true, cell: ({ node }) => number(node.level) },
    ]}
  />
);
