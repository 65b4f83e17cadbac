import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { words } from '../words/en';
import { dateTime } from '../words/format';
import { type Act, type ExtensionDates, extend, subjects } from './correction';
import { localMinute, momentIn } from './days';
import { NoteField, noteOf } from './note-dialog';
import { newActId, useActs } from './use-acts';

export interface ExtensionDialogProps {
  readonly assignment: {
    readonly id: string;
    readonly title: string;
    readonly dueDate: string;
    readonly closesAt: string | null;
  };
  readonly student: { readonly id: string; readonly displayName: string };
  /** The extension that the student has already. */
  readonly former: { readonly dueDate: string; readonly closesAt: string | null; readonly note: string } | null;
  readonly onClose: () => void;
}

/** Other dates for one student, or those of everybody again. */
export function ExtensionDialog({ assignment, student, former, onClose }: ExtensionDialogProps) {
  const acts = useActs();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const ids = { assignmentId: assignment.id, studentId: student.id };
  const isHeld = acts.isHeld(subjects.extension(ids.assignmentId, ids.studentId));
  const { dueDate, closesAt } = former ?? assignment;

  async function store(dates: ExtensionDates, note: string, named: Pick<Act, 'label' | 'done'>) {
    const problems = await acts.store(
      {
        ...named,
        id: newActId(),
        students: 1,
        undo: {
          kind: 'extend',
          ...ids,
          dueDate: former?.dueDate ?? null,
          closesAt: former?.closesAt ?? null,
          note: former?.note ?? null,
        },
      },
      [extend(ids, dates, note)],
    );
    if (problems === null) onClose();
    return problems;
  }

  async function send(input: FormInput): Promise<FormProblems | null> {
    const [due, closes] = [momentIn(input.text('dueDate'), dueDate), momentIn(input.text('closesAt'), closesAt)];
    const { note, problem } = noteOf(input);
    const fields = {
      ...(due === null && { dueDate: words.correction.dueMissing }),
      ...(due && closes && closes < due && { closesAt: words.correction.closesBeforeDue }),
      ...(problem !== null && { note: problem }),
    };
    if (due === null || Object.keys(fields).length > 0) return { fields };
    return store({ dueDate: due, closesAt: closes }, note, {
      label: words.correction.extending(student.displayName, assignment.title),
      done: words.correction.extended(student.displayName, dateTime(due)),
    });
  }

  const takeBack = () =>
    store({ dueDate: null, closesAt: null }, words.correction.undoNote, {
      label: words.correction.endingExtension(student.displayName, assignment.title),
      done: `${words.correction.extensionEnded(student.displayName)} ${words.correction.pointsStay}`,
    });

  return (
    <Dialog
      title={words.correction.extendTitle(student.displayName)}
      onClose={onClose}
      actions={
        former && (
          <Button aria-disabled={isHeld} onClick={() => !isHeld && takeBack()}>
            {words.correction.takeExtensionBack}
          </Button>
        )
      }
    >
      <p>{words.correction.extendEffect}</p>
      {isHeld && <p role="status">{words.correction.held}</p>}
      <Form submit={words.correction.extendSubmit} onSubmit={send} isHeld={isHeld}>
        {(problems) => (
          <>
            <TextField
              label={words.correction.due}
              hint={words.correction.dueHint(timeZone)}
              name="dueDate"
              type="datetime-local"
              defaultValue={localMinute(dueDate)}
              error={problems.dueDate}
            />
            <TextField
              label={words.correction.closes}
              hint={words.correction.closesHint}
              name="closesAt"
              type="datetime-local"
              defaultValue={closesAt ? localMinute(closesAt) : ''}
              error={problems.closesAt}
            />
            <NoteField error={problems.note} defaultValue={former?.note} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
