import { useDraft } from '../kept/use-draft';
import { useAccount } from '../session/use-session';
import { ButtonLink } from '../ui/button';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { Loading } from '../ui/states';
import { words } from '../words/en';
import { localMinute, momentOf } from './days';
import { DraftField } from './draft-field';

export interface AssignmentFields {
  readonly title: string;
  /** Null: none. */
  readonly instructions: string | null;
  readonly dueDate: string;
  /** Null: it never closes. */
  readonly closesAt: string | null;
}

export interface AssignmentFormProps {
  /** What is stored; absent: a new assignment. */
  readonly stored?: AssignmentFields;
  readonly submit: string;
  /** What its unsent instructions are kept as, for instance `instructions:${id}`. */
  readonly draftAs: string;
  /** The page that "Cancel" leads to. */
  readonly backTo: string;
  readonly onSubmit: (fields: AssignmentFields) => Promise<FormProblems | null>;
}

/** Creates and changes assignments. */
export function AssignmentForm({ stored, submit, draftAs, backTo, onSubmit }: AssignmentFormProps) {
  const draft = useDraft(useAccount().id, draftAs);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

  async function send(input: FormInput): Promise<FormProblems | null> {
    const [title, due, closes] = [input.text('title'), input.text('dueDate'), input.text('closesAt')];
    const [dueDate, closesAt] = [momentIn(due, stored?.dueDate), momentIn(closes, stored?.closesAt)];
    const fields = {
      ...(title.trim() === '' && { title: words.assignmentForm.titleMissing }),
      ...(dueDate === null && { dueDate: words.assignmentForm.dueMissing }),
      ...(dueDate && closesAt && closesAt < dueDate && { closesAt: words.assignmentForm.closesBeforeDue }),
    };
    if (dueDate === null || Object.keys(fields).length > 0) return { fields };
    const instructions = textIn(input.text('instructions'), stored?.instructions);
    const problems = await onSubmit({ title, instructions, dueDate, closesAt });
    if (!problems) draft.setText('');
    return problems;
  }

  if (draft.text === null) return <Loading />;
  return (
    <Form
      submit={submit}
      onSubmit={send}
      actions={<ButtonLink href={backTo}>{words.assignmentForm.cancel}</ButtonLink>}
    >
      {(problems) => (
        <>
          <TextField
            label={words.assignmentForm.title}
            name="title"
            autoComplete="off"
            defaultValue={stored?.title}
            error={problems.title}
          />
          <DraftField
            label={words.assignmentForm.instructions}
            hint={words.assignmentForm.instructionsHint}
            name="instructions"
            stored={stored?.instructions ?? ''}
            draft={draft}
            error={problems.instructions}
          />
          <TextField
            label={words.assignmentForm.due}
            hint={words.assignmentForm.dueHint(timeZone)}
            name="dueDate"
            type="datetime-local"
            defaultValue={stored && localMinute(stored.dueDate)}
            error={problems.dueDate}
          />
          <TextField
            label={words.assignmentForm.closes}
            hint={words.assignmentForm.closesHint}
            name="closesAt"
            type="datetime-local"
            defaultValue={stored?.closesAt ? localMinute(stored.closesAt) : ''}
            error={problems.closesAt}
          />
        </>
      )}
    </Form>
  );
}

/** A field has whole minutes. One that was not changed keeps the stored moment with its seconds. */
function momentIn(field: string, stored: string | null | undefined): string | null {
  return stored && field === localMinute(stored) ? stored : momentOf(field);
}

/** A field has no carriage returns. A text that was not changed keeps those that are stored. */
function textIn(field: string, stored: string | null | undefined): string | null {
  return stored && field === stored.replaceAll('\r\n', '\n') ? stored : field || null;
}
