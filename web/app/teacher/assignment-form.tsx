import { useState } from 'react';
import { type Draft, useDraft } from '../kept/use-draft';
import { useAccount } from '../session/use-session';
import { ButtonLink } from '../ui/button';
import { TextAreaField, TextField } from '../ui/field';
import { changesOf, Form, type FormProblems } from '../ui/form';
import { Loading } from '../ui/states';
import { words } from '../words/en';
import { localMinute, momentIn } from './days';
import { DraftState } from './draft-field';

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
  /** What its unsent fields are kept as, for instance `assignment-fields:${id}`. */
  readonly draftAs: string;
  /** The page that "Cancel" leads to. */
  readonly backTo: string;
  readonly onSubmit: (fields: AssignmentFields) => Promise<FormProblems | null>;
}

/** Creates and changes assignments. What is typed survives a reload, a crash and the end of the session. */
export function AssignmentForm(props: AssignmentFormProps) {
  const draft = useDraft(useAccount().id, props.draftAs);
  return draft.text === null ? <Loading /> : <LoadedForm {...props} draft={draft} typed={draft.text} />;
}

/**
 * The fields as they are typed, kept as a draft.
 * @param typed the draft: the texts of the fields that differ from what is stored, as JSON; empty: none
 */
function useKeptTexts(stored: AssignmentFields | undefined, draft: Draft, typed: string) {
  const [isRestored, setIsRestored] = useState(typed !== '');
  const before = textsOf(stored);
  const texts: Texts = { ...before, ...(typed === '' ? {} : JSON.parse(typed)) };
  return {
    texts,
    isRestored: isRestored && typed !== '',
    field: (name: keyof Texts) => ({
      name,
      value: texts[name],
      onChange({ target }: { target: { value: string } }) {
        const changes = changesOf(before, { ...texts, [name]: target.value });
        draft.setText(Object.keys(changes).length === 0 ? '' : JSON.stringify(changes));
      },
    }),
    discard() {
      draft.setText('');
      setIsRestored(false);
    },
  };
}

function LoadedForm(props: AssignmentFormProps & { draft: Draft; typed: string }) {
  const { stored, submit, draft, typed, backTo, onSubmit } = props;
  const { texts, isRestored, field, discard } = useKeptTexts(stored, draft, typed);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

  async function send(): Promise<FormProblems | null> {
    const { title } = texts;
    const [dueDate, closesAt] = [momentIn(texts.dueDate, stored?.dueDate), momentIn(texts.closesAt, stored?.closesAt)];
    const fields = {
      ...(title.trim() === '' && { title: words.assignmentForm.titleMissing }),
      ...(dueDate === null && { dueDate: words.assignmentForm.dueMissing }),
      ...(dueDate && closesAt && closesAt < dueDate && { closesAt: words.assignmentForm.closesBeforeDue }),
    };
    if (dueDate === null || Object.keys(fields).length > 0) return { fields };
    const instructions = textIn(texts.instructions, stored?.instructions);
    const problems = await onSubmit({ title, instructions, dueDate, closesAt });
    if (!problems) draft.setText('');
    return problems;
  }

  return (
    <Form
      submit={submit}
      onSubmit={send}
      actions={<ButtonLink href={backTo}>{words.assignmentForm.cancel}</ButtonLink>}
    >
      {(problems) => (
        <>
          <DraftState isRestored={isRestored} draft={draft} onDiscard={discard} />
          <TextField {...field('title')} label={words.assignmentForm.title} autoComplete="off" error={problems.title} />
          <TextAreaField
            {...field('instructions')}
            label={words.assignmentForm.instructions}
            hint={words.assignmentForm.instructionsHint}
            error={problems.instructions}
          />
          <TextField
            {...field('dueDate')}
            label={words.assignmentForm.due}
            hint={words.assignmentForm.dueHint(timeZone)}
            type="datetime-local"
            error={problems.dueDate}
          />
          <TextField
            {...field('closesAt')}
            label={words.assignmentForm.closes}
            hint={words.assignmentForm.closesHint}
            type="datetime-local"
            error={problems.closesAt}
          />
        </>
      )}
    </Form>
  );
}

/** What stands in the fields. */
type Texts = Readonly<Record<keyof AssignmentFields, string>>;

const textsOf = (stored: AssignmentFields | undefined): Texts => ({
  title: stored?.title ?? '',
  // A field has no carriage returns.
  instructions: stored?.instructions?.replaceAll('\r\n', '\n') ?? '',
  dueDate: stored ? localMinute(stored.dueDate) : '',
  closesAt: stored?.closesAt ? localMinute(stored.closesAt) : '',
});

/** A field has no carriage returns. A text that was not changed keeps those that are stored. */
function textIn(field: string, stored: string | null | undefined): string | null {
  return stored && field === stored.replaceAll('\r\n', '\n') ? stored : field || null;
}
