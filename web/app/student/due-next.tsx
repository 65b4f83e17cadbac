import { Link } from 'wouter';
import type { HomeQuery } from '../api/generated/student';
import { type LevelState, nextLevelWith } from '../api/next-level';
import { ButtonLink } from '../ui/button';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { dateTime, number, relativeTime, signed } from '../words/format';

export type Course = HomeQuery['courses']['edges'][number]['node'];

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
  const open = openAssignments(courses).slice(0, MOST_SHOWN);
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

/** What can still be handed in: the earliest due date first. */
const openAssignments = (courses: readonly Course[]) =>
  courses
    .flatMap(({ assignments }) => assignments.edges)
    .map(({ node }) => node)
    .flatMap(({ pointsNow, mySubmission, myExtension, ...rest }) =>
      pointsNow === null || mySubmission ? [] : [{ ...rest, pointsNow, dueDate: myExtension?.dueDate ?? rest.dueDate }],
    )
    .sort((one, other) => Date.parse(one.dueDate) - Date.parse(other.dueDate));

function payOf(student: LevelState, points: number): string {
  const text = words.home.auraPoints(signed(points));
  const next = nextLevelWith(student, points);
  return next === null || next.discarded === 0
    ? words.home.pays(text)
    : words.home.paysAndLevels(text, next.level, number(next.discarded));
}
