import { useState } from 'react';
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
  const [problem, setProblem] = useState<string | null>(null);
  const isOffline = useIsOffline();
  const subjects = useSubjects();
  const minutes = Number(length);
  const isRight = Number.isInteger(minutes) && minutes >= 1 && minutes <= LONGEST;
  const shown = isRight ? minutes : USUAL_LENGTH;

  async function begin() {
    if (isRight) setProblem(await start(minutes, subject || null));
  }
  useSpaceBar(begin);

  return (
    <>
      <Dial fraction={0} label={words.focus.ready(shown)}>
        {clockText(shown * 60)}
      </Dial>
      <Button look="primary" aria-disabled={!isRight || isStarting} onClick={begin}>
        {words.focus.start(shown)}
      </Button>
      <div className="timer-word" role="alert">
        {isOffline ? words.focus.needsServer : problem}
      </div>
      <div className="timer-choices">
        <TextField
          label={words.focus.minutes}
          hint={words.focus.minutesHint}
          error={isRight ? undefined : words.focus.minutesWrong}
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
      </div>
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
