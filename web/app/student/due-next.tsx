import { Link } from 'wouter';
import { datesOf, isClosed } from '../api/assignment-dates';
import type { HomeQuery } from '../api/generated/student';
import { type LevelState, nextLevelWith } from '../api/next-level';
import { useAskAtSteps } from '../api/use-ask-at-steps';
import { ButtonLink } from '../ui/button';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { dateTime, number, relativeTime, signed } from '../words/format';

export type Course = HomeQuery['courses']['edges'][number]['node'];
type Assignment = Course['assignments']['edges'][number]['node'];

/** More would push the rest of the page away. */
const MOST_SHOWN = 5;

export function DueNext({
  courses,
  student,
  now,
}: {
  courses: readonly Course[];
  student: LevelState & { readonly timeZone: string };
  now: number;
}) {
  const toDo = courses
    .flatMap(({ assignments }) => assignments.edges)
    .map(({ node }) => node)
    .filter(({ mySubmission }) => mySubmission === null);
  useAskAtSteps(toDo, now);
  const open = openOf(toDo, now).slice(0, MOST_SHOWN);
  return (
    <Card title={words.home.dueNext}>
      {open.length === 0 && (
        <p>
          {courses.some(({ assignments }) => assignments.edges.length > 0)
            ? words.home.nothingDue
            : words.home.noAssignments}
        </p>
      )}
      <ul className="due-next">
        {open.map(({ id, title, dueDate, pointsNow }) => (
          <li key={id}>
            <Link href={`/assignments/${id}`}>{title}</Link>
            <p>{words.home.due(dateTime(dueDate, student.timeZone), relativeTime(dueDate, now))}</p>
            <p className="muted">{payOf(student, pointsNow)}</p>
          </li>
        ))}
      </ul>
      <div>
        <ButtonLink href="/assignments">{words.home.allAssignments}</ButtonLink>
      </div>
    </Card>
  );
}

/** What can still be handed in: what is due next, and then what is overdue; in both, what is nearest to now comes first. */
function openOf(toDo: readonly Assignment[], now: number) {
  const left = ({ dueDate }: { dueDate: string }) => Date.parse(dueDate) - now;
  return toDo
    .flatMap(({ pointsNow, ...rest }) =>
      pointsNow === null || isClosed(rest, now) ? [] : [{ ...rest, pointsNow, dueDate: datesOf(rest).dueDate }],
    )
    .sort(
      (one, other) => Number(left(one) < 0) - Number(left(other) < 0) || Math.abs(left(one)) - Math.abs(left(other)),
    );
}

function payOf(student: LevelState, points: number): string {
  const text = words.home.auraPoints(signed(points));
  const next = nextLevelWith(student, points);
  return next === null || next.discarded === 0
    ? words.home.pays(text)
    : words.home.paysAndLevels(text, next.level, number(next.discarded));
}
