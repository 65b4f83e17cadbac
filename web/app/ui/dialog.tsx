import './dialog.css';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { words } from '../words/en';
import { Button } from './button';

export interface DialogProps {
  readonly title: string;
  /** Called for Escape and for the button that closes it. */
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons before the one that closes it. */
  readonly actions?: ReactNode;
}

/** A modal dialog, open for as long as it is rendered. The browser keeps the focus in it and brings it back. */
export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect closes the dialog while it is still in the page: only then does the focus go back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-content">
        <h2 id={id}>{title}</h2>
        {children}
        <div className="dialog-actions">
          {actions}
          <Button onClick={onClose}>{words.shell.close}</Button>
        </div>
      </div>
    </dialog>
  );
}
