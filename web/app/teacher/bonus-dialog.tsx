import { useState } from 'react';
import { Dialog } from '../ui/dialog';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { words } from '../words/en';
import { bonus } from './correction';
import { NoteField, noteOf } from './note-dialog';
import { newActId, useActs } from './use-acts';

/** As the server's rules have it. */
const MOST_POINTS = 1_000;

export interface BonusDialogProps {
  readonly courseId: string;
  /** At least one. */
  readonly students: readonly { readonly id: string; readonly displayName: string }[];
  /** Called when the requests are stored. */
  readonly onGiven?: () => void;
  readonly onClose: () => void;
}

/** Gives one student a bonus, or several students the same. */
export function BonusDialog({ courseId, students, onGiven, onClose }: BonusDialogProps) {
  const acts = useActs();
  // One dialog is one act, however often its button is pressed.
  const [actId] = useState(newActId);
  const name = students[0]?.displayName ?? '';

  async function send(input: FormInput): Promise<FormProblems | null> {
    const points = Number(input.text('points'));
    const { note, problem } = noteOf(input);
    const isRight = Number.isInteger(points) && points >= 1 && points <= MOST_POINTS;
    const fields = {
      ...(!isRight && { points: words.correction.pointsWrong }),
      ...(problem !== null && { note: problem }),
    };
    if (Object.keys(fields).length > 0) return { fields };
    const problems = await acts.store(
      {
        id: actId,
        label: words.correction.bonusFor(points, students.length, name),
        done: words.correction.bonusGiven(points, students.length, name),
        students: students.length,
        undo: { kind: 'revoke' },
      },
      bonus(
        actId,
        students.map(({ id }) => id),
        { courseId, points, note },
      ),
    );
    if (problems) return problems;
    onGiven?.();
    onClose();
    return null;
  }

  return (
    <Dialog title={words.correction.bonusTitle(students.length, name)} onClose={onClose}>
      <p>{words.correction.bonusEach(students.length)}</p>
      <Form submit={words.correction.bonusSubmit} onSubmit={send}>
        {(problems) => (
          <>
            <TextField
              label={words.correction.points}
              hint={words.correction.pointsHint}
              name="points"
              inputMode="numeric"
              autoComplete="off"
              error={problems.points}
            />
            <NoteField error={problems.note} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
