import './form.css';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { words } from '../words/en';
import { Button } from './button';

/** What is wrong with a submitted form. */
export interface FormProblems {
  /** What is wrong with each field, by its name. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What is wrong with the whole. */
  readonly message?: string | null;
  /** Where the person finds more. */
  readonly link?: { readonly href: string; readonly text: string };
  readonly requestId?: string | null;
}

export interface FormProps {
  /** The words of its button. */
  readonly submit: string;
  /**
   * Checks and sends the input. A field of the form is `input.get(name)`.
   * @returns the problems; null if there are none
   */
  readonly onSubmit: (input: FormInput) => Promise<FormProblems | null> | FormProblems | null;
  /** The fields, given what is wrong with each. */
  readonly children: (problems: Readonly<Record<string, string>>) => ReactNode;
  /** Further buttons or links beside the one that submits. */
  readonly actions?: ReactNode;
  /** Whether it cannot be sent now: the outbox holds its last request. */
  readonly isHeld?: boolean;
}

export interface FormInput {
  /** The text of a field; empty if it has none. */
  text(name: string): string;
  isChecked(name: string): boolean;
}

/**
 * A form that is checked when it is submitted, not while typing. It keeps the input, and shows the problems on top and at
 * their fields. It is sent once, however often its button is pressed meanwhile.
 */
export function Form({ submit, onSubmit, children, actions, isHeld = false }: FormProps) {
  const [problems, setProblems] = useState<FormProblems | null>(null);
  const [isSending, setIsSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isSending || isHeld) return;
    const unreadable = unreadableOf(event.currentTarget);
    if (Object.keys(unreadable).length > 0) return setProblems({ fields: unreadable });
    const data = new FormData(event.currentTarget);
    setIsSending(true);
    try {
      setProblems(
        await onSubmit({ text: (name) => String(data.get(name) ?? ''), isChecked: (name) => data.get(name) !== null }),
      );
    } finally {
      setIsSending(false);
    }
  }

  return (
    <form ref={form} className="form" noValidate onSubmit={send}>
      {problems && <FormSummary problems={problems} form={form.current} />}
      {children(problems?.fields ?? {})}
      <div className="form-actions">
        <Button look="primary" type="submit" aria-disabled={isSending || isHeld}>
          {submit}
        </Button>
        {actions}
      </div>
    </form>
  );
}

/** Fields that the browser takes for empty because what is typed in them is not finished: a date without its time. */
const unreadableOf = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries(
    [...form.querySelectorAll('input')]
      .filter(({ name, validity }) => name !== '' && validity.badInput)
      .map(({ name }) => [name, words.form.unfinished]),
  );

function FormSummary({ problems, form }: { problems: FormProblems; form: HTMLFormElement | null }) {
  const summary = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each failed submit moves the focus here
  useEffect(() => summary.current?.focus(), [problems]);
  const fields = Object.entries(problems.fields ?? {});
  return (
    <div ref={summary} className="form-summary" role="alert" tabIndex={-1}>
      <h2>{fields.length > 0 ? words.form.problems(fields.length) : words.form.notDone}</h2>
      {problems.message && (
        <p>
          {problems.message} {problems.link && <Link href={problems.link.href}>{problems.link.text}</Link>}
        </p>
      )}
      {fields.length > 0 && (
        <ul>
          {fields.map(([name, text]) => (
            <li key={name}>
              <Button look="link" onClick={() => focusField(form, name)}>
                {text}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {problems.requestId && <p className="small">{words.states.requestId(problems.requestId)}</p>}
    </div>
  );
}

function focusField(form: HTMLFormElement | null, name: string): void {
  const field = form?.elements.namedItem(name);
  if (field instanceof HTMLElement) field.focus();
}

/** The problems of a form that was sent and has no answer, or was refused. */
export function problemsOf(failure: {
  readonly code: string;
  readonly message: string | null;
  readonly requestId: string | null;
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number;
}): FormProblems {
  const { code, requestId, fields, retryAfterSeconds = 0 } = failure;
  if (code === 'OFFLINE') return { message: words.form.offline };
  if (Object.keys(fields).length > 0) return { fields };
  // The server counts seconds, however many.
  if (retryAfterSeconds > 60) return { message: words.form.tooMany(Math.ceil(retryAfterSeconds / 60)), requestId };
  return { message: failure.message ?? words.form.failed, requestId };
}

/** The fields that a person has changed. The others stay as the server has them, where another device may have changed them. */
export const changesOf = <Fields extends object>(before: Fields, after: Fields): Partial<Fields> =>
  Object.fromEntries(
    Object.entries(after).filter(([name, value]) => value !== before[name as keyof Fields]),
  ) as Partial<Fields>;
