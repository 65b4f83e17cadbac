import { type FormEvent, useId, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { inOnePage } from '../api/all-pages';
import { FocusSubjectsDocument, type FocusSubjectsQuery } from '../api/generated/pomodoro';
import { moreAssignments } from '../api/more-assignments';
import { type Ask, useAllPages } from '../api/use-all-pages';
import { useIsOffline } from '../api/use-connection';
import { Button } from '../ui/button';
import { SelectField, TextField } from '../ui/field';
import { words } from '../words/en';
import { clockText, Dial } from './timer';
import { useSpaceBar } from './use-space-bar';

/** Minutes: the same as the server's. */
const USUAL_LENGTH = 25;
const LONGEST = 120;

/** What is shown while no session runs: the length, the subject, and the button that starts. */
export function StartForm({
  start,
  isStarting,
}: {
  start: (minutes: number, assignmentId: string | null) => Promise<string | null>;
  isStarting: boolean;
}) {
  const [search] = useSearchParams();
  const [length, setLength] = useState(String(USUAL_LENGTH));
  const [subject, setSubject] = useState(search.get('assignment') ?? '');
  const [isWrong, setIsWrong] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isOffline = useIsOffline();
  const subjects = useSubjects();
  const minutes = Number(length);
  const isRight = Number.isInteger(minutes) && minutes >= 1 && minutes <= LONGEST;
  const shown = isRight ? minutes : USUAL_LENGTH;

  const id = useId();
  const form = useRef<HTMLFormElement>(null);

  async function begin(event: FormEvent) {
    event.preventDefault();
    setIsWrong(!isRight);
    if (isRight) setProblem(await start(minutes, subject || null));
    else form.current?.querySelector('input')?.focus();
  }
  useSpaceBar(() => form.current?.requestSubmit());

  return (
    <>
      <Dial fraction={0} label={words.focus.ready(shown)}>
        {clockText(shown * 60)}
      </Dial>
      <Button look="primary" type="submit" form={id} aria-disabled={isStarting}>
        {isRight ? words.focus.start(minutes) : words.focus.startAny}
      </Button>
      <div className="timer-word" role="alert">
        {isOffline ? words.focus.needsServer : problem}
      </div>
      <form ref={form} id={id} className="timer-choices" noValidate onSubmit={begin}>
        <TextField
          label={words.focus.minutes}
          hint={words.focus.minutesHint}
          error={isWrong ? words.focus.minutesWrong : undefined}
          type="number"
          min={1}
          max={LONGEST}
          value={length}
          onChange={({ target }) => setLength(target.value)}
        />
        <SelectField
          label={words.focus.subject}
          value={subject}
          onChange={({ target }) => setSubject(target.value)}
          options={[['', words.focus.noSubject], ...subjects]}
        />
        <p className="muted">{words.focus.payHint}</p>
      </form>
    </>
  );
}

/** The assignments that are still open. A session can do without them. */
function useSubjects(): readonly (readonly [string, string])[] {
  const { data } = useAllPages(FocusSubjectsDocument, {}, ({ courses }) => courses, { complete: withAllAssignments });
  return (data?.nodes ?? [])
    .flatMap(({ assignments }) => assignments.edges)
    .flatMap(({ node: { id, title, pointsNow } }) => (pointsNow === null ? [] : [[id, title] as const]));
}

type Course = FocusSubjectsQuery['courses']['edges'][number]['node'];

/** The earliest due date comes first, so what is still open may be on a later page. */
const withAllAssignments = async (course: Course, ask: Ask): Promise<Course> => ({
  ...course,
  assignments: await inOnePage(course.assignments, moreAssignments(course.id, ask)),
});
