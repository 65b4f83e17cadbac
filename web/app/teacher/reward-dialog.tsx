import { words } from '../words/en';
import { signed } from '../words/format';
import { restore, revoke, subjects } from './correction';
import { NoteDialog } from './note-dialog';
import { newActId, useActs } from './use-acts';

export interface RewardDialogProps {
  readonly rewardId: string;
  /** What it was paid for, and to whom, in words. */
  readonly what: string;
  readonly worth: number;
  /** Whether it was taken back: then it can be given back. */
  readonly isRevoked: boolean;
  readonly onClose: () => void;
}

/** Takes one reward back, or gives it back. */
export function RewardDialog({ rewardId, what, worth, isRevoked, onClose }: RewardDialogProps) {
  const acts = useActs();
  const subject = subjects.reward(rewardId);
  const id = newActId();
  return isRevoked ? (
    <NoteDialog
      title={words.correction.restoreTitle}
      effect={words.correction.restoreEffect(what)}
      submit={words.correction.restore}
      subject={subject}
      onSubmit={(note) =>
        acts.store(
          {
            id,
            label: words.correction.restoring(what),
            done: words.correction.restored(what),
            students: 1,
            undo: { kind: 'revoke' },
          },
          [restore(rewardId, note)],
        )
      }
      onClose={onClose}
    />
  ) : (
    <NoteDialog
      title={words.correction.revokeTitle}
      effect={words.correction.revokeEffect(what, signed(worth))}
      submit={words.correction.revoke}
      subject={subject}
      onSubmit={(note) =>
        acts.store(
          {
            id,
            label: words.correction.revoking(what),
            done: words.correction.revoked(what),
            students: 1,
            undo: { kind: 'restore' },
          },
          [revoke(rewardId, note)],
        )
      }
      onClose={onClose}
    />
  );
}
