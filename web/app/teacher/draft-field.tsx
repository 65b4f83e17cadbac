import { type TextareaHTMLAttributes, useState } from 'react';
import type { Draft } from '../kept/use-draft';
import { Button } from '../ui/button';
import { TextAreaField } from '../ui/field';
import { words } from '../words/en';

export interface DraftFieldProps extends Pick<TextareaHTMLAttributes<HTMLTextAreaElement>, 'name' | 'rows'> {
  readonly label: string;
  readonly hint: string;
  /** What the server has; empty: nothing. */
  readonly stored: string;
  /** The text that was not sent yet, already read. */
  readonly draft: Draft;
  readonly error?: string;
}

/** A text of a teacher. What is typed survives a reload and a crash. */
export function DraftField({ stored, draft, ...field }: DraftFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [isRestored, setIsRestored] = useState(Boolean(draft.text));
  const text = typed ?? (draft.text || stored);
  // What was typed is stored: from now on the field follows the server again.
  if (typed === stored) setTyped(null);

  function write(changed: string) {
    setTyped(changed);
    draft.setText(changed === stored ? '' : changed);
  }

  function discard() {
    write(stored);
    setIsRestored(false);
  }

  return (
    <>
      <TextAreaField {...field} value={text} onChange={({ target }) => write(target.value)} />
      <DraftState isRestored={isRestored && text !== stored} draft={draft} onDiscard={discard} />
    </>
  );
}

interface DraftStateProps {
  /** Whether what is shown comes from an earlier visit. */
  readonly isRestored: boolean;
  readonly draft: Draft;
  readonly onDiscard: () => void;
}

/** That there is something from an earlier visit, or that the browser keeps nothing. */
export function DraftState({ isRestored, draft, onDiscard }: DraftStateProps) {
  return (
    <>
      {isRestored && (
        <p className="toolbar" role="status">
          <span>{words.draft.restored}</span>
          <Button onClick={onDiscard}>{words.draft.discard}</Button>
        </p>
      )}
      {draft.isStorageBroken && <p role="alert">{words.draft.notKept}</p>}
    </>
  );
}
