import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { type GradedSubmission, gradeOf } from '../api/grade';
import { useDraft } from '../kept/use-draft';
import { useAccount } from '../session/use-session';
import { TextAreaField, TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { useSingleKeys } from '../ui/single-keys';
import { words } from '../words/en';
import { dateTime } from '../words/format';
import { grade as gradePart, subjects } from './correction';
import { DraftField } from './draft-field';
import { digitKeys } from './early-digits';
import { newActId, useActs } from './use-acts';

export interface GradeFormProps {
  readonly submission: GradedSubmission & {
    readonly id: string;
    readonly feedback: string | null;
    readonly gradedAt: string | null;
  };
  readonly student: string;
  /** Digits that were pressed before the form was there. They begin the grade. */
  readonly earlyDigits: RefObject<string | null>;
  /** Goes to the next submission; absent: this is the last one. */
  readonly onNext: (() => void) | undefined;
}

const MOST = 100;

const feedbackField = { label: words.reading.feedback, hint: words.reading.feedbackHint, name: 'feedback', rows: 4 };

/**
 * Grades a submission and goes to the next. A digit, pressed anywhere on the page, begins the grade: so the heading can keep
 * the focus, which says whose submission it is.
 */
export function GradeForm({ submission, student, earlyDigits, onNext }: GradeFormProps) {
  const acts = useActs();
  const { id, feedback: formerFeedback, gradedAt } = submission;
  const former = gradeOf(submission);
  const stored = former === null ? '' : String(former);
  /** Null: the field follows the server. An answer that arrives while somebody types leaves what is typed. */
  const [typed, setTyped] = useState<string | null>(null);
  if (typed === stored) setTyped(null);
  const field = useRef<HTMLDivElement>(null);
  const draft = useDraft(useAccount().id, subjects.grade(id));
  const isHeld = acts.isHeld(subjects.grade(id));

  function begin(digits: string) {
    setTyped(digits);
    field.current?.querySelector('input')?.focus();
  }
  useSingleKeys(digitKeys(begin));
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the form appears
  useLayoutEffect(() => {
    if (earlyDigits.current) begin(earlyDigits.current);
  }, []);

  async function send(input: FormInput): Promise<FormProblems | null> {
    const text = input.text('grade').trim();
    const grade = Number(text);
    const feedback = input.text('feedback').trim() || null;
    if (text === '' || !Number.isInteger(grade) || grade < 0 || grade > MOST)
      return { fields: { grade: words.reading.gradeWrong } };
    const isSame = grade === former && feedback === formerFeedback;
    if (!isSame) {
      const problems = await acts.store(
        {
          id: newActId(),
          label: words.correction.grading(student, grade),
          done: words.correction.gradedAs(student, grade),
          students: 1,
          undo:
            former === null
              ? { kind: 'revoke' }
              : { kind: 'regrade', submissionId: id, grade: former, feedback: formerFeedback },
        },
        [gradePart(id, { grade, feedback })],
        input.text('feedback'),
      );
      if (problems) return problems;
    }
    onNext?.();
    return null;
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leaves the field; the Tab key does so as well
    <div
      ref={field}
      onKeyDown={({ key, target }) => key === 'Escape' && target instanceof HTMLElement && target.blur()}
    >
      {isHeld && <p role="status">{words.correction.held}</p>}
      <Form
        submit={onNext ? words.reading.gradeAndNext : words.reading.gradeLast}
        onSubmit={send}
        isHeld={isHeld || draft.text === null}
      >
        {(problems) => (
          <>
            <TextField
              label={words.reading.gradeOf(student)}
              hint={words.reading.gradeHint}
              name="grade"
              inputMode="numeric"
              autoComplete="off"
              value={typed ?? stored}
              onChange={({ target }) => setTyped(target.value)}
              error={problems.grade}
            />
            {draft.text === null ? (
              <TextAreaField {...feedbackField} disabled />
            ) : (
              <DraftField {...feedbackField} stored={formerFeedback ?? ''} draft={draft} error={problems.feedback} />
            )}
            {former !== null && gradedAt !== null && (
              <p className="small muted">{words.reading.graded(dateTime(gradedAt))}</p>
            )}
          </>
        )}
      </Form>
      <p className="small muted">{words.reading.keys}</p>
    </div>
  );
}
