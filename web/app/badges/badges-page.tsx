import './badges.css';
import { BadgesDocument, type BadgesQuery } from '../api/generated/badges';
import { useAnswer } from '../api/use-answer';
import { ButtonLink } from '../ui/button';
import { Card, Page } from '../ui/page';
import { Answered, Empty } from '../ui/states';
import { words } from '../words/en';
import { date, number } from '../words/format';

type Badge = BadgesQuery['badges'][number];
type Student = Extract<BadgesQuery['me'], { __typename: 'Student' }>;

export default function BadgesPage() {
  const answer = useAnswer(BadgesDocument, {});
  return (
    <Page title={words.badges.title}>
      <Answered answer={answer}>
        {({ badges, me }) => me.__typename === 'Student' && <Badges badges={badges} student={me} />}
      </Answered>
    </Page>
  );
}

function Badges({ badges, student }: { badges: readonly Badge[]; student: Student }) {
  const since = new Map(student.unlockedBadges.map(({ badge, unlockedAt }) => [badge.id, unlockedAt]));
  const held = badges.filter(({ id }) => since.has(id));
  const missing = badges.filter(({ id }) => !since.has(id));
  return (
    <>
      <Card title={words.badges.held(held.length)}>
        {held.length === 0 ? (
          <Empty>
            <p>{words.badges.noneHeld}</p>
            <ButtonLink href="/assignments">{words.badges.toAssignments}</ButtonLink>
          </Empty>
        ) : (
          <ul className="badges">
            {held.map(({ id, name, description }) => (
              <li key={id} className="badge badge-held">
                <h3>{name}</h3>
                <p>{description}</p>
                <p className="small">{words.badges.since(date(since.get(id)!, student.timeZone))}</p>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={words.badges.missing}>
        {missing.length === 0 && <p>{words.badges.allHeld}</p>}
        <ul className="badges">
          {missing.map((badge) => (
            <MissingBadge key={badge.id} badge={badge} student={student} />
          ))}
        </ul>
      </Card>
    </>
  );
}

function MissingBadge({
  badge: { name, description, counter, threshold },
  student,
}: {
  badge: Badge;
  student: Student;
}) {
  const have = countOf(counter, student);
  const text = TEXTS[counter](number(have), number(threshold));
  return (
    <li className="badge">
      <h3>{name}</h3>
      <p>{description}</p>
      <progress value={have} max={threshold} aria-label={text} />
      <p className="small number">
        {text}, {words.badges.more(number(Math.max(0, threshold - have)))}
      </p>
    </li>
  );
}

function countOf(counter: Badge['counter'], student: Student): number {
  switch (counter) {
    case 'SUBMISSIONS':
      return student.submissionCount;
    case 'FOCUS_MINUTES':
      return Math.floor(student.totalPomodoroSeconds / 60);
    case 'STREAK_DAYS':
      return student.streak.days;
    case 'LEVEL':
      return student.level;
  }
}

const TEXTS: Readonly<Record<Badge['counter'], (have: string, need: string) => string>> = {
  SUBMISSIONS: words.badges.submissions,
  FOCUS_MINUTES: words.badges.focusMinutes,
  STREAK_DAYS: words.badges.streakDays,
  LEVEL: words.badges.level,
};
