import { useParams } from 'wouter';
import { DailyProgressDocument, type DailyProgressQuery, ProgressZoneDocument } from '../api/generated/progress';
import { useAnswer } from '../api/use-answer';
import { useNow } from '../api/use-now';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { ButtonLink } from '../ui/button';
import { BarChart, Heatmap } from '../ui/chart';
import { Card, Page } from '../ui/page';
import { Answered, Empty } from '../ui/states';
import { Tabs } from '../ui/tabs';
import { words } from '../words/en';
import { localDate, number } from '../words/format';
import { firstOf, firstOfWeeks } from './days';

type Day = Extract<DailyProgressQuery['me'], { __typename: 'Student' }>['dailyProgress'][number];

const PERIODS = [7, 30, 90];
/** What fits the API's 366 days in whole weeks. */
const WEEKS = 52;
/** A new day begins while the page is open. Milliseconds. */
const TODAY_EVERY_MS = 60_000;

const tabs = [
  ...PERIODS.map((days) => ({ href: `/progress/${days}`, text: words.progress.days(days) })),
  { href: '/progress/calendar', text: words.progress.calendar },
];

export default function ProgressPage() {
  const { period } = useParams<{ period: string }>();
  const answer = useAnswer(ProgressZoneDocument, {});
  const now = useNow(TODAY_EVERY_MS);
  return (
    <Page title={words.progress.title}>
      <Tabs label={words.progress.period} tabs={tabs} />
      <Answered answer={answer}>
        {({ me }) => {
          if (me.__typename !== 'Student') return null;
          const today = localDate(now, me.timeZone);
          return period === 'calendar' ? (
            <Calendar from={firstOfWeeks(today, WEEKS)} to={today} />
          ) : (
            <Charts from={firstOf(today, daysOf(period))} to={today} days={daysOf(period)} />
          );
        }}
      </Answered>
    </Page>
  );
}

const daysOf = (period: string): number => PERIODS.find((days) => String(days) === period) ?? PERIODS[0]!;

function useDays(from: string, to: string) {
  return useSteadyAnswer(useAnswer(DailyProgressDocument, { from, to }, { dependsOn: ['Reward'] }));
}

const daysOfAnswer = ({ me }: DailyProgressQuery): readonly Day[] =>
  me.__typename === 'Student' ? me.dailyProgress : [];

const minutesOf = ({ focusedSeconds }: Day): number => Math.floor(focusedSeconds / 60);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function Charts({ from, to, days }: { from: string; to: string; days: number }) {
  const answer = useDays(from, to);
  return (
    <Answered answer={answer}>
      {(data) => {
        const rows = daysOfAnswer(data);
        const minutes = sum(rows.map(minutesOf));
        const aura = sum(rows.map(({ auraPoints }) => auraPoints));
        const handedIn = sum(rows.map(({ submissions }) => submissions));
        if (minutes + aura + handedIn === 0) return <NothingPaid days={days} />;
        return (
          <>
            <Card title={words.progress.focus}>
              <BarChart
                title={words.progress.focusFinding(number(minutes), rows.length)}
                points={rows.map((row) => ({
                  date: row.date,
                  value: minutesOf(row),
                  text: words.progress.minutesOfDay(number(minutesOf(row))),
                }))}
              />
            </Card>
            <Card title={words.progress.points}>
              <BarChart
                title={words.progress.pointsFinding(number(aura), rows.length)}
                points={rows.map(({ date, auraPoints }) => ({
                  date,
                  value: auraPoints,
                  text: words.progress.auraOfDay(number(auraPoints)),
                }))}
              />
              <p>{words.progress.handedIn(handedIn)}</p>
            </Card>
          </>
        );
      }}
    </Answered>
  );
}

function NothingPaid({ days }: { days: number }) {
  return (
    <Empty>
      <p>{words.progress.none(days)}</p>
      <ButtonLink href="/focus">{words.focus.open}</ButtonLink>
    </Empty>
  );
}

function Calendar({ from, to }: { from: string; to: string }) {
  const answer = useDays(from, to);
  return (
    <Answered answer={answer}>
      {(data) => {
        const rows = daysOfAnswer(data);
        const active = rows.filter(({ auraPoints }) => auraPoints > 0).length;
        return (
          <Card title={words.progress.year}>
            <Heatmap
              title={words.progress.activeFinding(active)}
              points={rows.map(({ date, auraPoints }) => ({
                date,
                value: auraPoints,
                text: words.progress.auraOfDay(number(auraPoints)),
              }))}
            />
          </Card>
        );
      }}
    </Answered>
  );
}
