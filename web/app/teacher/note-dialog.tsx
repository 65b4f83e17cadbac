import { Dialog } from '../ui/dialog';
import { TextAreaField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { words } from '../words/en';
import { useActs } from './use-acts';

/** As the server takes it. */
const MOST_LETTERS = 500;

/** @returns the note of a form, or what is wrong with it */
export function noteOf(input: FormInput): { readonly note: string; readonly problem: string | null } {
  const note = input.text('note').trim();
  const problem =
    note === '' ? words.correction.noteMissing : note.length > MOST_LETTERS ? words.correction.noteLong : null;
  return { note, problem };
}

export const NoteField = ({ error, defaultValue }: { error?: string; defaultValue?: string }) => (
  <TextAreaField
    label={words.correction.note}
    hint={words.correction.noteHint}
    name="note"
    rows={2}
    defaultValue={defaultValue}
    error={error}
  />
);

export interface NoteDialogProps {
  readonly title: string;
  /** What it brings about. */
  readonly effect: string;
  readonly submit: string;
  /** Of the request: whether an earlier one waits. */
  readonly subject: string;
  /** @returns why it could not be stored */
  readonly onSubmit: (note: string) => Promise<FormProblems | null>;
  readonly onClose: () => void;
}

/** Asks why, for everything that needs nothing but a note. It does not ask "are you sure?": undoing is offered afterwards. */
export function NoteDialog({ title, effect, submit, subject, onSubmit, onClose }: NoteDialogProps) {
  const isHeld = useActs().isHeld(subject);

  async function send(input: FormInput): Promise<FormProblems | null> {
    const { note, problem } = noteOf(input);
    if (problem !== null) return { fields: { note: problem } };
    const problems = await onSubmit(note);
    if (problems === null) onClose();
    return problems;
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <p>{effect}</p>
      {isHeld && <p role="status">{words.correction.held}</p>}
      <Form submit={submit} onSubmit={send} isHeld={isHeld}>
        {(problems) => <NoteField error={problems.note} />}
      </Form>
    </Dialog>
  );
}
