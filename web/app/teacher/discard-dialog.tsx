import { words } from '../words/en';
import { discard, subjects } from './correction';
import { NoteDialog } from './note-dialog';
import { newActId, useActs } from './use-acts';

export interface DiscardDialogProps {
  readonly submissionId: string;
  readonly student: string;
  readonly assignment: string;
  readonly onClose: () => void;
}

/** Makes a submission count no more, so that the student hands in again. */
export function DiscardDialog({ submissionId, student, assignment, onClose }: DiscardDialogProps) {
  const acts = useActs();
  return (
    <NoteDialog
      title={words.correction.discardTitle(student)}
      effect={words.correction.discardEffect}
      submit={words.correction.discardSubmit}
      subject={subjects.discard(submissionId)}
      onSubmit={(note) =>
        acts.store(
          {
            id: newActId(),
            label: words.correction.discarding(student, assignment),
            done: words.correction.discarded(student, assignment),
            students: 1,
            undo: { kind: 'restore' },
          },
          [discard({ submissionId, note })],
        )
      }
      onClose={onClose}
    />
  );
}
