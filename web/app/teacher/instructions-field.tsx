import { useState } from 'react';
import type { Draft } from '../kept/use-draft';
import { Button } from '../ui/button';
import { TextAreaField } from '../ui/field';
import { words } from '../words/en';

export interface InstructionsFieldProps {
  /** What the server has; empty: nothing. */
  readonly stored: string;
  /** The text that was not sent yet, already read. */
  readonly draft: Draft;
  readonly error?: string;
}

/** The instructions of an assignment. What is typed survives a reload and a crash. */
export function InstructionsField({ stored, draft, error }: InstructionsFieldProps) {
  const [text, setText] = useState(draft.text || stored);
  const [isRestored, setIsRestored] = useState(Boolean(draft.text));

  function write(changed: string) {
    setText(changed);
    draft.setText(changed === stored ? '' : changed);
  }

  function discard() {
    write(stored);
    setIsRestored(false);
  }

  return (
    <>
      <TextAreaField
        label={words.assignmentForm.instructions}
        hint={words.assignmentForm.instructionsHint}
        name="instructions"
        value={text}
        onChange={({ target }) => write(target.value)}
        error={error}
      />
      {isRestored && (
        <p className="toolbar" role="status">
          <span>{words.assignmentForm.restored}</span>
          <Button onClick={discard}>{words.assignmentForm.discard}</Button>
        </p>
      )}
      {draft.isStorageBroken && <p role="alert">{words.assignmentForm.notKept}</p>}
    </>
  );
}
