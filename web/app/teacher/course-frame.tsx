import './teacher.css';
import type { ReactNode } from 'react';
import { CourseToFillDocument } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { ButtonLink } from '../ui/button';
import { Page } from '../ui/page';
import { Answered, type AnsweredProps, Empty } from '../ui/states';
import { Tabs } from '../ui/tabs';
import { words } from '../words/en';
import { paths } from './paths';

export interface CourseFrameProps<Data, Subject> {
  readonly courseId: string;
  readonly answer: AnsweredProps<Data>['answer'];
  /** What the page is about; null: it does not exist, or not for this teacher. */
  readonly subjectOf: (data: Data) => Subject | null | undefined;
  /** The heading; its parameter is null until the subject is loaded. */
  readonly title: (subject: Subject | null) => string;
  /** Buttons and links beside the heading. */
  readonly actions?: ReactNode;
  readonly children: (subject: Subject, data: Data) => ReactNode;
}

/** Keeps the line of the name free, so that nothing moves when it comes. */
const NO_NAME = '\u00a0';

/** What is around every page of a course: its heading, the name of the course and the links to its other pages. */
export function CourseFrame<Data, Subject>(props: CourseFrameProps<Data, Subject>) {
  const { courseId, answer, subjectOf, title, actions, children } = props;
  const subject = (answer.data === null ? null : subjectOf(answer.data)) ?? null;
  const name = useAnswer(CourseToFillDocument, { id: courseId }).data?.course?.name;
  return (
    <Page title={title(subject)} actions={subject && actions}>
      <p className="muted">{name === undefined ? NO_NAME : words.course.named(name)}</p>
      <Tabs
        label={words.course.pages}
        tabs={[
          { href: paths.roster(courseId), text: words.roster.tab, below: paths.student(courseId, '') },
          {
            href: paths.assignments(courseId),
            text: words.classAssignments.tab,
            below: paths.assignment(courseId, ''),
          },
          { href: paths.feed(courseId), text: words.classFeed.tab },
          { href: paths.charts(courseId), text: words.classCharts.tab },
        ]}
      />
      <Answered answer={answer}>{(data) => (subject === null ? <NoSubject /> : children(subject, data))}</Answered>
    </Page>
  );
}

const NoSubject = () => (
  <Empty>
    <p>{words.course.notFound}</p>
    <ButtonLink href={paths.courses}>{words.course.all}</ButtonLink>
  </Empty>
);

/** Says that a list is longer than what is shown. */
export const NotWhole = ({ shown }: { shown: number }) => <p className="as-of">{words.course.notWhole(shown)}</p>;
